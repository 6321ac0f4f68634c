"""Files that people wrote, followed by live groups that changed: what of the text changes, and what stays."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, cycle, product
from pathlib import Path
from textwrap import dedent

import pytest
from msgspec.structs import replace

from drift.errors import UndeclarableError
from drift.export.additions import Destination
from drift.export.exporting import ExportOptions, LiveState, declared_in, export
from drift.model.forest import desired_key
from drift.model.groups import Group
from drift.model.limits import UNITS, LimitKey, Limits, Models
from drift.model.selection import Selection
from tests.builders import RPM, TPD, TPM, TPS, live

FILE = "desired/acme.yaml"
FORCE = ExportOptions(layout="per-root", force=True)


def follow(text: str, *groups: Group, options: ExportOptions = FORCE, name: str = FILE) -> str:
    """The file after an export of these live groups."""
    files = {name: text}
    return {**files, **export(files, seen(files, groups), options, Destination(Path("desired"))).texts}[name]


def seen(files: Mapping[str, str], groups: Sequence[Group]) -> LiveState:
    by_name = {name: group for group in groups for name in (group.id, group.external_entity_id)}
    keys = {desired_key(group) for group in declared_in(files).desired.groups}
    return LiveState(
        {group.id: group for group in groups},
        {key: by_name[key] for key in keys if key in by_name},
        frozenset(keys - by_name.keys()),
    )


def at(threshold: int) -> Models:
    return {"o/m": {TPM: threshold}}


WRITTEN = """\
# About this file.
version: 1   # the only one

groups:
- metadata:   { external_entity_id: 'acme' ,name: "Acme" }   # the big one
  # what it may call
  models:
    - slug: o/m
      rate_limits: [
        {type: TOKEN,   unit: MINUTE, threshold: 1000},  # tokens
        {type: REQUEST, unit: MINUTE, threshold: 60},
      ]
