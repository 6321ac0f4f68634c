"""Acceptances are added to a file, and nothing else in it moves."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drift.desired import load_desired
from drift.errors import Location, SettingsError
from drift.export.acceptances import append_accepted
from drift.model.paths import ModelPath
from drift.report.acceptance import Acceptance
from tests.hostile import HOSTILE

ACCEPTANCE = Acceptance(
    "globex", "limit-raised", ModelPath("o/m"), 5, "because", "ops", "2027-01-31", 1, Location("a.yaml", 1, 1)
)
COMMENTED = """\
version: 1
accepted:
    - group: g  # why
      rule: model-added
      live: 1
      reason: r
      owner: o
      until: 2027-01-01  # soon

# the groups
groups: []
"""


def added(text: str, *acceptances: Acceptance) -> str:
    return append_accepted(text, acceptances or (ACCEPTANCE,), file="a.yaml").text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "version: 1\n",
        "version: 1",
        "version: 1\naccepted: []\n",
        "version: 1\naccepted:\n",
        "version: 1\naccepted: []  # none so far\ngroups: []\n",
        "version: 1\naccepted:\n- {group: g, rule: model-added, live: 1, reason: r, owner: o, until: 2027-01-01}\n",
        COMMENTED,
        "# head\nversion: 1\n\ngroups:\n  - metadata: {external_entity_id: 'x'}   # odd   spacing\n\n\n# tail\n",
        "version: 1\r\ngroups: []\r\n",
        "version: 1\ngroups: []\n# the end, without a line end",
        "version: 1\naccepted: &none []\ngroups: []\n",
    ],
)
def test_every_other_line_stays(tmp_path: Path, text: str) -> None:
    result = added(text)

    remaining = iter(result.splitlines())
    kept = [line.removesuffix(" []").replace(" []  #", "  #") for line in text.splitlines() if line]
    assert all(any(line.startswith(wanted.rstrip()) for line in remaining) for wanted in kept)
    assert result.count("\r\n") in {0, result.count("\n")}
    (tmp_path / "a.yaml").write_text(result, newline="")
    accepted = load_desired([tmp_path], ignore=["V23"]).accepted
    assert [entry.group for entry in accepted][-1] == "globex"
    assert replace(accepted[-1], source=ACCEPTANCE.source) == ACCEPTANCE


OTHER = "{group: g, rule: model-added, live: 1, reason: r, owner: o, until: 2027-01-01}"


@pytest.mark.parametrize(
    "text", ["{version: 1}", "{version: 1, accepted: []}\n", f"version: 1\naccepted: [ {OTHER}]\n"]
)
def test_a_list_in_brackets_stays_in_brackets(tmp_path: Path, text: str) -> None:
    result = added(text)

    assert result.splitlines()[-1].startswith(text.splitlines()[-1].rstrip("]}"))
    assert result.count("\n") == text.count("\n")
    (tmp_path / "a.yaml").write_text(result)
    assert replace(load_desired([tmp_path], ignore=["V23"]).accepted[-1], source=ACCEPTANCE.source) == ACCEPTANCE
    assert added(result, replace(ACCEPTANCE, live=6)) == result.replace("live: 5", "live: 6")


def test_an_entry_of_the_same_difference_is_renewed() -> None:
    before = added("version: 1\n", ACCEPTANCE, replace(ACCEPTANCE, group="other"))

    after = append_accepted(before, [replace(ACCEPTANCE, live=6)], file="a.yaml")

    assert after.renewed == 1
    assert after.text == before.replace("live: 5", "live: 6", 1)


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "version: 1\naccepted: {group: g}\n",
        "version: 1\naccepted: 5\n",
        "x: &a [1]\naccepted:\n  - *a\n",
        "a: [\n",
        "a: 1\n---\nb: 2\n",
    ],
)
def test_what_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        added(text)


@given(st.lists(st.sampled_from(sorted(HOSTILE.values())) | st.text(min_size=1), min_size=3, max_size=3), st.data())
def test_any_text_survives(texts: list[str], data: st.DataObject) -> None:
    group, reason, step = (text.encode("utf-8", "replace").decode() for text in texts)
    live = data.draw(st.none() | st.integers(0, 10**18) | st.just(step) | st.just({"slug": group, "rate_limits": []}))
    hostile = replace(ACCEPTANCE, group=group, reason=reason, path=ModelPath(step), live=live)

    result = added("version: 1\naccepted: []\n", hostile)

    (entry,) = yaml.safe_load(result)["accepted"]
    assert (entry["group"], entry["reason"], entry["path"], entry["live"]) == (group, reason, ["models", step], live)
