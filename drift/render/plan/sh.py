r"""The plan as a POSIX shell script that sends it with curl: for a person to review and to run.

Whatever comes from the API or from files is either one line of ASCII JSON in a quoted here-document, or a
single-quoted word of printable ASCII, or a comment of printable ASCII: nothing of it is ever read as shell. The key
comes from the environment and reaches curl through a here-document, so that it is on no command line.
"""

from collections.abc import Iterator, Mapping
from shlex import quote

from drift.model.groups import GroupRef
from drift.plan import Plan, Step
from drift.plan.values import Body, State
from drift.render.plan.formats import PlanOptions, Scheme
from drift.render.plan.words import ascii_json, by_hand, headline, safety

_SCHEMES: Mapping[Scheme, str] = {"bearer": "Bearer", "api-key": "Api-Key"}

_OPENING = """\
# shellcheck disable=SC2016,SC1003 # a $ or a quote in a name is nothing but that
set +x # a trace would show the key
set -eu
LC_ALL=C
export LC_ALL
umask 077
"""

_TOOLS = r"""
say() { printf '%s\n' "$*" >&2; }
stop() {
  say "stopped: $*"
  say "$taken of $total steps done. Run drift plan again: it starts from what is live then."
  exit 1
}
taken=0

key=${BASETEN_API_KEY:-}
case $key in
  '') stop 'BASETEN_API_KEY is not set' ;;
  *[!!-~]* | *'"'* | *\\*) stop 'BASETEN_API_KEY holds a character that no key has' ;;
esac
command -v curl >/dev/null 2>&1 || stop 'curl is needed'

# The group in $1 in a form that does not depend on order, empty lists or members that do not matter here.
if command -v python3 >/dev/null 2>&1; then
  normal() {
    python3 -I -c '
import json, sys
def limits(found):
    return sorted(([limit["type"], limit["unit"], limit["threshold"]] for limit in found or []), key=json.dumps)
with open(sys.argv[1], "rb") as file:
    group = json.load(file)
metadata, hierarchy = group["metadata"], group["hierarchy"]
print(json.dumps([
    group["id"], metadata["external_entity_id"], metadata.get("name"),
    hierarchy["limit_enforcement"], hierarchy.get("parent_group_id"),
    sorted(([model["slug"], limits(model.get("rate_limits")), limits(model.get("usage_limits"))]
        for model in group.get("models") or []), key=json.dumps),
]))' "$1" 2>/dev/null
  }
elif command -v jq >/dev/null 2>&1; then
  normal() {
    jq -cea '
def limits: [.[]? | [.type, .unit, .threshold]] | sort;
[.id, .metadata.external_entity_id, .metadata.name,
 .hierarchy.limit_enforcement, .hierarchy.parent_group_id,
 ([.models[]? | [.slug, (.rate_limits | limits), (.usage_limits | limits)]] | sort)]' "$1" 2>/dev/null
  }
else
  stop 'python3 or jq is needed, to compare groups'
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Sends one request; its answer goes to $work/answer, and its status is printed. -q: no ~/.curlrc, which may trace.
call() {
  curl -q --silent --show-error --globoff --path-as-is --proto "=$protocol" --max-time 60 \
    --output "$work/answer" --write-out '%{http_code}' --config - "$@" <<KEY
header = "Authorization: $scheme $key"
KEY
}

# Whether the answer is the group as it is in the file $1.
answers() {
  answer=$(normal "$work/answer") || stop "the answer is not a group as documented"
  wanted=$(normal "$work/$1") || stop "this script is damaged"
  [ "$answer" = "$wanted" ]
}

refused() {
  say "the answer was:"
  head -c 1000 "$work/answer" 2>/dev/null | tr -cd '[:print:]\n' >&2 || :
  say ''
}

# step NUMBER GROUP URL: send $work/body if the group is as in $work/before, and see that it then is as in $work/after.
# With a fourth word, $work/goal is how a later step leaves the group, so that a script that was stopped can run again.
step() {
  say "step $1 of $total: $2"
  status=$(call --request GET --url "$3") || stop "step $1: the group could not be read"
  [ "$status" = 200 ] || { refused; stop "step $1: reading the group gave HTTP $status"; }
  if answers after || { [ "$#" -eq 4 ] && answers goal; }; then
    say "  done already"
    taken=$((taken + 1))
    return
  fi
  answers before || stop "step $1: live moved: the group is not what the plan was made from; nothing was sent for it"
  status=$(call --request PATCH --header 'Content-Type: application/json' --data-binary "@$work/body" --url "$3") ||
    stop "step $1: no answer; whether the group was updated is not known"
  [ "$status" = 200 ] || { refused; stop "step $1: updating the group gave HTTP $status"; }
  answers after || stop "step $1: the group was updated, and is not what was asked for"
  taken=$((taken + 1))
}
"""


def render(plan: Plan, options: PlanOptions) -> str:
    """The script; without a plan, one that says so and fails, lest a pipe into sh pass for a repair."""
    return "".join(f"{line}\n" for line in _lines(plan, options))


def _lines(plan: Plan, options: PlanOptions) -> Iterator[str]:
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
        yield _TOOLS.rstrip("\n")
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
    yield "Review every step: each body replaces the group's whole model set. Then:"
    yield "  BASETEN_API_KEY=... sh FILE"
    yield "Each step first looks whether the group is still what the plan was made from, and stops if it is not."


def _step(step: Step, goal: State) -> Iterator[str]:
    yield ""
    yield from _comments([f"step {step.number}: {_name(step.group)}", *(f"  {change}" for change in step.changes)])
    if not step.completes:
        yield "#   half of the way: a later step completes it"
    documents: list[tuple[str, State | Body]] = [("before", step.before), ("body", step.body), ("after", step.after)]
    if not step.completes:
        documents.append(("goal", goal))
    for name, value in documents:
        yield f"cat >\"$work/{name}\" <<'JSON'"
        yield ascii_json(value)
        yield "JSON"
    last = "" if step.completes else " later"
    yield f"step {step.number} {quote(_ascii(_name(step.group)))} {quote(_ascii(step.url))}{last}"


def _name(group: GroupRef) -> str:
    return group.label if group.name in (None, group.label) else f"{group.label} ({group.name})"


def _say(text: str) -> str:
    return f"printf '%s\\n' {quote(_ascii(text))} >&2"


def _comments(lines: Iterator[str] | list[str]) -> Iterator[str]:
    for line in lines:
        yield f"# {_ascii(line)}".rstrip()


def _ascii(text: str) -> str:
    r"""The text on one line of printable ASCII; whatever else was in it becomes ``\x1b``, ``\u202e`` and the like."""
    return "".join(
        char if " " <= char <= "~" else char.encode("unicode_escape", "surrogatepass").decode("ascii") for char in text
    )