"""
LIVE = live("acme", name="Acme", models={"o/m": {TPM: 1000, RPM: 60}})


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (replace(LIVE, name="Other"), 'name: "Acme"', 'name: "Other"'),
        (replace(LIVE, name="it's: new"), 'name: "Acme"', 'name: "it\'s: new"'),
        (replace(LIVE, name=None), 'name: "Acme"', "name: null"),
        (replace(LIVE, models={"o/m": {TPM: 2500, RPM: 60}}), "threshold: 1000}", "threshold: 2500}"),
        (
            replace(LIVE, models={"o/m": {TPS: 10, RPM: 60}}),
            "unit: MINUTE, threshold: 1000}",
            "unit: SECOND, threshold: 10}",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_one_value_is_replaced_where_it_stands(change: Group, old: str, new: str, newline: str, mark: str) -> None:
    text = mark + WRITTEN.replace("\n", newline)
    assert text.count(old) == 1
    assert follow(text, change) == text.replace(old, new)


def test_nothing_changes_without_a_difference() -> None:
    assert follow(WRITTEN, LIVE) == WRITTEN


def test_what_is_not_declared_is_not_added() -> None:
    text = "version: 1\ngroups:\n  - metadata: {external_entity_id: acme}\n"
    assert follow(text, live("acme", name="Somebody", models=at(5), limit_enforcement="CASCADING")) == text


def test_only_listed_models_follow_where_only_those_are_managed() -> None:
    text = dedent("""\
        version: 1
        groups:
          - metadata: {external_entity_id: acme}
            manage: listed
            models:
              - {slug: o/gone}
              - {slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1}]}
        """)
    followed = follow(text, live("acme", models={"o/m": {TPM: 2}, "o/other": {}}))
    assert followed == text.replace("      - {slug: o/gone}\n", "").replace("threshold: 1}", "threshold: 2}")


SHARED = dedent("""\
    version: 1
    groups:
      - metadata: {external_entity_id: a}
        models: &standard
          - slug: o/m
            rate_limits:
              - {type: TOKEN, unit: MINUTE, threshold: &most 1_000}   # agreed
      - metadata: {external_entity_id: b}
        models: *standard
      - metadata: {external_entity_id: c}
        models:
          - slug: o/m
            rate_limits:
              - {type: TOKEN, unit: MINUTE, threshold: *most}
    """)


def test_what_groups_share_by_anchor_changes_once_if_it_changed_for_all() -> None:
    everywhere = [live(name, models=at(2_000)) for name in "abc"]
    assert follow(SHARED, *everywhere) == SHARED.replace("&most 1_000", "&most 2_000")


def test_a_group_that_changed_alone_gets_a_value_of_its_own() -> None:
    changed = follow(SHARED, live("a", models=at(1_000)), live("b", models=at(1_000)), live("c", models=at(5)))
    assert changed == SHARED.replace("*most", "5")

    changed = follow(SHARED, live("a", models=at(1_000)), live("b", models=at(7)), live("c", models=at(1_000)))
    own = "[{slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 7}]}]"
    assert changed == SHARED.replace("*standard", own)


def test_the_owner_of_an_anchor_that_changed_alone_leaves_the_others_as_they_were() -> None:
    changed = follow(SHARED, live("a", models=at(3)), live("b", models=at(1_000)), live("c", models=at(1_000)))
    own = "[{slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1_000}]}]"
    assert changed == SHARED.replace("&most 1_000", "&most 3").replace("*standard", own).replace("*most", "1_000")


def test_a_merged_value_changes_at_its_source_or_is_overridden() -> None:
    text = dedent("""\
        version: 1
        groups:
          - metadata: {external_entity_id: a}
            models:
              - &base {slug: o/m, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1_000}]}
          - metadata: {external_entity_id: b}
            models:
              - {<<: *base, usage_limits: [{type: TOKEN, unit: DAY, threshold: 9}]}
        """)
    both = [live("a", models=at(2_000)), live("b", models={"o/m": {TPM: 2_000, TPD: 9}})]
    assert follow(text, *both) == text.replace("1_000", "2_000")

    one = [live("a", models=at(1_000)), live("b", models={"o/m": {TPM: 2, TPD: 9}})]
    own = ", rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 2}]}\n"
    assert follow(text, *one) == text.replace("threshold: 9}]}\n", "threshold: 9}]" + own)


def test_a_change_that_would_reach_a_group_that_is_not_selected_is_refused() -> None:
    groups = [live("a", models=at(3)), live("b", models=at(1_000)), live("c", models=at(1_000))]
    options = replace(FORCE, selection=Selection(("a",)))
    with pytest.raises(UndeclarableError) as refused:
        follow(SHARED, *groups, options=options)
    assert refused.value.reasons == (
        "desired/acme.yaml:8:5: b is not selected and would change, for it shares values with a group that is",
        "desired/acme.yaml:10:5: c is not selected and would change, for it shares values with a group that is",
    )


PROFILED = dedent("""\
    version: 1
    profiles:
      gold:
        rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 1_000}]
    groups:
      - metadata: {external_entity_id: acme}
        models:
          - {slug: o/m, profile: gold}
          - slug: o/n
            profile: gold
    """)


def test_a_profile_stays_and_is_overridden_where_live_has_other_limits() -> None:
    group = live("acme", models={"o/m": {TPM: 5}, "o/n": {TPM: 1_000, TPD: 7}})
    changed = PROFILED.replace(
        "o/m, profile: gold", "o/m, profile: gold, rate_limits: [{type: TOKEN, unit: MINUTE, threshold: 5}]"
    )
    assert follow(PROFILED, group) == changed + "        usage_limits: [{type: TOKEN, unit: DAY, threshold: 7}]\n"


def test_new_groups_name_profiles_that_are_there_if_asked() -> None:
    groups = [
        live("acme", models={"o/m": {TPM: 1_000}, "o/n": {TPM: 1_000}}),
        live("beta", name="B", models={**at(1_000), "o/n": {TPM: 1_000}}),
    ]
    options = replace(FORCE, profiles=True)
    files = {FILE: PROFILED}
    planned = export(files, seen(files, groups), options, Destination(Path("desired")))
    assert list(planned.texts) == ["desired/beta.yaml"]
    assert "      - {slug: o/m, profile: gold}\n" in planned.texts["desired/beta.yaml"]


def test_models_come_and_go_with_their_comments() -> None:
    text = dedent("""\
        version: 1
        groups:
          - metadata: {external_entity_id: acme}
            models:
              # about a
              - slug: o/a   # a

              # about b,
              # at length
              - slug: o/b
                rate_limits:
                  # the burst
                  - {type: TOKEN, unit: MINUTE, threshold: 1}
                  # the calls
                  - {type: REQUEST, unit: MINUTE, threshold: 1}

              # about d
              - slug: o/d
        # the end
        """)
    followed = follow(text, live("acme", models={"o/a": {}, "o/c": {}, "o/d": {}}))
    assert followed == dedent("""\
        version: 1
        groups:
          - metadata: {external_entity_id: acme}
            models:
              # about a
              - slug: o/a   # a
              - {slug: o/c}

              # about d
              - slug: o/d
        # the end
        """)
    fewer = {"o/a": {}, "o/b": {RPM: 1}, "o/d": {}}
    assert "the burst" not in follow(text, live("acme", models=fewer))
    assert "the calls" in follow(text, live("acme", models=fewer))


def test_all_models_gone_leaves_an_empty_list() -> None:
    text = "version: 1\ngroups:\n- metadata: {external_entity_id: acme}\n  models:\n  - slug: o/a\n  - slug: o/b\n"
    assert follow(text, live("acme", models={})) == text.partition("  - slug")[0].rstrip("\n") + " []\n"


def test_deleted_groups_go_with_the_comment_above_them() -> None:
    text = dedent("""\
        version: 1
        groups:
          # first
          - metadata: {external_entity_id: a}

          # second
          - metadata: {external_entity_id: b}

          # third
          - metadata: {external_entity_id: c}
        """)
    assert follow(text, live("a"), live("c")) == text.replace(
        "\n  # second\n  - metadata: {external_entity_id: b}\n", ""
    )
    flat = (
        "version: 1\ngroups: [{metadata: {external_entity_id: a}}, {metadata: {external_entity_id: b}}, {id: id-c}]\n"
    )
    assert follow(flat, live("c")) == "version: 1\ngroups: [{id: id-c}]\n"


TREE = dedent("""\
    version: 1
    groups:
      - id: old
        metadata: {external_entity_id: root}
        hierarchy: {limit_enforcement: INDEPENDENT}  # templates
      - metadata: {external_entity_id: child}
        hierarchy:
          parent: root   # its mode is the root's
    """)


def test_a_tree_that_was_created_anew_in_the_other_mode_changes_at_its_root() -> None:
    root = live("root", id="new", limit_enforcement="CASCADING")
    child = live("child", parent_group_id="new", limit_enforcement="CASCADING")
    assert follow(TREE, root, child) == TREE.replace("id: old", "id: new").replace("INDEPENDENT", "CASCADING")


def test_a_group_whose_parent_is_gone_gets_the_place_it_has_now() -> None:
    other = live("other", limit_enforcement="CASCADING")
    child = live("child", parent_group_id="id-other", limit_enforcement="CASCADING")
    followed = follow(TREE, child, other, name="desired/other.yaml")
    assert "hierarchy: {parent: other}" in followed
    assert "external_entity_id: root" not in followed


def test_new_groups_follow_the_order_of_exports_whatever_is_around() -> None:
    text = dedent("""\
        version: 1
        groups:
          - metadata: {external_entity_id: acme}
            hierarchy: {limit_enforcement: INDEPENDENT}   # a template

          # the last one
          - metadata: {external_entity_id: acme-z}""")
    groups = [live("acme"), *(live(f"acme-{name}", parent_group_id="id-acme", models={}) for name in "acz")]
    added = "".join(
        f"\n\n  - metadata: {{external_entity_id: acme-{name}, name: Acme}}\n"
        "    hierarchy: {parent: acme}\n    models: []"
        for name in "ac"
    )
    assert follow(text, *groups) == text.replace("# a template", f"# a template{added}")


@pytest.mark.parametrize("groups", ["", "groups: []\n", "groups: [  ]  # none\n"])
def test_a_file_without_groups_takes_the_first(groups: str) -> None:
    text = f"version: 1\nprofiles: {{}}\n{groups}"
    followed = follow(text, live("acme", models={}))
    assert [group.ref.label for group in declared_in({FILE: followed}).desired.groups] == ["acme"]
    assert followed.startswith("version: 1\nprofiles: {}\n")


@pytest.mark.parametrize("text", ["{version: 1}\n", "version: 1\n<<: {}\n"])
def test_a_file_that_cannot_take_groups_is_left_alone(text: str) -> None:
    files = {"desired/ACME.yaml": text}
    planned = export(files, seen(files, [live("acme")]), FORCE, Destination(Path("desired"), frozenset(["acme.yaml"])))
    assert list(planned.texts) == ["desired/acme-2.yaml"]


def test_a_name_that_differs_only_in_case_is_the_same_file() -> None:
    files = {"desired/ACME.yaml": "version: 1\n"}
    planned = export(files, seen(files, [live("acme")]), FORCE, Destination(Path("desired"), frozenset(["acme.yaml"])))
    assert list(planned.texts) == ["desired/ACME.yaml"]


def test_a_directory_of_that_name_is_no_file() -> None:
    planned = export({}, seen({}, [live("acme")]), FORCE, Destination(Path("desired"), frozenset(["acme.yaml"])))
    assert list(planned.texts) == ["desired/acme-2.yaml"]


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (live("a\ud800"), "its external id holds half a character (a lone surrogate), which no file can"),
        (live("a", name="\udfff"), "its name holds half a character (a lone surrogate), which no file can"),
        (live("a", name="x" * 256), "its name is longer than 255 characters"),
        (live("a", limit_enforcement="SHARED"), "its mode 'SHARED' is not known to this version"),
        (
            live("a", models={"o/m": {LimitKey("rate_limits", "BYTES", "MINUTE"): 1}}),
            "its model 'o/m' has the limit BYTES/MINUTE, which is not known to this version",
        ),
        (live("a", models={"o/m": {TPM: 1, TPS: 1}}), "its model 'o/m' has two rate_limits of type TOKEN"),
        (live("a", models={"o/m": {TPM: 10**5000}}), "its model 'o/m' has a limit TOKEN/MINUTE of thousands of digits"),
        (live("a", models={"": {}}), "its model '' has no slug that a file can hold"),
        (live("a", anomalies=("two models of one slug",)), "two models of one slug"),
    ],
)
def test_what_no_file_can_say_is_refused(group: Group, reason: str) -> None:
    with pytest.raises(UndeclarableError) as refused:
        export({}, seen({}, [group, live("b")]), FORCE, Destination(Path("desired")))
    assert refused.value.reasons == (f"{group.external_entity_id}: {reason}",)
    left = replace(FORCE, selection=Selection(("!a*",)))
    assert list(export({}, seen({}, [group, live("b")]), left, Destination(Path("desired"))).texts) == [
        "desired/b.yaml"
    ]


@pytest.mark.parametrize("external", ["", "x" * 256])
def test_a_group_without_a_usable_external_id_is_known_by_its_id(external: str) -> None:
    groups = [live(external, id="grp1"), live("child", parent_group_id="grp1")]
    planned = export({}, seen({}, groups), replace(FORCE, layout="single"), Destination(Path("desired")))
    [text] = planned.texts.values()
    assert "  - id: grp1\n    metadata: {name: Acme}\n" in text
    assert "hierarchy: {parent_group_id: grp1, limit_enforcement: INDEPENDENT}\n" in text


def test_a_tree_deeper_than_files_may_be_is_refused_with_the_rule() -> None:
    groups = [live("g0"), *(live(f"g{n}", parent_group_id=f"id-g{n - 1}") for n in range(1, 7))]
    with pytest.raises(UndeclarableError, match="would not be valid") as refused:
        export({}, seen({}, groups), FORCE, Destination(Path("desired")))
    assert any("is on level 6" in reason for reason in refused.value.reasons)


def test_profiles_are_named_after_what_they_say() -> None:
    limits = {TPM: 1_500_000, RPM: 600, TPD: 2_000_000_000}
    planned = export(
        {},
        seen({}, [live("a", models={"o/m": limits, "o/n": limits})]),
        replace(FORCE, profiles=True),
        Destination(Path("desired")),
    )
    assert "\n  tpm-1500k-rpm-600-tpd-2g:\n    rate_limits:\n" in planned.texts["desired/profiles.yaml"]


KEYS = (TPM, RPM, TPD, LimitKey("usage_limits", "REQUEST", "DAY"))
SUBSETS = [dict.fromkeys(keys, 5) for count in range(5) for keys in combinations(KEYS, count)]
SOME: list[Limits | None] = [None, {}, {TPM: 5}, {TPM: 5, RPM: 5, TPD: 5}]
PAIRS: list[Models] = [
    {slug: limits for slug, limits in (("o/a", first), ("o/b", second)) if limits is not None}
    for first, second in product(SOME, SOME)
]
CHANGES: dict[str, list[tuple[Models, Models]]] = {
    "limits": [({"o/m": before}, {"o/m": after}) for before, after in product(SUBSETS, SUBSETS)],
    "models": list(product(PAIRS, PAIRS)),
}
STYLES: dict[str, Callable[[list[str]], str]] = {
    "line by line": lambda items: "".join(f"\n          - {item}" for item in items),
    "at the column of the key": lambda items: "".join(f"\n        - {item}  # {item[7:9]}" for item in items),
    "in one line": lambda items: f" [{', '.join(items)}]",
    "in brackets on several lines": lambda items: (
        f" [\n{''.join(f'          {item},  # x{chr(10)}' for item in items)}]"
    ),
}
ENDS = ["", "   # the end", "\n", "\n\n  # about the next\n", "\n      # more\n\n\n# far\n\n"]


def written_model(slug: str, limits: Limits, style: Callable[[list[str]], str]) -> str:
    lists = [
        f"\n        {kind}:{style(items)}"
        for kind in UNITS
        if (items := [f"{{type: {k.type}, unit: {k.unit}, threshold: 5}}" for k in limits if k.kind == kind])
    ]
    return f"\n      - slug: {slug}{''.join(lists)}"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_anything_becomes_anything_else_beside_whatever_follows(
    changes: list[tuple[Models, Models]], style: Callable[[list[str]], str], newline: str
) -> None:
    groups = [live(f"g{number}", models=after) for number, (_, after) in enumerate(changes)]
    entries = [
        f"  - metadata: {{external_entity_id: g{number}}}\n    models:"
        f"{''.join(written_model(slug, before[slug], style) for slug in before) or ' []'}{end}\n"
        for number, ((before, _), end) in enumerate(zip(changes, cycle(ENDS), strict=False))
    ]
    text = f"version: 1\ngroups:\n{''.join(entries)}".replace("\n", newline).rstrip()

    followed = follow(text, *groups)

    declared = {group.ref.label: group.models for group in declared_in({FILE: followed}).desired.groups}
    assert declared == {group.external_entity_id: group.models for group in groups}
    for comment in ("# about the next", "# more", "# far"):
        assert followed.count(comment) == text.count(comment)
    assert follow(followed, *groups) == followed
