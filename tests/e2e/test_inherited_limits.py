"""What the gateway's documentation shows of inherited limits, compared with the declared trees by the real command.

Each example is answered in the very bytes that the documentation implies, so that neither the sandbox's own rules
nor the tool's prediction is the judge. Where the documentation shows an example in two ways, both are silent.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.conftest import Drift, Sandbox, SandboxFactory

GROUPS = "/v1/gateway/groups"
SLUG = "your-org/your-model"
M = 1_000_000


class Member(NamedTuple):
    """A group of an example; limits are written ``TOKEN/MINUTE 100``, those in effect with ``< source``."""

    parent: str | None
    own: tuple[str, ...]
    shown: tuple[tuple[str, ...], ...]
    """What is in effect, in every way in which it is shown."""


class Example(NamedTuple):
    """A tree, and what is in effect in it."""

    mode: str
    members: Mapping[str, Member]


FREE_TIER = Member(None, (f"TOKEN/MINUTE {100 * M}",), ((f"TOKEN/MINUTE {100 * M} < free-tier",),))
FINANCE, ORG = f"TOKEN/MINUTE {70 * M} < finance", f"TOKEN/MINUTE {100 * M} < org"
ROOT = ("TOKEN/MINUTE 1000000", "REQUEST/MINUTE 100", "TOKEN/DAY 10000000")
TEMPLATE, REPLACED, POOL, MIXED, ALONE = (
    "a group without limits has those of its template",
    "a group's own limit replaces its template's, though it is higher",
    "pools may be promised twice, and are listed beside a group's own limit or not",
    "what a group does not set comes from its template, limit by limit, or else nothing does",
    "a root has its own limits and no others",
)
EXAMPLES = {
    TEMPLATE: Example(
        "INDEPENDENT",
        {"free-tier": FREE_TIER, "john": Member("free-tier", (), ((f"TOKEN/MINUTE {100 * M} < free-tier",),))},
    ),
    REPLACED: Example(
        "INDEPENDENT",
        {
            "free-tier": FREE_TIER,
            "sally": Member("free-tier", (f"TOKEN/MINUTE {120 * M}",), ((f"TOKEN/MINUTE {120 * M} < sally",),)),
        },
    ),
    POOL: Example(
        "CASCADING",
        {
            "org": Member(None, (f"TOKEN/MINUTE {100 * M}",), ((ORG,),)),
            "finance": Member("org", (f"TOKEN/MINUTE {70 * M}",), ((FINANCE,), (FINANCE, ORG))),
            # What finance spends is gone for engineering too; that is traffic, of which a group shows nothing.
            "engineering": Member("org", (f"TOKEN/MINUTE {70 * M}",), ((f"TOKEN/MINUTE {70 * M} < engineering",),)),
        },
    ),
    MIXED: Example(
        "INDEPENDENT",
        {
            "root": Member(None, ROOT, (tuple(f"{limit} < root" for limit in ROOT),)),
            "child": Member(
                "root",
                ("TOKEN/MINUTE 700000",),
                (
                    ("TOKEN/MINUTE 700000 < child", "REQUEST/MINUTE 100 < root", "TOKEN/DAY 10000000 < root"),
                    ("TOKEN/MINUTE 700000 < child",),
                ),
            ),
        },
    ),
    ALONE: Example("INDEPENDENT", {"free-tier": FREE_TIER}),
}


def config(limits: Sequence[str]) -> dict[str, object]:
    """A model of the API with limits that are written as above."""
    lists: dict[str, list[object]] = {"rate_limits": [], "usage_limits": []}
    for limit in limits:
        type_, unit, threshold, *source = re.split("/| < | ", limit)
        item = {"type": type_, "unit": unit, "threshold": int(threshold)}
        lists["usage_limits" if unit == "DAY" else "rate_limits"].append(
            {**item, "source_group": f"id-{source[0]}"} if source else item
        )
    return {"slug": SLUG, **lists}


def declare(path: Path, example: Example, pins: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write the example; ``pins`` are limits in effect, by group."""
    groups: list[dict[str, object]] = [
        {
            "id": f"id-{name}",
            "metadata": {"external_entity_id": name},
            "hierarchy": {"parent": member.parent} if member.parent else {"limit_enforcement": example.mode},
            "models": [config(member.own)],
        }
        for name, member in example.members.items()
    ]
    for name, in_effect in (pins or {}).items():
        text = json.dumps([config(in_effect)]).replace('"source_group": "id-', '"source": "')
        groups[list(example.members).index(name)]["effective"] = json.loads(text)
    path.write_text(json.dumps({"version": 1, "groups": groups}))


def answer(example: Example, name: str, in_effect: Sequence[str]) -> str:
    """The gateway answers about this group so."""
    member = example.members[name]
    body = {
        "id": f"id-{name}",
        "metadata": {"external_entity_id": name},
        "models": [config(member.own)],
        "effective_models": [config(in_effect)],
        "hierarchy": {
            "limit_enforcement": example.mode,
            "parent_group_id": member.parent and f"id-{member.parent}",
        },
        "created_at": "2026-05-13T12:00:00Z",
    }
    return f"200:path={GROUPS}/id-{name},body={json.dumps(body)}"


