"""Bytes of one YAML document to plain values with positions, in one pass over libyaml's events.

PyYAML's loaders build a tree of nodes and then the values, and keep no positions. Building from the events
is five to eight times faster, and lets a long list be handed on item by item instead of being kept.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from drift.desired.files import end_of, report_control_character
from drift.desired.nodes import (
    Mark,
    Path,
    Problems,
    UnreadableError,
    Value,
    YamlValue,
    children,
    parts,
    position,
    shown,
    size,
)
from drift.desired.scalars import PlainScalars, Surprise

if TYPE_CHECKING:
    from yaml.events import Event

DEEPEST = 64
"""Levels of nesting; a desired file needs eight."""
MOST_ALIASED = 2_000_000
"""Values that aliases may add to one file. Each alias of an alias of a list multiplies it."""

_STREAMED: Path = ("groups",)
Sink = Callable[[int, YamlValue], None]


def read_document(
    data: bytes, problems: Problems, *, scalars: PlainScalars, sink: Sink | None = None
) -> YamlValue | None:
    """Read the only document of a file.

    Args:
        data: UTF-8 text.
        problems: Takes what is wrong: duplicate keys, tags and the like, and why reading stopped.
        scalars: Meanings of unquoted words, shared by all files of a run.
        sink: Takes the items of the list ``groups`` with their index, one by one, as soon as they are complete,
            instead of the result, where the list is empty.

    Returns:
        None if the file holds no document at all.

    Raises:
        UnreadableError: The text is not one YAML document, nested or expanded without bound.
    """
    try:
        return _Reader(data, problems, scalars, sink).document()
    except yaml.reader.ReaderError:
        report_control_character(data, problems)
    except yaml.MarkedYAMLError as error:
        message = ", ".join(filter(None, (error.context, error.problem)))
        mark = error.problem_mark or error.context_mark
        hint = _syntax_hint(data, mark, message)
        # Where a file ends too early, the mark may be on a line that it does not have.
        at = min(position(mark), end_of(data.decode("utf-8-sig")))
        problems.error("V00", message=f"not valid YAML: {message}", hint=hint, at=at)
    raise UnreadableError


def _syntax_hint(data: bytes, mark: Mark | None, message: str) -> str:
    """What to try about a syntax error, where its place tells."""
    if mark is None:
        return ""
    lines = data.splitlines()
    line = lines[mark.line].decode(errors="replace") if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return "YAML does not allow tabs here: indent with spaces"
    first = line[mark.column : mark.column + 1]
    if first and first in "@`%":
        return f"quote a value that begins with {first}"
    if "mapping values are not allowed" in message:
        return "quote a value that contains `: `"
    if "did not find expected" in message or "could not find expected" in message:
        return "look at the indentation and at brackets or quotes that are not closed"
    return ""


class _PurePython(yaml.SafeLoader):
    """PyYAML's own parser, which lets escapes make half a character where libyaml refuses them."""

    def get_event(self) -> "Event | None":
        event = cast("Event | None", super().get_event())  # type: ignore[no-untyped-call]  # as the stubs have it
        if isinstance(event, ScalarEvent) and any("\ud800" <= c <= "\udfff" for c in event.value):
            problem = "found invalid Unicode character escape code"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=cast("yaml.Mark", event.start_mark))
        return event


