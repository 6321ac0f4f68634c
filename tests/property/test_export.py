"""What is exported says exactly what is live, whatever the names, the limits, the layout and the files before."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import ANY

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.desired import load_desired
from drift.errors import Location
from drift.export.acceptances import append_accepted
from drift.export.additions import Destination, file_name
from drift.export.editor import Edits, YamlNode
from drift.export.exporting import ExportOptions, LiveState, content, declared_in, differences, export
from drift.export.writing import flow, scalar
from drift.model.forest import desired_key
from drift.model.groups import Group
from drift.model.limits import LimitKey, Limits
from drift.model.paths import ModelPath
from drift.model.selection import Selection
from drift.report.acceptance import Acceptance
from tests.builders import live
from tests.examples import examples

SURPRISES = [
    *("no", "y", "Yes", "ON", "off", "null", "~", "true", "1e3", "1_000", "0777", "0o7", "0x1F", "1:30", "190:20:30"),
    *(
        "2026-01-31",
        ".inf",
        "-.5",
        "=",
        "<<",
        "@a",
        "`a",
        "%a",
        "&a",
        "*a",
        "!a",
        "|a",
        ">a",
        "-",
        "?",
        ":",
        "--",
        "---",
    ),
    *("...", "#", "a#b", "a:b", "{a}", "[a", "a,", "a]", "'a", '"a', "\\", "\\n"),
]
ODD = [
    "",
    " ",
    " a",
    "a ",
    "a: b",
    "a #b",
    "a\nb",
    "a\r\nb",
    "\t",
    "\0",
    "\x1b[31m",
    "\x85",
    "\u2028",
    "\u2029",
    "\ufeff",
]
ODD += ["\ufffe", "\U0001f600", "\u202e", "\ue000", "M\u00fcller", "a" * 255, "../../x", "con", "a  b", "\U000e0041"]
texts = st.one_of(st.sampled_from(SURPRISES + ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
external_ids = st.one_of(texts.filter(bool), st.sampled_from(["acme", "acme-prod", "Acme", "globex"]))
rates = st.dictionaries(
    st.sampled_from(["TOKEN", "REQUEST", "OUTPUT_TOKEN"]),
    st.tuples(st.sampled_from(["SECOND", "MINUTE"]), st.sampled_from([0, 1, 60, 999, 1_000, 1_500_000, 2**70])),
    max_size=3,
)
days = st.dictionaries(st.sampled_from(["TOKEN", "REQUEST"]), st.sampled_from([0, 5, 10**9]), max_size=2)


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    found = {LimitKey("rate_limits", kind, unit): at for kind, (unit, at) in draw(rates).items()}
    return {**found, **{LimitKey("usage_limits", kind, "DAY"): at for kind, at in draw(days).items()}}


models = st.dictionaries(texts.filter(bool), st.deferred(limits), max_size=4)


@st.composite
def forests(draw: st.DrawFn, mode: str = "") -> Mapping[str, Group]:
    """Live groups by internal id, as the API may have them."""
    names = draw(st.lists(external_ids, unique=True, min_size=1, max_size=7))
    groups: dict[str, Group] = {}
    depth: dict[str, int] = {}
    for number, name in enumerate(names):
        parent = draw(st.sampled_from([None, *(key for key, level in depth.items() if level < 5)]))
        enforcement = (
            groups[parent].limit_enforcement if parent else mode or draw(st.sampled_from(["INDEPENDENT", "CASCADING"]))
        )
        declared = draw(models)
        if parent and enforcement == "CASCADING":
            # The API takes no child above an ancestor.
            declared = {slug: {} for slug in declared}
        key = f"grp{number}"
        depth[key] = 1 + (depth[parent] if parent else 0)
        groups[key] = live(
            name,
            id=key,
            name=draw(st.none() | texts),
            models=declared,
            parent_group_id=parent,
            limit_enforcement=enforcement,
        )
    return groups


options = st.builds(
    ExportOptions,
    layout=st.sampled_from(["single", "per-root", "per-group"]),
    profiles=st.booleans(),
    pin_ids=st.booleans(),
    force=st.just(value=True),
)
DESTINATION = Destination(Path("desired"))


def seen(groups: Mapping[str, Group], texts: Mapping[str, str]) -> LiveState:
    """What reading would give: each declared group answered by external id."""
    by_name = {group.external_entity_id: group for group in groups.values()}
    keys = {desired_key(group) for group in declared_in(texts).desired.groups}
    return LiveState(groups, {key: by_name[key] for key in keys if key in by_name}, frozenset(keys - by_name.keys()))


@given(forests(), options)
def test_what_is_written_reads_back_as_what_is_live(groups: Mapping[str, Group], how: ExportOptions) -> None:
    planned = export({}, LiveState(groups, {}, frozenset()), how, DESTINATION)

    with TemporaryDirectory() as directory:
        for path, text in planned.texts.items():
            assert re.fullmatch(r"desired/[a-z0-9][a-z0-9._-]*\.yaml", path)
            Path(directory, Path(path).name).write_bytes(text.encode())
        desired = load_desired([directory]).groups
    assert len(desired) == len(groups)
    assert differences(desired, seen(groups, planned.texts)) == {}
    for group in desired:
        answer = seen(groups, planned.texts).declared[desired_key(group)]
        assert (group.name, group.models) == (answer.name, answer.models)
        assert group.id == (answer.id if how.pin_ids else None)
    assert export(planned.texts, seen(groups, planned.texts), how, DESTINATION).texts == {}


def restyled(text: str, style: bool | None) -> str:  # noqa: FBT001 - as PyYAML calls it
    return yaml.safe_dump(yaml.safe_load(text), default_flow_style=style, sort_keys=False)


@examples(1.5)
@given(st.data(), forests(mode="INDEPENDENT"), options, st.sampled_from(["own", True, False, None]))
def test_files_of_any_style_follow_live_when_forced(
    data: st.DataObject,
    before: Mapping[str, Group],
    how: ExportOptions,
    style: bool | str | None,  # noqa: FBT001 - hypothesis passes it by position
) -> None:
    files = export({}, LiveState(before, {}, frozenset()), how, DESTINATION).texts
    if not isinstance(style, str):
        files = {path: restyled(text, style) for path, text in files.items()}
    after = dict(before)
    for key in data.draw(st.lists(st.sampled_from(sorted(before)), unique=True), label="changed"):
        change = data.draw(st.sampled_from(["name", "models", "some models", "deleted"]), label="how")
        if change == "name":
            after[key] = replace(after[key], name=data.draw(texts))
        elif change == "models":
            after[key] = replace(after[key], models=data.draw(models))
        elif change == "some models":
            some = {slug: data.draw(limits()) for slug in after[key].models if data.draw(st.booleans())}
            after[key] = replace(after[key], models={**after[key].models, **some})
        elif not any(group.parent_group_id == key for group in after.values()) and len(after) > 1:
            del after[key]

    planned = export(files, seen(after, files), how, DESTINATION)

    now = {**files, **planned.texts}
    assert differences(declared_in(now).desired.groups, seen(after, now)) == {}
    assert {desired_key(group) for group in declared_in(now).desired.groups} == {
        group.external_entity_id for group in after.values()
    }
    assert export(now, seen(after, now), how, DESTINATION).texts == {}
    for path in files:
        if path not in planned.texts:
            continue
        kept = {
            desired_key(g): content(g)
            for g in declared_in(files).desired.groups
            if before_is_after(g.ref.label, before, after)
        }
        for group in declared_in(now).desired.groups:
            assert kept.get(desired_key(group), content(group)) == content(group)


def before_is_after(name: str, before: Mapping[str, Group], after: Mapping[str, Group]) -> bool:
    key = next(key for key, group in before.items() if group.external_entity_id == name)
    return after.get(key) == before[key]


@given(forests(), st.sets(external_ids), options)
def test_a_part_of_a_workspace_is_declared_as_it_is(
    groups: Mapping[str, Group], left_out: set[str], how: ExportOptions
) -> None:
    assume({group.external_entity_id for group in groups.values()} - left_out)
    globs = tuple("!" + re.sub(r"([*?\[])", r"[\1]", name) for name in left_out)
    how = replace(how, selection=Selection(globs))

    planned = export({}, LiveState(groups, {}, frozenset()), how, DESTINATION)

    desired = declared_in(planned.texts).desired.groups
    assert {group.ref.label for group in desired} == {g.external_entity_id for g in groups.values()} - left_out
    assert differences(desired, seen(groups, planned.texts)) == {}


ACCEPTANCE = Acceptance("g", "limit-raised", ModelPath("o/m"), 5, "r", "o", "2027-01-31", 1, Location("a", 1, 1))


@examples(0.5)
@given(forests(), options, st.sampled_from(["own", True, False, None]), texts.filter(bool))
def test_an_acceptance_leaves_the_rest_of_any_file_as_it_is(
    groups: Mapping[str, Group],
    how: ExportOptions,
    style: bool | str | None,  # noqa: FBT001 - hypothesis passes it by position
    name: str,
) -> None:
    files = export({}, LiveState(groups, {}, frozenset()), how, DESTINATION).texts
    path, text = next(iter(files.items()))
    text = text if isinstance(style, str) else restyled(text, style)
    acceptances = [ACCEPTANCE, replace(ACCEPTANCE, group=f"{name}2", reason=name, live={"slug": name})]

    added = append_accepted(text, acceptances, file=path).text

    assert {**yaml.safe_load(text), "accepted": ANY} == yaml.safe_load(added)
    assert [entry["group"] for entry in yaml.safe_load(added)["accepted"]] == ["g", f"{name}2"]
    again = append_accepted(added, [replace(acceptances[0], live=6), acceptances[1]], file=path)
    assert (again.text, again.renewed) == (added.replace("live: 5", "live: 6", 1), 2)


@given(texts)
def test_a_scalar_reads_back_as_itself_wherever_it_stands(text: str) -> None:
    written = scalar(text)
    assert written.isprintable()
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        assert yaml.load(f"{{a: [{written}, {written}]}}", Loader=loader) == {"a": [text, text]}  # noqa: S506 - both are safe ones
        assert yaml.load(f"- k: {written}\n- {written}\n", Loader=loader) == [{"k": text}, text]  # noqa: S506 - as above


@given(st.lists(external_ids, unique=True))
def test_file_names_are_safe_and_tell_ids_apart(names: list[str]) -> None:
    files = [file_name(name) for name in names]
    assert len({name.casefold() for name in files}) == len(files)
    for name in files:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*\.yaml", name)
        assert len(name) <= 96
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)\.", name)


documents = st.recursive(
    st.one_of(texts, st.integers(0, 10**9), st.none()),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(texts, values, max_size=4),
    max_leaves=20,
)


@given(
    documents, st.sampled_from([True, False, None]), st.sampled_from(["", "\ufeff"]), st.sampled_from(["\n", "\r\n"])
)
def test_spans_hold_the_values_that_they_are_of(document: object, style: bool | None, mark: str, newline: str) -> None:  # noqa: FBT001 - hypothesis passes it by position
    text = mark + yaml.safe_dump({"top": document}, default_flow_style=style, allow_unicode=True).replace("\n", newline)
    file = Edits(text)

    def check(node: YamlNode) -> None:
        span = text[node.start : node.end]
        if node.form == "scalar":
            found = yaml.compose(span) if span else None
            assert (found.value if found else "") == node.text
        elif node.flow:
            assert span[0] + span[-1] in ("[]", "{}")
        for child in (*node.keys, *node.values):
            assert node.start <= child.start <= child.end <= node.end
            check(child)

    check(file.root)


def test_words_that_other_readers_take_for_booleans_are_quoted() -> None:
    assert [scalar(word) for word in ("y", "N", "yes", "yellow")] == ['"y"', '"N"', '"yes"', "yellow"]


def test_numbers_are_written_in_groups_of_three() -> None:
    assert flow({"threshold": 1_500_000}) == "{threshold: 1_500_000}"
