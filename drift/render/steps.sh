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
