"""``drift export`` through the real command: what it writes, a check finds in sync at once."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from drift.sandbox.wire import GROUPS_PATH
from tests.e2e.conftest import EXAMPLE, Drift, Meanwhile, Sandbox, SandboxFactory


def contents(directory: Path) -> Mapping[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def model(slug: str, threshold: int, unit: str = "MINUTE") -> dict[str, object]:
    return {"slug": slug, "rate_limits": [{"type": "TOKEN", "unit": unit, "threshold": threshold}]}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the worked example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "desired"))


def edited(path: Path, *changes: tuple[str, str]) -> bytes:
    """What the file must be after these replacements, each of a text that it has exactly once."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text.encode()


def assert_in_sync(drift: Drift, live: Sandbox, path: Path) -> None:
    check = drift("check", path, "--unmanaged", "--api-url", live.url)
    assert check.code == 0, check.out + check.err
    assert check.out.startswith("in-sync: nothing differs\n")


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ((), ["acme.yaml", "globex.yaml", "initech.yaml"]),
        (("--layout", "single"), ["groups.yaml"]),
        (("--layout", "single", "--profiles"), ["groups.yaml"]),
        (("--profiles",), ["acme.yaml", "globex.yaml", "initech.yaml", "profiles.yaml"]),
        (
            ("--layout", "per-group", "--pin-ids"),
            [
                "acme-prod.yaml",
                "acme-staging.yaml",
                "acme.yaml",
                "globex-research.yaml",
                "globex-support.yaml",
                "globex.yaml",
                "initech-lab.yaml",
                "initech.yaml",
            ],
        ),
    ],
)
def test_a_workspace_is_adopted_and_adopting_it_again_changes_nothing(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path, options: tuple[str, ...], files: list[str]
) -> None:
    live = sandbox()
    target = tmp_path / "desired"

    run = drift("export", *options, "--api-url", live.url)

    assert (run.code, run.err) == (0, "")
    assert "8 groups declared, 8 of them new\n" in run.out
    written = contents(target)
    assert list(written) == files
    assert_in_sync(drift, live, target)

    assert drift("export", *options, "--dry-run", "--api-url", live.url).out == ""
    again = drift("export", *options, "--api-url", live.url)
    assert (again.code, again.out) == (0, "8 declared groups in desired: nothing to write\n")
    assert contents(target) == written


def test_what_is_written_looks_like_the_worked_example(drift: Drift, sandbox: SandboxFactory, tmp_path: Path) -> None:
    drift("export", "--select", "globex*", "--api-url", sandbox().url)

    written = (tmp_path / "desired" / "globex.yaml").read_text(encoding="utf-8")
    assert written.partition("version: 1\n")[2] == (EXAMPLE / "globex.yaml").read_text().partition("version: 1\n")[2]


def test_files_that_agree_with_live_are_not_touched(drift: Drift, sandbox: SandboxFactory, example: Path) -> None:
    before = contents(example)

    run = drift("export", "--api-url", sandbox().url)

    assert (run.code, run.out) == (0, "8 declared groups in desired: nothing to write\n")
    assert contents(example) == before


def test_a_declared_value_that_differs_from_live_is_a_conflict_and_stays(
    drift: Drift, sandbox: SandboxFactory, example: Path
) -> None:
    live = sandbox()
    live.patch("globex-support", metadata={"name": "Somebody else"})
    live.create("newcomer", models=[model("o/m", 5)])
    before = contents(example)

    run = drift("export", "--api-url", live.url)

    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "desired/globex.yaml:27:52: conflict: globex-support: "
        'name "Globex Support" -> "Somebody else"\n'
        "error: 1 difference between the files and live; nothing was written\n"
        "  hint: --force takes over what is live; --unmanaged-only adds new groups and leaves these alone\n"
    )
    assert contents(example) == before


