"""What a plan says about each group, and what it leaves to hands."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from drift.errors import Cause, ExitCode, Location
from drift.model.groups import DesiredGroup, Group
from drift.plan import Kind, Plan, PlanVerdict, Seen, draw_up
from drift.render import PLANS
from drift.report.acceptance import Acceptance, Accepted
from drift.report.finding import Finding
from drift.report.report import Gate, Unread, assemble
from tests.builders import MODEL, RPM, TPM, declared, live

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ACCEPTANCE = Acceptance("g", None, None, None, "r", "o", "2027-01-31", 1, Location("a", 1, 1))
OTHER = {"org/other": {RPM: 7}}


def planned(
    desired: Sequence[DesiredGroup],
    *found: Group | None,
    unmanaged: Sequence[Group] = (),
    accepted: Sequence[Finding] = (),
    unread: Sequence[Unread] = (),
    large: bool = True,
) -> Plan:
    """``found`` answers ``desired`` one by one; None is a missing group."""
    report = assemble(
        findings=(),
        unread=unread,
        groups=(),
        transient=0,
        gate=Gate(),
        api_url="https://api.example",
        started_at=WHEN,
        finished_at=WHEN,
        accepted=[Accepted(finding, ACCEPTANCE, expiring=False) for finding in accepted],
    )
    return draw_up(
        desired,
        Seen(
            {at: group for at, group in enumerate(found) if group},
            frozenset(at for at, group in enumerate(found) if group is None),
            unmanaged,
        ),
        report,
        api_url="https://api.example",
        read_at=WHEN,
        url_of=lambda id_: f"https://api.example/{id_}",
        large=large,
    )


def body(plan: Plan) -> object:
    [step] = plan.steps
    return msgspec.json.decode(msgspec.json.encode(step.body))


def wire(slug: str = MODEL, **rates: int) -> dict[str, object]:
    limits = [{"type": type_, "unit": "MINUTE", "threshold": rate} for type_, rate in sorted(rates.items())]
    return {"slug": slug, "rate_limits": limits, "usage_limits": []}


def test_groups_in_sync_need_nothing() -> None:
    plan = planned([declared()], live())

    assert (plan.verdict, plan.exit_code, plan.steps) == (PlanVerdict.NOTHING, 0, ())


def test_the_body_is_the_whole_model_set_even_if_one_limit_differs() -> None:
    models = {MODEL: {TPM: 1000}, **OTHER}
    plan = planned([declared(models=models)], live(models={MODEL: {TPM: 5}, **OTHER}))

    assert body(plan) == {"models": [wire(TOKEN=1000), wire("org/other", REQUEST=7)]}
    assert plan.exit_code == 2


def test_listed_groups_keep_the_models_that_nobody_declares() -> None:
    plan = planned([declared(manage="listed")], live(models={MODEL: {TPM: 5}, **OTHER}))

    assert body(plan) == {"models": [wire(TOKEN=1000), wire("org/other", REQUEST=7)]}
    assert not plan.summary.cuts


def test_a_name_alone_leaves_the_models_out() -> None:
    assert body(planned([declared()], live(name="Else"))) == {"metadata": {"name": "Acme"}}
    assert body(planned([declared(name=None)], live(name="Else"))) == {"metadata": {"name": None}}


def test_an_empty_model_set_is_told_from_no_models() -> None:
    plan = planned([declared(models={})], live())

    assert body(plan) == {"models": []}
    [cut] = plan.summary.cuts
    assert (cut.slugs, cut.everything) == ((MODEL,), True)


def test_what_is_taken_from_a_group_is_counted() -> None:
    [cut] = planned([declared()], live(models={MODEL: {TPM: 1000}, **OTHER})).summary.cuts

    assert (cut.slugs, cut.everything) == (("org/other",), False)


@pytest.mark.parametrize(
    ("desired", "found", "kind", "said"),
    [
        (declared(), None, Kind.MISSING, "create it"),
        (declared(id="old"), live(), Kind.RECREATED, "id old -> id-acme"),
        (declared(limit_enforcement="CASCADING"), live(), Kind.RECREATE, "enforcement is INDEPENDENT, declared CASC"),
        (declared(parent=None), live(parent_group_id="up"), Kind.RECREATE, "parent is up, declared none"),
        (declared(id="id-else"), live("else", name="Acme"), Kind.MISTAKEN, 'answers as "else"'),
        (declared(), live(anomalies=("listed twice",), models={}), Kind.MISTAKEN, "listed twice"),
    ],
)
def test_what_no_update_repairs_is_left_to_hands(
    desired: DesiredGroup, found: Group | None, kind: Kind, said: str
) -> None:
    plan = planned([desired], found)

    assert [entry.kind for entry in plan.by_hand] == [kind]
    assert said in plan.by_hand[0].message
    assert (plan.steps, plan.exit_code) == ((), 2)


def test_what_a_new_creation_would_lose_is_named() -> None:
    root = declared("acme", limit_enforcement="CASCADING")
    below = [live("eu", parent_group_id="id-acme"), live("eu-1", parent_group_id="id-eu")]

    [entry] = planned([root], live("acme"), unmanaged=below).by_hand

    assert [group.label for group in entry.descendants] == ["eu", "eu-1"]
    assert entry.lost == "all its keys, and 2 descendants with all theirs"


def test_a_group_that_was_created_anew_is_repaired_all_the_same() -> None:
    plan = planned([declared(id="old")], live(models={}))

    assert ([entry.kind for entry in plan.by_hand], len(plan.steps)) == ([Kind.RECREATED], 1)


def test_missing_groups_are_listed_parents_first() -> None:
    child, root = declared("child", parent="root"), declared("root")

    assert [entry.group.label for entry in planned([child, root], None, None).by_hand] == ["root", "child"]


def test_what_the_api_would_refuse_says_who_stands_against_it() -> None:
    pool = {MODEL: {TPM: 2000}}
    stranger = live("eu", parent_group_id="id-acme", models=pool, limit_enforcement="CASCADING")
    root = live(models=pool, limit_enforcement="CASCADING")

    [entry] = planned([declared(limit_enforcement="CASCADING")], root, unmanaged=[stranger]).by_hand

    assert entry.kind is Kind.REFUSED
    assert entry.message.startswith("the API would refuse it: org/model TOKEN/MINUTE of id-eu would be 2,000, above")


def test_what_was_not_read_makes_the_plan_incomplete() -> None:
    acme, globex = declared("acme"), declared("globex")
    unread = Unread(globex.ref, Cause.TIMED_OUT, "the time was over", "/x", globex.positions.field("group"))
    plan = planned([acme, globex], live("acme", models={}), unread=[unread])

    assert (plan.verdict, plan.exit_code, len(plan.steps)) == (PlanVerdict.INCOMPLETE, 3, 1)
    for output in ("text", "sh"):
        assert "INCOMPLETE plan, not everything was read: 1 step" in PLANS.render(plan, output)


def test_cascading_trees_are_left_alone_where_not_all_groups_were_seen() -> None:
    acme, globex = declared("acme", limit_enforcement="CASCADING"), declared("globex")
    unread = Unread(globex.ref, Cause.TIMED_OUT, "the time was over", "/x", globex.positions.field("group"))

    plan = planned([acme, globex], live(models={}, limit_enforcement="CASCADING"), unread=[unread])

    assert ([entry.kind for entry in plan.by_hand], plan.steps) == ([Kind.REFUSED], ())


@pytest.mark.parametrize(("drifted", "fails"), [(3, False), (4, True)])
def test_more_than_thirty_percent_has_to_be_asked_for(drifted: int, fails: bool) -> None:  # noqa: FBT001 - a column
    names = [f"g{number}" for number in range(10)]
    desired = [declared(name) for name in names]
    found = [live(name, models={} if at < drifted else None) for at, name in enumerate(names)]

    plan = planned(desired, *found, large=False)

    assert (plan.failure is not None, plan.exit_code == ExitCode.USAGE, plan.steps == ()) == (fails, fails, fails)
    assert len(planned(desired, *found, large=True).steps) == drifted


def finding(*path: str) -> Finding:
    from drift.checker.group import compare  # noqa: PLC0415 - only for its findings

    drifted = live(name="Else", models={MODEL: {TPM: 5, RPM: 6}, **OTHER})
    return next(one for one in compare(declared(), drifted) if one.path.parts == path)


def test_what_somebody_accepted_stays() -> None:
    drifted = live(name="Else", models={MODEL: {TPM: 5, RPM: 6}, **OTHER})
    accepted = [
        finding("metadata", "name"),
        finding("models", "org/other"),
        finding("models", MODEL, "rate_limits", "TOKEN/MINUTE"),
    ]

    plan = planned([declared()], drifted, accepted=accepted)

    assert body(plan) == {"models": [wire(TOKEN=5), wire("org/other", REQUEST=7)]}


def test_independent_groups_are_planned_whatever_was_not_seen_above_them() -> None:
    child = declared("child", parent_group_id="unseen")

    assert len(planned([child], live("child", models={}, parent_group_id="unseen")).steps) == 1
