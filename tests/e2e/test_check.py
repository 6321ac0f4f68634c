"""The main job, as a user runs it."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from drift.render.json import schema
from tests.e2e.conftest import EXAMPLE, PATIENCE, Drift, SandboxFactory

ACME = """\
version: 1
groups:
  - metadata: {external_entity_id: acme, name: Acme}
    models:
      - slug: org/model
        rate_limits:
          - {type: TOKEN, unit: MINUTE, threshold: 1_000}
  - metadata: {external_entity_id: globex}
    models: [{slug: org/model}]
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(ACME)
    return path


def limit(threshold: int) -> list[object]:
    return [{"slug": "org/model", "rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": threshold}]}]


def test_a_freshly_seeded_workspace_is_in_sync(drift: Drift, sandbox: SandboxFactory) -> None:
    run = drift("check", EXAMPLE, "--api-url", sandbox().url)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("in-sync: nothing differs\n  8 declared groups: 8 in sync")


def test_one_update_is_named_with_line_direction_and_size(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.patch("acme", models=limit(1500))

    run = drift("check", acme.name, "--api-url", live.url)

    assert run.code == 2
    assert "acme.yaml:7:13: medium limit-raised [permissive]\n" in run.out
    assert "org/model TOKEN/MINUTE: 1,000 -> 1,500 (+50 %)\n" in run.out
    assert run.out.endswith("exit code 2 (fail on drift)\n")


def test_nothing_but_get_is_ever_sent(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.patch("acme", models=[])
    live.delete("globex")

    assert drift("check", acme, "--api-url", live.url, "--unmanaged").code == 2
    assert {target.split()[0] for target in live.targets()} == {"GET"}


def test_a_gateway_that_is_gone_is_incomplete_never_in_sync(drift: Drift, acme: Path) -> None:
    run = drift("check", acme, "--api-url", "http://127.0.0.1:9", "--timeout", "2s")

    assert run.code == 3
    assert "unread: unreachable (2 groups)" in run.out
    assert run.out.splitlines()[-4].startswith("incomplete: nothing differs in what could be read")


def test_a_wrong_key_is_an_authentication_failure(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    run = drift("check", acme, "--api-url", live.url, key="not-the-key")

    assert run.code == 5
    assert "unread: unauthorized (2 groups)" in run.out
    assert len(live.targets()) <= 2, "a refused key is not tried again and again"


def test_no_key_is_a_usage_error_that_says_how_to_give_one(drift: Drift, acme: Path) -> None:
    run = drift("check", acme, key=None)

    assert (run.code, run.out) == (4, "")
    assert "no API key" in run.err
    assert "BASETEN_API_KEY" in run.err


def test_the_key_may_come_from_a_file(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    (drift.directory / "key").write_text("sandbox-key\n")

    assert drift("check", acme, "--api-url", sandbox(acme).url, "--api-key-file", "key", key=None).code == 0


def test_the_older_scheme_works_too(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    assert drift("check", acme, "--api-url", sandbox(acme).url, "--auth-scheme", "api-key").code == 0


def test_broken_files_are_told_before_any_request(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    acme.write_text(ACME.replace("threshold: 1_000", 'threshold: "5"').replace("rate_limits", "rate_limit"))

    run = drift("check", acme.name, "--api-url", live.url)

    assert (run.code, run.out, live.targets()) == (4, "", [])
    assert "acme.yaml:6:9: error[V20]" in run.err
    assert "rate_limits" in run.err


@pytest.mark.parametrize(
    "scheme", ["http://example.com", "ftp://127.0.0.1", "https://user:secret@example.com", "nonsense"]
)
def test_an_unsafe_base_url_is_refused(drift: Drift, acme: Path, scheme: str) -> None:
    run = drift("check", acme, "--api-url", scheme)

    assert run.code == 4
    assert "Traceback" not in run.err
    assert "secret" not in run.err


def test_the_base_url_may_come_from_the_environment(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)

    assert drift("check", acme, env={"BASETEN_REMOTE_URL": live.url}).code == 0
    assert drift("check", acme, "--api-url", live.url, env={"BASETEN_REMOTE_URL": "http://127.0.0.1:9"}).code == 0


def test_desired_files_may_come_from_stdin(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.patch("acme", metadata={"name": "Other"})

    run = drift("check", "-", "--api-url", live.url, stdin=ACME.encode())

    assert run.code == 2
    assert "<stdin>:3:" in run.out


@pytest.mark.parametrize(
    ("fail_on", "code"), [("drift", 2), ("permissive", 2), ("restrictive", 0), ("high", 0), ("never", 0)]
)
def test_fail_on_decides_the_code_and_not_the_verdict(
    drift: Drift, sandbox: SandboxFactory, acme: Path, fail_on: str, code: int
) -> None:
    live = sandbox(acme)
    live.patch("acme", models=limit(1001))

    run = drift("check", acme, "--api-url", live.url, "--fail-on", fail_on)

    assert run.code == code
    assert "drift: 1 finding" in run.out
    assert run.out.endswith(f"exit code {code} (fail on {fail_on})\n")


def test_one_run_writes_many_reports(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.patch("acme", models=limit(1))

    run = drift(
        "check",
        acme,
        "--api-url",
        live.url,
        "--output",
        "json=out.json",
        "--output",
        "text=out.txt",
        "--output",
        "json",
    )

    document = json.loads(run.out)
    assert json.loads((drift.directory / "out.json").read_text()) == document
    assert document["exit_code"] == run.code == 2
    assert "limit-lowered" in (drift.directory / "out.txt").read_text()
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert {path.name for path in drift.directory.iterdir()} == {"acme.yaml", "out.json", "out.txt"}


def test_stdout_is_one_json_document_even_when_nothing_worked(drift: Drift, acme: Path) -> None:
    acme.write_text("groups: {")
    invalid = drift("check", acme.name, "--output", "json")
    no_key = drift("check", EXAMPLE, "--output", "json", key=None)

    for run, code in ((invalid, 4), (no_key, 4)):
        document = json.loads(run.out)
        jsonschema.Draft202012Validator(schema()).validate(document)
        assert (run.code, document["exit_code"], document["verdict"]) == (code, code, "incomplete")
        assert document["failure"]["message"]
    assert json.loads(invalid.out)["problems"][0]["location"]["file"] == "acme.yaml"


def test_outputs_that_cannot_be_written_are_told_before_reading(
    drift: Drift, sandbox: SandboxFactory, acme: Path
) -> None:
    live = sandbox(acme)
    for output in ("json=no/such/dir/x.json", "json=."):
        run = drift("check", acme, "--api-url", live.url, "--output", output)
        assert (run.code, live.targets()) == (4, [])
        assert "cannot write" in run.err


def test_two_outputs_cannot_share_stdout(drift: Drift, acme: Path) -> None:
    assert "two outputs want stdout" in drift("check", acme, "--output", "json", "--output", "text").err


def test_quiet_is_the_summary_and_verbose_is_everything(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.patch("acme", metadata={"name": "Other"})

    quiet = drift("check", acme, "--api-url", live.url, "-q").out
    verbose = drift("check", acme, "--api-url", live.url, "-v").out

    assert len(quiet.splitlines()) == 4
    assert "in sync\n" in verbose
    assert "globex" in verbose


def test_unmanaged_groups_are_reported_on_request(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)
    live.create("stray", models=limit(5))

    assert drift("check", acme, "--api-url", live.url).code == 0
    run = drift("check", acme, "--api-url", live.url, "--unmanaged")
    assert run.code == 2
    assert "(not declared): low group-unmanaged [permissive]" in run.out


def test_a_deleted_and_a_recreated_group(drift: Drift, sandbox: SandboxFactory) -> None:
    live = sandbox()
    parent = live.id_of("acme")
    live.delete("acme-prod")
    live.create("acme-prod", models=limit(5), parent_group_id=parent)
    live.delete("initech-lab")

    run = drift("check", EXAMPLE, "--api-url", live.url, "--output", "json")

    rules = {finding["group"]["external_entity_id"]: finding["rule"] for finding in json.loads(run.out)["findings"]}
    assert rules["initech-lab"] == "group-missing"
    assert "group-recreated" in run.out


def test_every_group_missing_suspects_the_key(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    """A key of another workspace must not read as a mass deletion."""
    other = drift.directory / "other.yaml"
    other.write_text(ACME.replace("acme", "umbrella").replace("globex", "hooli"))

    run = drift("check", acme, "--api-url", sandbox(other).url)

    assert run.code == 3
    assert "group-missing" not in run.out
    assert "unread: not-found-anywhere (2 groups)" in run.out


def test_auto_reads_a_workspace_in_as_few_calls_as_it_takes(drift: Drift, sandbox: SandboxFactory) -> None:
    groups = "".join(
        f"  - {{metadata: {{external_entity_id: g{number}}}, models: [{{slug: org/model}}]}}\n"
        for number in range(1000)
    )
    path = drift.directory / "many.yaml"
    path.write_text(f"version: 1\ngroups:\n{groups}")
    live = sandbox(path, faults=["latency=50ms"])

    assert drift("check", path, "--api-url", live.url, "-q").code == 0
    assert len(live.targets()) <= 3

    live.patch("g500", models=[])
    before = len(live.targets())
    assert drift("check", path, "--api-url", live.url, "-q").code == 2
    sweep = [target for target in live.targets()[before:] if "groups?" in target]
    assert len(sweep) <= 3
    assert len(live.targets()) - before <= 4, "one difference costs one confirmation"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_report_marked_incomplete(
    drift: Drift, acme: Path, number: signal.Signals, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [sys.executable, "-m", "drift", "check", acme, "--output", "json"],
            env=drift.environment("sandbox-key", {"BASETEN_REMOTE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        connection, _ = silent.accept()
        connection.recv(1)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        connection.close()

    assert process.returncode == code
    assert json.loads(out)["verdict"] == "incomplete"
    assert b"Traceback" not in err


def test_a_change_that_takes_a_while_to_settle_is_confirmed_later(
    drift: Drift, sandbox: SandboxFactory, acme: Path
) -> None:
    """The budget bounds the wait too: where it does not fit, the differences stay unread."""
    live = sandbox(acme)
    live.patch("acme", models=limit(5))
    check = ("check", acme, "--api-url", live.url)

    assert drift(*check, "--confirm-after", "300ms").code == 2
    assert drift(*check, "--confirm-after", "30s", "--timeout", "1s").code == 3


def test_colour_is_for_terminals_unless_asked_for(drift: Drift, sandbox: SandboxFactory, acme: Path) -> None:
    live = sandbox(acme)

    assert "\x1b" not in drift("check", acme, "--api-url", live.url).out
    assert "\x1b" not in drift("check", acme, "--api-url", live.url, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_where_the_report_goes_to_a_file_stdout_may_be_closed(drift: Drift, sandbox: SandboxFactory) -> None:
    command = [sys.executable, "-m", "drift", "check", str(EXAMPLE), "--api-url", sandbox().url]
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *command, "--output", "json=report.json"]

    done = subprocess.run(closed, cwd=drift.directory, env=Drift.environment("sandbox-key"), check=False)

    assert done.returncode == 0
    assert json.loads((drift.directory / "report.json").read_text())["verdict"] == "in-sync"