class _Reader:
    """The state of reading one document; each method takes over after an event and leaves its end read."""

    def __init__(self, data: bytes, problems: Problems, scalars: PlainScalars, sink: Sink | None) -> None:
        # Without libyaml the pure parser gives the same events, some twenty times slower.
        parser = yaml.CSafeLoader(data) if yaml.__with_libyaml__ else _PurePython(data)
        self._next = cast("Callable[[], Event]", parser.get_event)  # None only after the end
        self._problems = problems
        self._plain = scalars
        self._sink = sink
        self._marks: list[Mark | None] = []
        self._anchors: dict[str, YamlValue] = {}
        self._open_anchors: set[str] = set()
        self._aliased = 0

    def document(self) -> YamlValue | None:
        self._next()  # start of the stream
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        event = self._next()
        self._marks = [event.start_mark]
        value = self._value(event, ())
        self._next()  # end of the document
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            hint = "one file holds one document: remove the `---`"
            raise self._stop(event, (), "a second document begins here", hint)
        return YamlValue(value, self._marks)

    def _value(self, event: "Event", path: Path) -> Value:
        """Read the value that begins with the event; the caller has already put down its mark."""
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        if not isinstance(event, CollectionStartEvent):  # pragma: no cover -- the grammar leaves nothing else
            raise TypeError(event)
        if len(path) >= DEEPEST:
            raise self._stop(event, path[:4], f"more than {DEEPEST} levels deep", "a group needs no more than eight")
        if event.tag is not None:
            self._refuse_tag(event.tag, event, path)
        is_mapping = isinstance(event, MappingStartEvent)
        if event.anchor is not None:
            start = len(self._marks) - 1
            self._open_anchors.add(event.anchor)
            value = self._mapping(path) if is_mapping else self._sequence(path)
            self._open_anchors.discard(event.anchor)
            self._anchors[event.anchor] = YamlValue(value, self._marks[start:])
            return value
        if is_mapping:
            return self._mapping(path)
        # An anchored list must be kept whole, as what holds it: an alias may ask for it later.
        if path == _STREAMED and self._sink is not None and not self._open_anchors:
            return self._hand_on(self._sink, path)
        return self._sequence(path)

    def _mapping(self, path: Path) -> dict[str, Value]:
        # This loop and the next one run once per word of a file, hence the local names and the inlined case
        # of an ordinary unquoted word.
        next_event, plain, positions = self._next, self._plain, self._marks
        start = len(positions) - 1
        result: dict[str, Value] = {}
        merged: list[YamlValue] = []
        key: Value
        value: Value
        while True:
            event = next_event()
            if isinstance(event, ScalarEvent) and event.implicit[0] and event.anchor is None:
                positions.append(event.start_mark)
                key = plain[event.value]
            elif isinstance(event, MappingEndEvent):
                break
            else:
                positions.append(event.start_mark)
                key = self._value(event, (*path, "?"))
                if not isinstance(key, str):
                    del positions[len(positions) + 1 - size(key) :]
            event = next_event()
            positions.append(event.start_mark)
            if isinstance(event, ScalarEvent) and event.implicit[0] and event.anchor is None:
                value = plain[event.value]
            else:
                value = self._value(event, (*path, key if isinstance(key, str) else "<<"))
            if isinstance(key, str) and key not in result:
                result[key] = value
            else:
                self._refuse_or_merge(key, value, merged, YamlValue(result, positions[start:]), path)
        if merged:
            self._merge(result, merged)
        return result

    def _sequence(self, path: Path) -> list[Value]:
        next_event, plain, positions = self._next, self._plain, self._marks
        result: list[Value] = []
        while True:
            event = next_event()
            if isinstance(event, SequenceEndEvent):
                return result
            positions.append(event.start_mark)
            if isinstance(event, ScalarEvent) and event.implicit[0] and event.anchor is None:
                result.append(plain[event.value])
            else:
                result.append(self._value(event, (*path, len(result))))

    def _hand_on(self, sink: Sink, path: Path) -> list[Value]:
        outer, index = self._marks, 0
        while not isinstance(event := self._next(), SequenceEndEvent):
            self._marks = [event.start_mark]
            value = self._value(event, (*path, index))
            sink(index, YamlValue(value, self._marks))
            index += 1
        self._marks = outer
        return []

    def _scalar(self, event: ScalarEvent, path: Path) -> Value:
        if event.tag is not None:
            self._refuse_tag(event.tag, event, path)
        value = self._plain[event.value] if event.implicit[0] else event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = YamlValue(value, [event.start_mark])
        return value

    def _alias(self, event: AliasEvent, path: Path) -> Value:
        name = event.anchor or ""
        if name in self._open_anchors:
            raise self._stop(event, path, f"`*{name}` stands for a value that contains it")
        if name not in self._anchors:
            raise self._stop(event, path, f"`*{name}` is used, but `&{name}` is nowhere before it")
        node = self._anchors[name]
        self._aliased += len(node.positions)
        if self._aliased > MOST_ALIASED:
            message = f"aliases expand to more than {MOST_ALIASED:,} values"
            raise self._stop(event, path, message, "declare a profile and name it instead")
        # The value itself stands at the alias, its parts where they are written.
        self._marks.extend(node.positions[1:])
        return node.value

    def _refuse_or_merge(self, key: Value, value: Value, merged: list[YamlValue], taken: YamlValue, path: Path) -> None:
        """Deal with an entry that is not taken over as it is; none of its positions may stay."""
        before = len(self._marks) - 1 - size(value)
        key_mark, *positions = self._marks[before:]
        del self._marks[before:]
        if isinstance(key, Surprise) and key.written == "<<":
            self._take_merge(YamlValue(value, positions), merged, path)
        elif isinstance(key, str):
            place = next(place for step, _, place in children(taken.value, 0) if step == key)
            line, column = position(taken.positions[place.key])
            message = f"duplicate key {shown(key)}; the first is at line {line}, column {column}"
            self._report(key_mark, (*path, key), message, "remove or rename one of them", rule="V20")
        else:
            hint = f'quote it: "{key.written}"' if isinstance(key, Surprise) else "keys are text: quote it"
            self._report(key_mark, path, f"expected text as a key, got {shown(key)}", hint, rule="V20")

    def _take_merge(self, node: YamlValue, merged: list[YamlValue], path: Path) -> None:
        """YAML 1.1's ``<<``: a mapping or a list of them, of which the earlier wins."""
        mark = node.positions[0]
        if merged:
            self._report(mark, path, "`<<` appears twice", "write one `<<` with a list: `<<: [*a, *b]`")
        elif isinstance(node.value, dict):
            merged.append(node)
        elif isinstance(node.value, list) and all(isinstance(item, dict) for item in node.value):
            merged += [item for _, _, item in parts(node)]
        else:
            self._report(mark, path, "`<<` takes a mapping or a list of mappings", "give it an alias")

    def _merge(self, result: dict[str, Value], merged: list[YamlValue]) -> None:
        """Add the entries that the mapping does not have, as if they were written at its end."""
        for node in merged:
            for key, value, place in children(node.value, 0):
                if isinstance(key, str) and key not in result:
                    result[key] = value
                    self._marks.extend(node.positions[place.key : place.value + size(value)])

    def _refuse_tag(self, tag: str, event: NodeEvent, path: Path) -> None:
        if tag != "!":  # which alone says no more than that there is a value
            message = f"the tag {shown(tag.replace('tag:yaml.org,2002:', '!!'))} is not allowed"
            self._report(event.start_mark, path, message, "leave it out; quote a value to make it text")

    def _report(self, mark: Mark | None, path: Path, message: str, hint: str, *, rule: str = "V00") -> None:
        self._problems.error(rule, message=message, hint=hint, path=path, at=position(mark))

    def _stop(self, event: "Event", path: Path, message: str, hint: str = "") -> UnreadableError:
        self._problems.error("V00", message=message, hint=hint, path=path, at=position(event.start_mark))
        return UnreadableError()
