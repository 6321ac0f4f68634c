r"""The plan as a POSIX shell script that sends it with curl: for a person to review and to run.

Whatever comes from the API or from files is either one line of ASCII JSON in a quoted here-document, or a
single-quoted word of printable ASCII, or a comment of printable ASCII: nothing of it is ever read as shell. The key
comes from the environment and reaches curl through a here-document, so that it is on no command line.
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from shlex import quote

from drift.plan import Plan, Step
from drift.plan.values import Body, State
from drift.render import RenderOptions
from drift.render.plan import ascii_json, by_hand, headline, safety
from drift.render.visible import visible
from drift.render.words import titled

_SCHEMES = {"bearer": "Bearer", "api-key": "Api-Key"}
_OPENING = """\
# shellcheck disable=SC2016,SC1003 # a $ or a quote in a name is nothing but that
set +x # a trace would show the key
set -eu
LC_ALL=C
export LC_ALL
umask 077
"""


def render(plan: Plan, options: RenderOptions) -> str:
    """The script; without a plan, one that says so and fails, lest a pipe into sh pass for a repair."""
    return "".join(f"{line}\n" for line in _lines(plan, options))


def _lines(plan: Plan, options: RenderOptions) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# Written by drift plan of {plan.tool.name} {plan.tool.version}, which never runs it."
    yield from _comments(_about(plan))
    yield _OPENING.rstrip("\n")
    if plan.failure:
        yield _say(headline(plan))
        yield "exit 1"
        return
    if plan.steps:
        yield f"total={len(plan.steps)}"
        yield f"protocol={'https' if plan.steps[0].url.startswith('https:') else 'http'}"
        yield f"scheme={_SCHEMES[options.auth_scheme]}"
        yield ""
        yield files(__package__).joinpath("steps.sh").read_text("utf-8").rstrip("\n")
        goals = {step.url: step.after for step in plan.steps}
        for step in plan.steps:
            yield from _step(step, goals[step.url])
        yield ""
        yield 'say "all $total steps done: drift check tells what is left"'
    else:
        yield _say(headline(plan))
    if plan.by_hand:
        yield _say(f"not repaired by this script: {plan.summary.by_hand} groups, see its first lines")


def _about(plan: Plan) -> Iterator[str]:
    yield f"live groups: {plan.live}, read {plan.read_at}"
    yield ""
    yield headline(plan)
    yield from (f"  {line}" for line in safety(plan))
    if plan.by_hand:
        yield "by hand, not in this script:"
    for entry in plan.by_hand:
        yield from (f"  {line}" for line in by_hand(entry))
    yield ""
    yield "Review every step: each body replaces all models of the group. Then:"
    yield "  BASETEN_API_KEY=... sh FILE"
    yield "Each step first looks whether the group is still what the plan was made from, and stops if it is not."


def _step(step: Step, goal: State) -> Iterator[str]:
    documents: dict[str, State | Body] = {"before": step.before, "body": step.body, "after": step.after}
    yield ""
    yield from _comments([f"step {step.number}: {titled(step.group)}", *(f"  {change}" for change in step.changes)])
    later = ""
    if not step.completes:
        yield "#   a part of the change: a later step completes it"
        documents["goal"], later = goal, " later"
    for name, value in documents.items():
        yield f"cat >\"$work/{name}\" <<'JSON'"
        yield ascii_json(value)
        yield "JSON"
    yield f"step {step.number} {quote(_ascii(titled(step.group)))} {quote(_ascii(step.url))}{later}"


def _say(text: str) -> str:
    return f"printf '%s\\n' {quote(_ascii(text))} >&2"


def _comments(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"# {_ascii(line)}".rstrip()


def _ascii(text: str) -> str:
    r"""The text on one line of printable ASCII; whatever else was in it becomes ``\x1b``, ``\u202e`` and the like."""
    return visible(text).encode("ascii", "backslashreplace").decode("ascii")
