"""Trees as people and programs get them."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from drift.checker.group import compare, missing, unmanaged
from drift.errors import Cause
from drift.render import TREES, RenderOptions, words
from drift.report.report import Failure, Gate, GroupEntry, Status, Unread, assemble
from drift.tree import Tree, View, compared_tree, desired_tree, failed_tree, live_tree
from tests.builders import MODEL, RPM, TPD, TPM, declared, live

Golden = Callable[[str, str], None]

HOSTILE = [
    '"] --> evil["',
    "<script>alert(1)</script>",
    "end",
    "a; click g0 href x",
    "%% comment",
    "%%{init: {'theme': 'dark'}}%%",
    "line\nbreak",
    "`**bold**`",
    "#quot;",
    "style:x#35;y;",
    "ﬂ°°34¶ß",
    "[brackets](x)",
    "\x1b[31mred",
    "\u202eevil",
    "\ud800",
]


def sample(shadow: str = "shadow") -> Tree:
    """A tree with something of everything."""
    acme = declared("acme", models={MODEL: {TPM: 1_000_000, TPD: 50_000_000}, "org/embed": {}}, line=10)
    prod = declared("acme-prod", name="Acme production", parent="acme", models={MODEL: {TPM: 3_000_000}}, line=20)
    lab = declared("acme-lab", parent="acme-prod", manage="listed", models={MODEL: {RPM: 60}}, line=30)
    globex = declared(
        "globex", name=None, limit_enforcement="CASCADING", models={MODEL: {TPM: 500, RPM: 90, TPD: 9}}, line=40
    )
    pool = declared(
        "globex-eu", name=None, parent="globex", limit_enforcement="CASCADING", models={MODEL: {TPM: 800}}, line=50
    )
    bare = declared("bare", name=None, models={}, line=60)
    desired = [acme, prod, lab, globex, pool, bare]
    moved = live("acme-prod", name="Acme production", models={MODEL: {TPM: 1}}, parent_group_id="id-acme")
    unmanaged_group = live(shadow, id="id-shadow", name=None, parent_group_id="id-acme", models={MODEL: {}})
    report = assemble(
        findings=[*compare(prod, moved), missing(lab), unmanaged(unmanaged_group, acme)],
        unread=[Unread(pool.ref, Cause.SERVER_ERROR, "503 after 4 tries", "/v1", pool.positions.field("group"))],
        groups=[
            GroupEntry(live("acme").ref, Status.IN_SYNC, acme.positions.field("group")),
            GroupEntry(moved.ref, Status.DRIFT, prod.positions.field("group")),
            GroupEntry(lab.ref, Status.MISSING, lab.positions.field("group")),
            GroupEntry(live("globex", name=None).ref, Status.IN_SYNC, globex.positions.field("group")),
            GroupEntry(pool.ref, Status.UNREAD, pool.positions.field("group")),
            GroupEntry(live("bare", name=None).ref, Status.IN_SYNC, bare.positions.field("group")),
            GroupEntry(unmanaged_group.ref, Status.UNMANAGED, None),
        ],
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1:8080",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, tzinfo=UTC),
        unseen="503 after 4 tries",
    )
    return compared_tree(desired, report, [unmanaged_group])


@pytest.mark.parametrize(
    ("name", "output_format", "options"),
    [
        ("tree.txt", "text", RenderOptions()),
        ("tree-cut.txt", "text", RenderOptions(depth=1)),
        ("tree-narrow.txt", "text", RenderOptions(width=60)),
        ("tree-colour.txt", "text", RenderOptions(width=120, colour=True)),
        ("tree.json", "json", RenderOptions()),
        ("tree.mermaid", "mermaid", RenderOptions()),
        ("tree-cut.mermaid", "mermaid", RenderOptions(depth=1)),
    ],
)
def test_the_tree_looks_as_reviewed(golden: Golden, name: str, output_format: str, options: RenderOptions) -> None:
    golden(name, TREES.render(sample(), output_format, options))


def test_a_terminal_without_colour_shows_the_same_groups_as_a_pipe() -> None:
    def words(text: str) -> list[str]:
        return re.sub(r"[│├└─]", " ", text).split()

    assert words(TREES.render(sample(), "text", RenderOptions(width=200))) == words(TREES.render(sample(), "text"))


def test_no_line_is_wider_than_the_terminal() -> None:
    lines = TREES.render(sample(), "text", RenderOptions(width=60)).splitlines()

    assert max(map(len, lines)) <= 60


def test_broken_forests_are_shown_in_every_format() -> None:
    groups = [
        live("a", parent_group_id="id-b"),
        live("b", parent_group_id="id-a"),
        live("orphan", parent_group_id="id-gone"),
    ]
    tree = live_tree(groups, api_url="http://127.0.0.1", unseen="503")

    for output_format in TREES.names:
        for options in (RenderOptions(), RenderOptions(width=100), RenderOptions(depth=1)):
            shown = TREES.render(tree, output_format, options)
            assert "a cycle without a root: b below a below b" in shown
            assert "its parent id-gone is not among the live groups" in shown
            assert "503" in shown


def test_a_chain_deeper_than_the_terminal_is_wide_is_left_unwrapped() -> None:
    groups = [live(f"g{number}", parent_group_id=f"id-g{number - 1}" if number else None) for number in range(60)]

    shown = TREES.render(live_tree(groups, api_url="http://127.0.0.1"), "text", RenderOptions(width=80))

    assert "└── g59 (Acme)\n" in shown


def test_a_huge_forest_is_shown_whole_and_cut() -> None:
    groups = [
        declared(f"g{number}", parent=f"g{number // 10}" if number >= 10 else None, name=None)
        for number in range(10_000)
    ]
    tree = desired_tree(groups)

    whole = TREES.render(tree, "text", RenderOptions(width=100, colour=True))
    cut = TREES.render(tree, "text", RenderOptions(depth=1))

    assert whole.count("\n") == 20_002
    assert cut.count("... 1,110 more\n") == 9
    assert cut.count("\n") == 31


def test_a_failed_run_says_so_in_every_machine_format() -> None:
    tree = failed_tree(View.LIVE, Failure("no API key", "set it"))

    assert json.loads(TREES.render(tree, "json"))["failure"] == {"message": "no API key", "hint": "set it"}
    assert TREES.render(tree, "mermaid") == 'flowchart TD\n  summary["nothing to show: no API key"]\n'


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name: str) -> None:
    for options in (RenderOptions(), RenderOptions(width=100), RenderOptions(width=100, colour=True)):
        shown = TREES.render(sample(name), "text", options)
        plain = TREES.render(sample("harmless"), "text", options)

        assert shown.count("\n") == plain.count("\n")
        assert shown.count("\x1b") == plain.count("\x1b")
        assert name in shown or not name.isprintable()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_cannot_leave_its_label_in_a_diagram(name: str) -> None:
    shown = TREES.render(sample(name), "mermaid")
    plain = TREES.render(sample("harmless"), "mermaid")

    shapes = [re.sub(r'"[^"]*"', '""', line) for line in shown.splitlines()]
    assert shapes == [re.sub(r'"[^"]*"', '""', line) for line in plain.splitlines()]
    [label] = [
        re.findall(r'"([^"]*)"', one)[0]
        for one, other in zip(shown.splitlines(), plain.splitlines(), strict=True)
        if one != other
    ]
    first, *_ = label.split("<br/>")
    assert not set(first) & set("<>&%{}[]`°¶")
    assert not re.search(r":\S", first)
    # What Mermaid shows for the codes is the name itself, as it would be in a terminal.
    assert html.unescape(first.replace("#", "&#")) == (
        name if name.isprintable() else name.encode("unicode_escape").decode()
    )


def test_json_has_names_as_they_are() -> None:
    document = json.loads(TREES.render(sample('"<script>\n'), "json"))

    assert '"<script>\n' in [entry["group"]["external_entity_id"] for entry in document["groups"]]


def test_a_limit_far_beyond_64_bits_is_shown() -> None:
    tree = desired_tree([declared("acme", models={MODEL: {TPM: 10**30}})])

    assert "1,000,000,000,000,000,000,000,000,000,000" in TREES.render(tree, "text")
    [limit] = json.loads(TREES.render(tree, "json"))["groups"][0]["models"][0]["limits"]
    assert limit["threshold"] == 10**30


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("output", TREES.names)
@pytest.mark.parametrize("colour", [True, False])
def test_every_way_to_end_has_its_look_and_is_counted(status: Status, output: str, *, colour: bool) -> None:
    root, child = declared("root"), declared("child", parent="root", line=40)
    report = assemble(
        findings=(),
        unread=(),
        groups=[
            GroupEntry(root.ref, Status.IN_SYNC, root.positions.field("group")),
            GroupEntry(child.ref, status, child.positions.field("group")),
        ],
        transient=0,
        gate=Gate(),
        api_url="",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    tree = compared_tree([root, child], report, [])
    text = TREES.render(tree, output, RenderOptions(colour=colour))

    assert getattr(tree.total, status.replace("-", "_")) == 1 + (status is Status.IN_SYNC)
    assert words.spoken(status).split()[0] in text or output == "json"
