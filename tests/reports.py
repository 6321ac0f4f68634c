"""Reports to render in tests: one with something of everything, one of hostile text, one of any size."""

from datetime import UTC, datetime

from msgspec.structs import replace

from drift.checker.group import compare, missing, unmanaged
from drift.errors import Cause, Level, Location, Problem
from drift.model.groups import GroupRef
from drift.model.paths import ModelPath
from drift.report.acceptance import Acceptance, Accepted, Lapse, Lapsed
from drift.report.evidence import Evidence, EvidenceFile
from drift.report.exposure import Cost, Exposure
from drift.report.finding import Affected, ChangeStatus, Finding
from drift.report.report import Base, Gate, GroupEntry, Report, Status, Unread, assemble
from tests.builders import MODEL, RPM, TPD, TPM, TPS, declared, live
from tests.hostile import HOSTILE

LINE = Location("desired/acme.yaml", 3, 5)
STARTED = datetime(2026, 1, 1, 12, tzinfo=UTC)
FINISHED = datetime(2026, 1, 1, 12, 0, 1, 500_000, tzinfo=UTC)


def full_report() -> Report:
    """Every kind of content that a report can have, in both kinds of hierarchy and all severities."""
    acme = declared("acme", models={MODEL: {TPM: 1_000_000, TPD: 50_000_000}, "org/embed": {RPM: 600}}, line=3)
    moved = live("acme", name="Acme!", models={MODEL: {TPM: 1_500_000}, "org/embed": {RPM: 0}, "org/new": {}})
    prod = declared("acme-prod", models={MODEL: {TPM: 6_000}}, line=20)
    exposures = {
        "limit-raised": Exposure(720_000_000, 0, Cost("USD", "10800.00")),
        "model-added": Exposure("unlimited", "unlimited"),
        "group-unmanaged": Exposure(1_440_000, 86_400, Cost("USD", "21.60")),
    }
    affected = tuple(
        Affected(GroupRef(f"id-eu-{number}", f"acme-eu-{number}", None), 1_000_000, 1_500_000) for number in range(30)
    )
    statuses = {"limit-raised": ChangeStatus.CONFLICTING, "name-changed": ChangeStatus.INTRODUCED}
    findings: list[Finding] = [
        replace(
            finding,
            exposure=exposures.get(finding.rule),
            affected=affected if finding.rule == "limit-raised" else (),
            status=statuses.get(finding.rule, ChangeStatus.PRE_EXISTING),
        )
        for finding in (
            *compare(acme, moved),
            *compare(prod, live("acme-prod", models={MODEL: {TPS: 100}})),
            missing(declared("gone", line=40)),
            unmanaged(live("shadow", name="Shadow IT", parent_group_id="id-acme"), acme),
        )
    ]
    (known,) = compare(
        declared("globex", models={MODEL: {TPM: 1_000}}, line=60), live("globex", models={MODEL: {TPM: 900}})
    )
    accepted = Acceptance(
        group="globex",
        rule=known.rule,
        path=known.path,
        live=900,
        reason="load test until the contract starts",
        owner="platform team",
        until="2026-01-10",
        rule_set=1,
        source=Location("desired/accepted.yaml", 4, 5),
    )
    settled = replace(compare(declared("acme", name="Old"), live("acme", name="Acme"))[0], status=ChangeStatus.FIXED)
    unread = [
        Unread(declared("eu-1").ref, Cause.SERVER_ERROR, "503 Service Unavailable after 4 tries", "/v1/x", LINE),
        Unread(declared("eu-2").ref, Cause.FORBIDDEN, "403 Forbidden", "/v1/gateway/groups/id-eu-2", LINE),
    ]
    return assemble(
        findings=findings,
        unread=unread,
        groups=[
            GroupEntry(acme.ref, Status.DRIFT, LINE),
            GroupEntry(prod.ref, Status.DRIFT, Location("desired/acme.yaml", 20, 3), parent=acme.ref),
            GroupEntry(declared("gone").ref, Status.MISSING, Location("desired/acme.yaml", 40, 3)),
            GroupEntry(declared("globex").ref, Status.ACCEPTED, Location("desired/acme.yaml", 60, 3)),
            GroupEntry(declared("initech").ref, Status.IN_SYNC, Location("desired/initech.yaml", 2, 5)),
            *(GroupEntry(entry.group, Status.UNREAD, entry.source) for entry in unread),
            GroupEntry(live("shadow", name="Shadow IT").ref, Status.UNMANAGED, None, parent=acme.ref),
        ],
        transient=1,
        gate=Gate(),
        api_url="http://127.0.0.1:8080",
        started_at=STARTED,
        finished_at=FINISHED,
        problems=[Problem("V18", Level.WARNING, LINE, "groups[0].models[0]", "this limit can never bind", "lower it")],
        warnings=["the gateway sends a member this version does not know: models[].priority"],
        requests={"get": 3, "list": 1},
        exposure=Exposure("unlimited", "unlimited", Cost("USD", "10821.60", ("org/new",))),
        accepted=[Accepted(known, accepted, expiring=True)],
        lapsed=[
            Lapsed(replace(accepted, group="initech", source=Location("desired/accepted.yaml", 12, 5)), Lapse.UNUSED),
            Lapsed(
                replace(accepted, group="acme", until="2025-12-31", source=Location("desired/accepted.yaml", 20, 5)),
                Lapse.EXPIRED,
            ),
        ],
        base=Base("main", "0123456789abcdef0123456789abcdef01234567", (settled,), ("acme moved from old.yaml",)),
        evidence=Evidence(
            1,
            (EvidenceFile("desired/acme.yaml", "ab" * 32),),
            "fe" * 20,
            git_dirty=False,
            key_prefix="AbCdEfGh",
            digest="cd" * 32,
        ),
    )