def test_force_changes_the_line_that_differs_and_no_other(drift: Drift, sandbox: SandboxFactory, example: Path) -> None:
    live = sandbox()
    live.patch("globex-support", metadata={"name": "no"})
    wanted = edited(example / "globex.yaml", ("name: Globex Support", 'name: "no"'))
    others = {name: text for name, text in contents(example).items() if name != "globex.yaml"}

    preview = drift("export", "--force", "--dry-run", "--api-url", live.url)
    run = drift("export", "--force", "--api-url", live.url)

    assert (preview.code, run.code) == (0, 0)
    changed = [line for line in preview.out.splitlines() if re.match(r"[-+](?![-+])", line)]
    assert changed == [
        "-  - metadata: {external_entity_id: globex-support, name: Globex Support}",
        '+  - metadata: {external_entity_id: globex-support, name: "no"}',
    ]
    assert contents(example) == {**others, "globex.yaml": wanted}
    assert_in_sync(drift, live, example)


def test_limits_models_and_groups_come_and_go(drift: Drift, sandbox: SandboxFactory, example: Path) -> None:
    live = sandbox()
    live.patch(
        "acme-prod",
        models=[
            {
                "slug": "northwind/chat-large",
                "rate_limits": [
                    {"type": "TOKEN", "unit": "SECOND", "threshold": 3_000_000},
                    {"type": "REQUEST", "unit": "SECOND", "threshold": 41},
                ],
                "usage_limits": [{"type": "TOKEN", "unit": "DAY", "threshold": 7}],
            },
            model("northwind/a-new-one", 1_000),
        ],
    )
    live.patch("acme-staging", models=[{"slug": "northwind/chat-small"}])
    live.delete("globex-support")
    live.create("acme-lab", models=[model("o/m", 5)], parent_group_id=live.id_of("acme"))
    wanted = edited(
        example / "acme.yaml",
        ("{type: TOKEN, unit: MINUTE, threshold: 3_000_000}", "{type: TOKEN, unit: SECOND, threshold: 3_000_000}"),
        (
            """\
threshold: 40}
      - slug: northwind/embed
        rate_limits:
          - {type: REQUEST, unit: MINUTE, threshold: 6_000}
""",
            """\
threshold: 41}
        usage_limits: [{type: TOKEN, unit: DAY, threshold: 7}]
      - slug: northwind/a-new-one
        rate_limits:
          - {type: TOKEN, unit: MINUTE, threshold: 1_000}
""",
        ),
        (
            "{slug: northwind/chat-small, profile: trial}",
            "{slug: northwind/chat-small, profile: trial, rate_limits: [], usage_limits: []}",
        ),
        (
            """\
          - {type: REQUEST, unit: MINUTE, threshold: 3_000}
""",
            """\
          - {type: REQUEST, unit: MINUTE, threshold: 3_000}

  - metadata: {external_entity_id: acme-lab, name: null}
    hierarchy: {parent: acme}
    models:
      - slug: o/m
        rate_limits:
          - {type: TOKEN, unit: MINUTE, threshold: 5}
""",
        ),
    )

    run = drift("export", "--force", "--api-url", live.url)

    assert run.code == 0, run.err
    assert (example / "acme.yaml").read_bytes() == wanted
    assert b"globex-support" not in (example / "globex.yaml").read_bytes()
    assert_in_sync(drift, live, example)


def test_unmanaged_only_adds_what_nobody_declares_and_leaves_conflicts_alone(
    drift: Drift, sandbox: SandboxFactory, example: Path
) -> None:
    live = sandbox()
    live.patch("acme", metadata={"name": "Renamed"})
    live.create("acme-lab", models=[model("o/m", 5)], parent_group_id=live.id_of("acme-prod"))
    live.create("newcomer", models=[model("o/m", 5)])
    before = contents(example)

    run = drift("export", "--unmanaged-only", "--api-url", live.url)

    assert (run.code, run.err) == (0, "")
    after = contents(example)
    assert set(after) - set(before) == {"newcomer.yaml"}
    assert {name for name in before if before[name] != after[name]} == {"acme.yaml"}
    assert b"name: Acme}" in after["acme.yaml"]
    assert drift("check", example, "--unmanaged", "--api-url", live.url).out.count("name-changed") == 1
    assert drift("export", "--unmanaged-only", "--dry-run", "--api-url", live.url).out == ""


