"""The digest: the same drift has the same one."""

from msgspec.structs import replace

from drift.checker.group import compare
from drift.errors import Location
from drift.report.acceptance import Accepted
from drift.report.evidence import digest
from drift.report.finding import Finding
from tests.builders import MODEL, RPM, TPM, declared, live
from tests.unit.report.test_acceptance import ACCEPTANCE, raised


def two() -> tuple[Finding, ...]:
    wanted = declared(models={MODEL: {TPM: 1, RPM: 1}})
    return compare(wanted, live(models={MODEL: {TPM: 2, RPM: 2}}))


def test_order_lines_and_wording_do_not_matter() -> None:
    findings = two()
    elsewhere = [replace(finding, source=Location("b.yaml", 9, 9), message="reworded") for finding in findings[::-1]]

    assert digest(findings, []) == digest(elsewhere, [])


def test_a_value_matters_and_so_does_acceptance() -> None:

    digests = {
        digest([], []),
        digest([raised(1_500)], []),
        digest([raised(1_501)], []),
        digest([], [Accepted(raised(1_500), ACCEPTANCE)]),
        digest(two(), []),
    }

    assert len(digests) == 5