def hostile_report(text: str) -> Report:
    """The same text as external id, name, slug, file, reason, message of the server and everything else."""
    place = Location(text, 1, 1)
    slug = f"org/{text}"
    group = declared(text, name=text, models={slug: {TPM: 1_000}, MODEL: {TPM: 5}})
    found = live(text, id=text, name=text + "!", models={slug: {TPM: 2_000}, "new/" + text: {}})
    findings = [
        replace(
            finding,
            source=place,
            message=f"{finding.message}: {text}",
            cause=GroupRef(text, text, text),
            affected=(Affected(GroupRef(text, text, text), 1, None),),
        )
        for finding in (*compare(group, found), unmanaged(live("unmanaged" + text, name=text), group))
    ]
    acceptance = Acceptance(
        text, "name-changed", ModelPath(text), text, text, text, "2026-02-01", 1, Location(text, 2, 2)
    )
    return assemble(
        findings=findings,
        unread=[Unread(GroupRef(None, text + "2", text), Cause.UNREADABLE_RESPONSE, text, "/v1/" + text, place)],
        groups=[
            GroupEntry(found.ref, Status.DRIFT, place),
            GroupEntry(GroupRef(None, text + "2", text), Status.UNREAD, place),
        ],
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1/" + text,
        started_at=STARTED,
        finished_at=FINISHED,
        problems=[Problem("V18", Level.WARNING, place, text, text, text)],
        warnings=[text],
        accepted=[Accepted(replace(findings[0], group=GroupRef("other", "other", text)), acceptance)],
        lapsed=[Lapsed(acceptance, Lapse.MOVED)],
        shard=text,
        base=Base(text, None, (), (text,)),
    )


def all_hostile_texts() -> Report:
    """The hostile reports of all texts as one; run, base and address are those of the first."""
    reports = [hostile_report(text) for text in HOSTILE.values()]
    together: dict[str, object] = {
        member: tuple(item for report in reports for item in getattr(report, member))
        for member in ("findings", "unread", "groups", "problems", "warnings", "accepted", "lapsed")
    }
    return replace(reports[0], **together)


def large_report(findings: int) -> Report:
    """So many findings, one for each of as many groups, a fifth of them of each of five rules."""
    groups: list[GroupEntry] = []
    found: list[Finding] = []
    for number in range(findings):
        name = f"group-{number:06}"
        wanted = declared(name, name=name, models={MODEL: {TPM: 1_000, TPD: 10}}, line=10 * number + 1)
        match number % 5:
            case 0:
                other = live(name, name=name, models={MODEL: {TPM: 1_500, TPD: 10}})
            case 1:
                other = live(name, name=name, models={MODEL: {TPM: 1_000}})
            case 2:
                other = live(name, name=name + "!", models={MODEL: {TPM: 1_000, TPD: 10}})
            case 3:
                other = live(name, name=name, models={})
            case _:
                other = live(name, name=name, models={MODEL: {TPM: 1_000, TPD: 0}})
        found += compare(wanted, other)
        groups.append(GroupEntry(other.ref, Status.DRIFT, wanted.positions.field("group")))
    return assemble(
        findings=found,
        unread=(),
        groups=groups,
        transient=0,
        gate=Gate(),
        api_url="http://127.0.0.1",
        started_at=STARTED,
        finished_at=FINISHED,
    )
