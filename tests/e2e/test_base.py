"""Base, declaration and live: whose doing is a difference? Real git repositories, the real command."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.conftest import Drift, Sandbox, SandboxFactory

FILE = "desired/groups.yaml"


def group(external_entity_id: str, tokens: int | None = 1_000, **more: object) -> dict[str, object]:
    limits = [] if tokens is None else [{"type": "TOKEN", "unit": "MINUTE", "threshold": tokens}]
    models = [{"slug": "org/model", "rate_limits": limits}]
    return {"metadata": {"external_entity_id": external_entity_id}, "models": models, **more}


def two_limits(tokens: int, requests: int) -> dict[str, object]:
    limits = [("TOKEN", tokens), ("REQUEST", requests)]
    rates = [{"type": type_, "unit": "MINUTE", "threshold": threshold} for type_, threshold in limits]
    return {**group("acme"), "models": [{"slug": "org/model", "rate_limits": rates}]}


def named(external_entity_id: str, name: str) -> dict[str, object]:
    return {"metadata": {"external_entity_id": external_entity_id, "name": name}}


def document(*groups: dict[str, object], **more: object) -> str:
    """JSON is YAML."""
    return json.dumps({"version": 1, **more, "groups": list(groups)})


class Repository:
    """A git repository in the directory in which the command runs."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments],  # noqa: S607 - whichever git the machine has
            cwd=self.top,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        for file, text in files.items():
            (self.top / file).parent.mkdir(parents=True, exist_ok=True)
            (self.top / file).write_text(text)

    def commit(self, files: Mapping[str, str]) -> str:
        """Commit exactly these files."""
        self.git("rm", "-rq", "--ignore-unmatch", "--", ".")
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(drift: Drift) -> Repository:
    return Repository(drift.directory)


def check(drift: Drift, live: Sandbox, base: str, *more: str) -> tuple[int, dict[str, object]]:
    run = drift("check", "desired", "--api-url", live.url, "--base", base, "--output", "json", *more)
    return run.code, json.loads(run.out)


def statuses(report: Mapping[str, object]) -> list[str]:
    """``group rule status`` of findings and of what is settled."""
    base = report["base"]
    assert isinstance(base, dict)
    findings = report["findings"]
    assert isinstance(findings, list)
    return sorted(
        f"{finding['group']['external_entity_id']} {finding['rule']} {finding['status']}"
        for finding in (*findings, *base["settled"])
    )


class Scenario(NamedTuple):
    """What base, head and live say; live begins as ``live`` declares."""

    base: str
    head: str
    live: str
    found: list[str]
    code: int = 0
    unmanaged: bool = False