def test_a_part_of_the_workspace_is_selected_by_pattern_or_subtree(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path
) -> None:
    live = sandbox()

    drift("export", "a", "--select", "acme-*", "--select", "!*-staging", "--api-url", live.url)
    drift("export", "b", "--below", "globex", "--layout", "per-group", "--api-url", live.url)

    assert (
        "hierarchy: {parent_group_id: grp1, limit_enforcement: INDEPENDENT}" in (tmp_path / "a/acme.yaml").read_text()
    )
    assert list(contents(tmp_path / "b")) == ["globex-research.yaml", "globex-support.yaml", "globex.yaml"]
    assert drift("check", "a", "b", "--api-url", live.url).code == 0

    unknown = drift("export", "c", "--below", "globx", "--api-url", live.url)
    assert unknown.code == 4
    assert "did you mean `globex`?" in unknown.err
    nothing = drift("export", "c", "--select", "globx*", "--api-url", live.url)
    assert (nothing.code, nothing.err.splitlines()[0]) == (4, "error: --select matches no group")
    assert not (tmp_path / "c").exists()


def test_one_file_can_take_everything(drift: Drift, sandbox: SandboxFactory, tmp_path: Path) -> None:
    live = sandbox()
    (tmp_path / "mine.yaml").write_text("version: 1\nprofiles: {}\ngroups: []  # none yet\n")

    assert drift("export", "mine.yaml", "--profiles", "--api-url", live.url).code == 0

    assert_in_sync(drift, live, tmp_path / "mine.yaml")
    assert "# none yet\n" in (tmp_path / "mine.yaml").read_text()
    refused = drift("export", "mine.yaml", "--layout", "per-root", "--api-url", live.url)
    assert refused.code == 4
    assert "mine.yaml is one file" in refused.err


@pytest.mark.parametrize("fault", ["500:from=1", "threshold=NaN:times=1", "401", "pages=1,302:from=2"])
def test_half_a_reading_writes_nothing(drift: Drift, sandbox: SandboxFactory, tmp_path: Path, fault: str) -> None:
    live = sandbox(faults=fault.split(","))

    run = drift("export", "--timeout", "2s", "--api-url", live.url)

    assert run.code == (5 if fault == "401" else 3)
    assert "nothing was written" in run.err
    assert not (tmp_path / "desired").exists()


def test_what_is_unread_does_not_matter_where_it_is_not_selected(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path
) -> None:
    live = sandbox(faults=["threshold=NaN"])  # groups without limits stay readable
    live.create("bare", models=[{"slug": "o/m"}])

    refused = drift("export", "--select", "bare", "--select", "acme", "--api-url", live.url)
    run = drift("export", "--select", "bare", "--api-url", live.url)

    assert refused.code == 3
    assert "  acme of the list\nerror: 1 group could not be read; nothing was written\n" in refused.err
    assert run.code == 0
    assert "note: 8 groups could not be read, and none of them is selected\n" in run.err
    assert list(contents(tmp_path)) == ["desired/bare.yaml"]


def test_the_files_of_another_workspace_are_left_alone(
    drift: Drift, sandbox: SandboxFactory, example: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.yaml").write_text("version: 1\ngroups:\n  - metadata: {external_entity_id: x}\n")
    before = contents(example)

    run = drift("export", "--force", "--api-url", sandbox(tmp_path / "other.yaml").url)

    assert run.code == 3
    assert "is the API key of their workspace?" in run.err
    assert contents(example) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("-", "standard output"),
        ("/dev/null", "neither a directory nor a file"),
        ("plain.txt/desired", "is not a directory"),
        ("broken.yaml", "broken.yaml:1:1: error[V00]"),
    ],
)
def test_places_that_cannot_be_used_are_refused(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path, path: str, message: str
) -> None:
    (tmp_path / "plain.txt").write_text("x")
    (tmp_path / "broken.yaml").write_text("")

    run = drift("export", path, "--api-url", sandbox().url)

    assert run.code == 4
    assert message in run.err