def ways(example: Example) -> list[list[str]]:
    """The answers to all groups, in each way in which the example is shown."""
    most = max(len(member.shown) for member in example.members.values())
    return [
        [
            answer(example, name, member.shown[min(way, len(member.shown) - 1)])
            for name, member in example.members.items()
        ]
        for way in range(most)
    ]


SHOWN = [
    pytest.param(example, answers, id=f"{name}{f' ({number})' if number else ''}")
    for name, example in EXAMPLES.items()
    for number, answers in enumerate(ways(example))
]


@pytest.mark.parametrize(("example", "answers"), SHOWN)
def test_what_the_documentation_shows_is_in_sync_without_a_word(
    drift: Drift, sandbox: SandboxFactory, example: Example, answers: Sequence[str]
) -> None:
    declare(drift.directory / "groups.yaml", example)
    live = sandbox(drift.directory / "groups.yaml", faults=answers)

    run = drift("check", "groups.yaml", "--api-url", live.url, "--output", "json")

    report = json.loads(run.out)
    assert (run.code, run.err, report["verdict"], report["findings"]) == (0, "", "in-sync", [])
    assert report["counts"]["in_sync"] == len(example.members)


@pytest.mark.parametrize(
    ("name", "group", "in_effect", "source"),
    [
        (TEMPLATE, "john", f"TOKEN/MINUTE {99 * M} < free-tier", "free-tier"),
        (REPLACED, "sally", f"TOKEN/MINUTE {100 * M} < free-tier", "free-tier"),
        (POOL, "finance", f"TOKEN/MINUTE {30 * M} < finance", "finance"),
        (MIXED, "child", "TOKEN/DAY 5 < root", "root"),
    ],
)
def test_anything_else_in_effect_is_information_and_no_drift(
    drift: Drift, sandbox: SandboxFactory, name: str, group: str, in_effect: str, source: str
) -> None:
    example = EXAMPLES[name]
    declare(drift.directory / "groups.yaml", example)
    live = sandbox(drift.directory / "groups.yaml", faults=[answer(example, group, [in_effect])])

    run = drift("check", "groups.yaml", "--api-url", live.url, "--output", "json")

    findings = json.loads(run.out)["findings"]
    assert run.code == 0
    assert {(finding["rule"], finding["severity"]) for finding in findings} == {("effective-limit-changed", "info")}
    assert source in {finding["cause"]["external_entity_id"] for finding in findings}


@pytest.mark.parametrize(("name", "group"), [(POOL, "finance"), (MIXED, "child")])
def test_of_the_ways_in_which_an_example_is_shown_a_pin_takes_one(
    drift: Drift, sandbox: SandboxFactory, name: str, group: str
) -> None:
    example = EXAMPLES[name]
    one, other = example.members[group].shown
    codes = []
    for number, shown in enumerate((one, other)):
        path = drift.directory / f"{number}.yaml"
        declare(path, example, pins={group: one})
        live = sandbox(path, faults=[answer(example, group, shown)])
        codes.append(drift("check", path.name, "--api-url", live.url).code)

    assert codes == [0, 2]


def test_a_raised_template_moves_those_that_inherit_it_and_nobody_else(drift: Drift, sandbox: SandboxFactory) -> None:
    family = Example(
        "INDEPENDENT",
        {
            name: one
            for kind in EXAMPLES.values()
            for name, one in kind.members.items()
            if name in ("free-tier", "john", "sally")
        },
    )
    declare(drift.directory / "groups.yaml", family)
    live: Sandbox = sandbox(drift.directory / "groups.yaml")
    live.patch("free-tier", models=[config([f"TOKEN/MINUTE {150 * M}"])])

    run = drift("check", "groups.yaml", "--api-url", live.url, "--output", "json")

    report = json.loads(run.out)
    [finding] = report["findings"]
    assert run.code == 2
    assert (finding["rule"], finding["direction"]) == ("limit-raised", "permissive")
    assert [
        (below["group"]["external_entity_id"], below["desired"], below["live"]) for below in finding["affected"]
    ] == [("john", 100 * M, 150 * M)]
    assert (report["counts"]["drift"], report["counts"]["in_sync"]) == (1, 2)


def test_a_raised_pool_lets_its_members_use_more_together_and_moves_no_limit_that_binds_them(
    drift: Drift, sandbox: SandboxFactory
) -> None:
    pool = EXAMPLES[POOL]
    declare(drift.directory / "groups.yaml", pool)
    live = sandbox(drift.directory / "groups.yaml")
    live.patch("org", models=[config([f"TOKEN/MINUTE {110 * M}"])])

    run = drift("check", "groups.yaml", "--api-url", live.url, "--output", "json")

    [finding] = json.loads(run.out)["findings"]
    assert run.code == 2
    assert finding["affected"] == []
    assert finding["exposure"]["token_per_day"] == 10 * M * 1440