A, B, C = (document(group("acme", tokens)) for tokens in (1_000, 2_000, 3_000))
SCENARIOS = {
    "nothing changed and nothing drifted": Scenario(A, A, A, []),
    "a limit is changed": Scenario(A, B, A, ["acme limit-lowered introduced"]),
    "live had drifted before": Scenario(A, A, B, ["acme limit-raised pre-existing"]),
    "drift is adopted": Scenario(A, B, B, ["acme limit-raised fixed"]),
    "drift of one limit is adopted while another one drifts": Scenario(
        document(two_limits(1_000, 10)),
        document(two_limits(2_000, 10)),
        document(two_limits(2_000, 20)),
        ["acme limit-raised fixed", "acme limit-raised pre-existing"],
    ),
    "both moved, differently": Scenario(A, B, C, ["acme limit-raised conflicting"], code=2),
    "a limit is added": Scenario(
        document(group("acme", None)), B, document(group("acme", None)), ["acme limit-removed introduced"]
    ),
    "a limit is added that live had already": Scenario(document(group("acme", None)), B, B, ["acme limit-added fixed"]),
    "a limit is removed": Scenario(A, document(group("acme", None)), A, ["acme limit-added introduced"]),
    "a group is added": Scenario(A, document(group("acme"), group("new")), A, ["new group-missing introduced"]),
    "a group is declared that was live already": Scenario(
        A,
        document(group("acme"), group("new")),
        document(group("acme"), group("new")),
        ["new group-unmanaged already-applied"],
    ),
    "a group is declared otherwise than it is live": Scenario(
        A,
        document(group("acme"), group("new", 5)),
        document(group("acme"), group("new")),
        ["new limit-raised introduced"],
    ),
    "a group is no longer declared": Scenario(
        document(group("acme"), group("old")),
        A,
        document(group("acme"), group("old")),
        ["old group-unmanaged introduced"],
        unmanaged=True,
    ),
    "a stranger was there before": Scenario(
        A, A, document(group("acme"), group("odd")), ["odd group-unmanaged pre-existing"], unmanaged=True
    ),
    "a group had been deleted before": Scenario(A, B, document(group("else")), ["acme group-missing pre-existing"]),
    "a name comes under management": Scenario(
        A, document(group("acme") | named("acme", "Acme")), A, ["acme name-changed introduced"]
    ),
    "one limit of each kind": Scenario(
        document(group("a"), group("b"), group("c")),
        document(group("a", 2), group("b"), group("c", 2)),
        document(group("a"), group("b", 3), group("c", 3)),
        ["a limit-raised introduced", "b limit-lowered pre-existing", "c limit-raised conflicting"],
        code=2,
    ),
    "a unit is changed": Scenario(
        A,
        A.replace("MINUTE", "SECOND"),
        A,
        ["acme limit-unit-changed introduced"],
    ),
    "a model is added in conflict with live": Scenario(
        document({**group("acme"), "models": []}), A, B, ["acme limit-raised conflicting"], code=2
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_each_difference_has_the_status_that_it_deserves(
    drift: Drift, sandbox: SandboxFactory, repository: Repository, tmp_path: Path, scenario: Scenario
) -> None:
    commit = repository.commit({FILE: scenario.base})
    repository.write({FILE: scenario.head})
    (tmp_path / "live.json").write_text(scenario.live)

    code, report = check(
        drift, sandbox(tmp_path / "live.json"), "main", *(["--unmanaged"] if scenario.unmanaged else [])
    )

    assert statuses(report) == scenario.found
    assert code == scenario.code
    base = report["base"]
    assert isinstance(base, dict)
    assert (base["name"], base["commit"]) == ("main", commit)


@pytest.fixture
def live(sandbox: SandboxFactory, tmp_path: Path) -> Callable[[str], Sandbox]:
    def serve(text: str) -> Sandbox:
        (tmp_path / "live.json").write_text(text)
        return sandbox(tmp_path / "live.json")

    return serve


def notes(report: Mapping[str, object]) -> list[str]:
    base = report["base"]
    assert isinstance(base, dict)
    found: list[str] = base["notes"]
    return found


def test_a_directory_and_a_report_can_be_the_base(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.write({"old/groups.yaml": A, FILE: B})
    served = live(C)
    drift("check", "old", "--api-url", served.url, "--output", "json=base.json")

    for base in ("old", "old/groups.yaml"):
        code, report = check(drift, served, base)
        assert (statuses(report), code) == (["acme limit-raised conflicting"], 2), base
    # What was declared is another value, and live is as it was: what this declaration changes.
    code, report = check(drift, served, "base.json")
    assert (statuses(report), code) == (["acme limit-raised introduced"], 0)


def test_a_merge_commit_is_compared_with_the_branch_it_goes_to(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.commit({"desired/a.yaml": document(group("a")), "desired/b.yaml": document(group("b"))})
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit({"desired/a.yaml": document(group("a", 2)), "desired/b.yaml": document(group("b"))})
    repository.git("checkout", "-q", "main")
    repository.commit({"desired/a.yaml": document(group("a")), "desired/b.yaml": document(group("b", 3))})
    repository.git("checkout", "-q", "topic")
    served = live(document(group("a"), group("b")))

    behind = statuses(check(drift, served, "main")[1])
    since = statuses(check(drift, served, "main...")[1])
    repository.git("merge", "-q", "--no-edit", "main")
    merged = statuses(check(drift, served, "main")[1])

    assert since == ["a limit-raised introduced"]
    assert behind == ["a limit-raised introduced", "b limit-raised fixed"]
    assert merged == ["a limit-raised introduced", "b limit-raised pre-existing"]


def test_a_renamed_file_is_one_line(drift: Drift, live: Callable[[str], Sandbox], repository: Repository) -> None:
    many = document(*(group(f"g{number}") for number in range(40)))
    repository.commit({"desired/old.yaml": many})
    repository.git("mv", "desired/old.yaml", "desired/new.yaml")

    code, report = check(drift, live(many), "main")

    assert (code, statuses(report)) == (0, [])
    assert notes(report) == ["40 groups moved from desired/old.yaml to desired/new.yaml: g0, g1, g2 and 37 more"]


def test_the_edit_of_a_profile_is_one_line(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    def gold(tokens: int) -> str:
        limits = {"gold": {"rate_limits": [{"type": "TOKEN", "unit": "MINUTE", "threshold": tokens}]}}
        model = {"slug": "org/model", "profile": "gold"}
        groups = [{**group(f"g{number}"), "models": [model]} for number in range(500)]
        return document(*groups, profiles=limits)

    repository.commit({FILE: gold(1_000)})
    repository.write({FILE: gold(1_500)})

    code, report = check(drift, live(gold(1_000)), "main")

    assert (code, set(statuses(report))) == (0, {f"g{number} limit-lowered introduced" for number in range(500)})
    assert notes(report) == ["profile gold: TOKEN/MINUTE 1,000 -> 1,500 (+50 %), in 500 models of groups that use it"]


def test_a_group_under_another_name_is_told(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.commit({FILE: document(group("old", id="grp1"))})
    repository.write({FILE: document(group("new", id="grp1"))})

    _, report = check(drift, live(document(group("new"))), "main")

    assert notes(report) == ["old is now declared as new, with the same id"]


def test_neither_working_tree_nor_index_is_touched(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.commit({FILE: A})
    repository.write({FILE: B, "desired/untracked.yaml": document(group("new"))})
    repository.git("add", FILE)
    served = live(A)
    before = (repository.git("status", "--porcelain"), (repository.top / ".git" / "index").read_bytes())

    check(drift, served, "main")

    assert (repository.git("status", "--porcelain"), (repository.top / ".git" / "index").read_bytes()) == before


def test_what_did_not_exist_at_the_base_is_new(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.commit({"README.md": "hello"})
    repository.write({FILE: B})

    code, report = check(drift, live(A), "main")

    assert (code, statuses(report)) == (0, ["acme limit-lowered introduced"])


def test_hidden_files_and_links_declare_nothing_at_the_base_either(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    (repository.top / "desired").mkdir(exist_ok=True)
    (repository.top / "desired" / "link.yaml").symlink_to("groups.yaml")
    repository.commit({FILE: A, "desired/.groups.yaml.swp.yaml": "[]", "desired/.old/groups.yaml": "[]"})
    repository.write({FILE: B})

    assert statuses(check(drift, live(A), "main")[1]) == ["acme limit-lowered introduced"]


def test_any_drift_may_fail_a_pull_request_too(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    repository.commit({FILE: A})

    assert check(drift, live(B), "main", "--fail-on", "drift")[0] == 2


def test_a_shallow_clone_is_named_as_the_reason(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    old = repository.commit({FILE: A})
    repository.commit({FILE: B})
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.top}", "clone")

    run = drift("check", "clone/desired", "--api-url", live(A).url, "--base", old)

    assert (run.code, run.out) == (4, "")
    assert "this clone is shallow" in run.err


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("nowhere", "git knows no revision 'nowhere' here"),
        ("--output=x", "git knows no revision '--output=x' here"),
        ("live.json", "is not a JSON report"),
        ("broken", "the desired files of --base broken are invalid: broken/a.yaml:1:1"),
        ("invalid", "the desired files of --base invalid are invalid: desired/groups.yaml:1:1"),
    ],
)
def test_a_base_that_cannot_be_had_is_an_error(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository, base: str, message: str
) -> None:
    repository.commit({FILE: "[]"})
    repository.git("tag", "invalid")
    repository.write({FILE: A, "broken/a.yaml": "[]"})

    run = drift("check", "desired", "--api-url", live(A).url, f"--base={base}")

    assert (run.code, run.out) == (4, "")
    assert message in run.err


def test_without_a_repository_there_is_no_revision(drift: Drift, live: Callable[[str], Sandbox]) -> None:
    (drift.directory / "desired").mkdir()
    (drift.directory / FILE).write_text(A)

    run = drift("check", "desired", "--api-url", live(A).url, "--base", "main")

    assert run.code == 4
    assert "desired is in no git repository" in run.err


def test_conflicts_need_a_base(drift: Drift) -> None:
    run = drift("check", "desired", "--fail-on", "conflicting")

    assert run.code == 4
    assert "--fail-on conflicting needs --base" in run.err


def test_what_is_accepted_has_a_status_and_is_not_settled(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    path = ["models", "org/model", "rate_limits", "TOKEN/MINUTE"]
    accepted = {"group": "acme", "path": path, "live": 2_000, "reason": "r", "owner": "o", "until": "2999-12-31"}
    repository.commit({FILE: A})
    repository.write({FILE: document(group("acme", 1_500), accepted=[accepted])})

    code, report = check(drift, live(B), "main")

    assert (code, statuses(report)) == (0, [])
    assert [entry["finding"]["status"] for entry in report["accepted"]] == ["conflicting"]  # type: ignore[attr-defined]


def test_a_shard_settles_only_what_is_its_own(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    names = [f"g{number}" for number in range(8)]
    repository.commit({FILE: document(*map(group, names))})
    repository.write({FILE: document(*(group(name, 2) for name in names))})
    served = live(document(*(group(name, 2) for name in names)))

    for index in (1, 2):
        check(drift, served, "main", "--shard", f"{index}/2", "--output", f"json={index}.json")
    shards = [json.loads((drift.directory / f"{index}.json").read_text())["base"]["settled"] for index in (1, 2)]
    merged = json.loads(drift("render", "1.json", "2.json", "--output", "json").out)

    assert all(shards)
    assert statuses(merged) == [f"{name} limit-lowered fixed" for name in names]


def test_a_group_that_is_declared_by_its_id_is_found_at_the_base(
    drift: Drift, live: Callable[[str], Sandbox], repository: Repository
) -> None:
    def pinned(tokens: int) -> str:
        return document({"id": "grp1", "models": group("x", tokens)["models"]})

    repository.commit({FILE: pinned(1_000)})
    repository.write({FILE: pinned(2_000)})

    assert statuses(check(drift, live(A), "main")[1]) == ["acme limit-lowered introduced"]
    assert statuses(check(drift, live(C), "main")[1]) == ["acme limit-raised conflicting"]