def test_an_interrupt_while_reading_leaves_nothing_behind(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path
) -> None:
    live = sandbox(faults=["latency=30s"])
    process = subprocess.Popen(
        [sys.executable, "-m", "drift", "export", "--api-url", live.url],
        cwd=tmp_path,
        env=drift.environment("sandbox-key"),
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while not live.targets() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert b"interrupted; nothing was written" in err
    assert list(tmp_path.iterdir()) == []


def test_hostile_ids_stay_inside_the_directory_and_a_check_is_in_sync(
    drift: Drift, sandbox: SandboxFactory, tmp_path: Path
) -> None:
    live = sandbox()
    names = [
        "../../etc/passwd",
        "CON",
        "con",
        "Acme",
        "ACME",
        ".hidden",
        "a/b",
        "profiles",
        "x" * 255,
        "no",
        "~",
        "a\nb",
    ]
    for name in names:
        live.create(name, models=[model("o/m", 5)])

    run = drift("export", "--layout", "per-group", "--profiles", "--api-url", live.url)

    assert run.code == 0, run.err
    written = list(contents(tmp_path))
    assert len(written) == 8 + len(names) + 1
    assert len({name.casefold() for name in written}) == len(written)
    assert all(re.fullmatch(r"desired/[a-z0-9][a-z0-9._-]{0,89}\.yaml", name) for name in written)
    assert_in_sync(drift, live, tmp_path / "desired")


def test_a_file_that_somebody_edits_meanwhile_is_not_overwritten(
    drift: Drift, sandbox: SandboxFactory, example: Path
) -> None:
    def edit(_: Sandbox) -> None:
        (example / "globex.yaml").write_text("# mine\n" + (example / "globex.yaml").read_text())

    live = sandbox(faults=[Meanwhile(edit, GROUPS_PATH)])
    live.patch("globex", metadata={"name": "G"})
    live.patch("acme", metadata={"name": "A"})
    acme = (example / "acme.yaml").read_bytes()

    run = drift("export", "--force", "--api-url", live.url)

    assert run.code == 1
    assert "globex.yaml changed during the export; nothing was written" in run.err
    assert (example / "globex.yaml").read_text().startswith("# mine\n")
    assert (example / "acme.yaml").read_bytes() == acme


def test_a_link_stays_a_link_and_permissions_stay(drift: Drift, sandbox: SandboxFactory, example: Path) -> None:
    elsewhere = example.parent / "kept.yaml"
    (example / "globex.yaml").rename(elsewhere)
    elsewhere.chmod(0o640)
    (example / "globex.yaml").symlink_to(elsewhere)
    live = sandbox()
    live.patch("globex", metadata={"name": "G"})

    assert drift("export", "--force", "--api-url", live.url).code == 0

    assert (example / "globex.yaml").is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o640
    assert b"name: G}" in elsewhere.read_bytes()


def _one_of_a_thousand(number: int) -> str:
    """Trees of ten, their root's pool a little larger than what the others may use."""
    hierarchy = f"parent: g{number // 10 * 10}" if number % 10 else "limit_enforcement: CASCADING"
    threshold = 900 - number % 7 if number % 10 else 900
    return (
        f"  - metadata: {{external_entity_id: g{number}}}\n    hierarchy: {{{hierarchy}}}\n"
        f"    models: [{{slug: o/m, rate_limits: [{{type: TOKEN, unit: MINUTE, threshold: {threshold}}}]}}]\n"
    )


def test_a_thousand_groups(drift: Drift, sandbox: SandboxFactory, tmp_path: Path) -> None:
    source = tmp_path / "source.yaml"
    source.write_text("version: 1\ngroups:\n" + "".join(map(_one_of_a_thousand, range(1000))))
    live = sandbox(source)

    assert drift("export", "--profiles", "--api-url", live.url).code == 0

    assert len(contents(tmp_path / "desired")) == 101
    assert_in_sync(drift, live, tmp_path / "desired")
    assert drift("export", "--profiles", "--dry-run", "--api-url", live.url).out == ""
