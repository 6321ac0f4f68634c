"""Live groups and files as they are to files as they should be, or the reason why not.

Nothing is read or written here. Whatever comes out has been held against the live groups by the comparison
that ``check`` uses, so that a check right after the export finds nothing.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from msgspec import Struct

from drift.desired.load import Declarations, load_texts
from drift.desired.values import Desired
from drift.errors import DesiredError, Location, UndeclarableError
from drift.export.cst import Text
from drift.export.documents import Addition, Section, append, can_take, document
from drift.export.edits import Edits
from drift.export.entries import Links, entry, key_of, names_itself, undeclarable
from drift.export.placing import SINGLE, Order, homes
from drift.export.profiles import Profiles
from drift.export.revision import Revision
from drift.export.state import Chosen, Live, Options, choose, content, differences
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup, Group
from drift.report.finding import Finding

_PASSES = 5
"""Edits of what is shared, then of its users; each may bring another to light."""
_PROFILES = "profiles.yaml"


class Conflict(Struct, frozen=True):
    """A declared value that live contradicts."""

    location: Location
    group: str
    message: str


class Plan(Struct, frozen=True):
    """What is to be written."""

    texts: Mapping[str, str]
    """New text by path, of the files that change."""
    groups: int
    """Groups that are declared in the end."""
    added: int
    conflicts: tuple[Conflict, ...] = ()
    """If there are any, there are no texts."""


class Place(Struct, frozen=True):
    """Where files are."""

    directory: str | None
    """Where new files go; None if there is one file only."""
    file: str
    """That file; empty where there is a directory."""
    taken: frozenset[str] = frozenset()
    """Names in the directory, of whatever kind."""


def declared_in(texts: Mapping[str, str]) -> Declarations:
    """What the files declare.

    Raises:
        DesiredError: A file is wrong.
    """
    return load_texts(texts) if texts else Declarations(Desired((), ()), {})


def plan(texts: Mapping[str, str], live: Live, options: Options, place: Place) -> Plan:
    """Work out the files.

    Args:
        texts: The desired files by path, sound.
        live: What was read for them.
        options: What was asked for.
        place: Where new files go.

    Raises:
        SettingsError: The selection names a group that there is not.
        UndeclarableError: A group cannot be declared, or a file cannot be edited faithfully.
    """
    before = declared_in(texts)
    chosen = choose(options.selection, before.desired.groups, live, unmanaged_only=options.unmanaged_only)
    drift = {key: found for key, found in differences(before.desired.groups, live).items() if key in chosen.keys}
    if drift and not options.force:
        return Plan({}, len(before.desired.groups), 0, _conflicts(drift, before.desired.groups))
    pinned = [live.declared[key] for key in chosen.keys if key in live.declared and (options.pin_ids or key in drift)]
    _refuse_undeclarable([*chosen.new, *pinned], pin=options.pin_ids)
    work = _Work(dict(texts), before, live=live, chosen=chosen, options=options, place=place)
    work.add()
    for turn in range(_PASSES):
        if not work.revise(deep=turn > 0) and turn > 0:
            break
    work.prove()
    changed = {path: text for path, text in work.texts.items() if texts.get(path) != text}
    return Plan(changed, len(work.now.desired.groups), len(chosen.new))


def _conflicts(drift: Mapping[str, Sequence[Finding]], desired: Sequence[DesiredGroup]) -> tuple[Conflict, ...]:
    positions = {desired_key(group): group.positions for group in desired}
    return tuple(
        sorted(
            (
                Conflict(finding.source or positions[key].field("group"), finding.group.label, finding.message)
                for key, findings in drift.items()
                for finding in findings
            ),
            key=lambda conflict: (conflict.location, conflict.message),
        )
    )


def _refuse_undeclarable(groups: Sequence[Group], *, pin: bool) -> None:
    reasons = [f"{group.ref.label}: {reason}" for group in groups for reason in undeclarable(group, pin=pin)]
    if reasons:
        raise UndeclarableError(
            "some live groups cannot be declared; nothing was written",
            reasons,
            hint="leave them out with --select '!EXTERNAL_ID'",
        )


class _Work:
    """The files on their way."""

    def __init__(
        self,
        texts: dict[str, str],
        before: Declarations,
        *,
        live: Live,
        chosen: Chosen,
        options: Options,
        place: Place,
    ) -> None:
        self.texts = texts
        self.now = before
        self._before = before
        self._live = live
        self._chosen = chosen
        self._options = options
        self._place = place
        self._order = Order(live.groups)
        self._stale = False
        """Whether the texts are no longer those that ``now`` was read from."""
        self._folded = {str(Path(path)).casefold(): path for path in texts}
        self._paths: dict[tuple[str, str], str] = {}
        self._removed = chosen.keys & live.missing
        stay = [group.external_entity_id for group in before.desired.groups if desired_key(group) not in self._removed]
        declared = {name for name in stay if name} | {g.external_entity_id for g in chosen.new if names_itself(g)}
        self.links = Links(live.groups, frozenset(declared))

    def add(self) -> None:
        """Write the new groups, and the profiles that they need."""
        profiles = Profiles(self.now.profiles)
        if self._options.profiles:
            profiles.lift(self._chosen.new)
        new = self._order.sorted(self._chosen.new)
        found = {
            self._live.declared[key].id: group.positions.file
            for key, group in self._declared()
            if key in self._live.declared
        }
        placed = homes(new, self._order, found, self._options.layout)
        ranks = self._ranks()
        additions: dict[str, list[Addition]] = {}
        for group in new:
            path = self._path(placed[group.id], "groups")
            profile_of = profiles.of if self._options.profiles else lambda _: None
            value = entry(group, self.links, pin=self._options.pin_ids, profile_of=profile_of)
            before = bisect(ranks.get(path, ()), (self._order.rank(group), 0))
            additions.setdefault(path, []).append(Addition(value, ranks[path][before - 1][1] if before else None))
        named_in = f"{SINGLE}.yaml" if self._options.layout == "single" else _PROFILES
        shared = {self._path(named_in, "profiles"): profiles.added} if profiles.added else {}
        for path in {**shared, **additions}:
            groups, named = additions.get(path, []), shared.get(path, {})
            old = self.texts.get(path)
            self.texts[path] = document(groups, named) if old is None else append(old, groups, named)
            self._stale = True

    def revise(self, *, deep: bool) -> bool:
        """One pass over what differs; whether anything was to be done."""
        self.now = self._load()
        drift = {key: found for key, found in self._differences().items() if key in self._chosen.keys}
        revision = Revision(self._live, self._removed, self.links, drift, deep=deep)
        wanted = [key for key, group in self._declared() if revision.concerns(group) or self._lacks_pin(key, group)]
        if not wanted:
            return False
        by_file: dict[str, list[DesiredGroup]] = {}
        for _, group in self._declared():
            by_file.setdefault(group.positions.file, []).append(group)
        concerned = set(wanted)
        for path, groups in by_file.items():
            if not any(desired_key(group) in concerned for group in groups):
                continue
            edits = Edits(Text(self.texts[path]))
            revision.revise(edits, groups, pins=[desired_key(g) for g in groups if self._lacks_pin(desired_key(g), g)])
            self.texts[path] = edits.result()
            self._stale = True
        return True

    def prove(self) -> None:
        """Hold the result against live, and what was not selected against what it was."""
        self.now = self._load()
        mine = {*self._chosen.keys, *map(key_of, self._chosen.new)}
        left = [
            f"{found.source}: {found.group.label}: {found.message}"
            for key, findings in self._differences().items()
            if key in mine
            for found in findings
        ]
        after = {key: content(group) for key, group in self._declared()}
        left += [
            f"{group.positions.field('group')}: {group.ref.label} is not selected and would change, for it shares "
            "values with a group that is"
            for group in self._before.desired.groups
            if desired_key(group) not in mine and after.get(desired_key(group)) != content(group)
        ]
        left += [f"{key} would not be declared" for key in sorted(mine - after.keys() - self._removed)]
        if left:
            raise UndeclarableError(
                "these differences cannot be written; nothing was written", left, hint="edit the files by hand"
            )

    def _load(self) -> Declarations:
        if not self._stale:
            return self.now
        self._stale = False
        try:
            return declared_in(self.texts)
        except DesiredError as error:
            reasons = [
                f"{problem.location}: {problem.message}" for problem in error.problems if problem.level == "error"
            ]
            raise UndeclarableError(
                "the files would not be valid; nothing was written",
                reasons,
                hint="select other groups, or edit the files by hand",
            ) from None

    def _differences(self) -> dict[str, tuple[Finding, ...]]:
        return differences(self.now.desired.groups, self._live, self._chosen.new)

    def _declared(self) -> list[tuple[str, DesiredGroup]]:
        return [(desired_key(group), group) for group in self.now.desired.groups]

    def _lacks_pin(self, key: str, group: DesiredGroup) -> bool:
        return self._options.pin_ids and group.id is None and key in self._chosen.keys and key in self._live.declared

    def _ranks(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """By path, sorted: the rank of each live group among all, and its position in the file."""
        ranks: dict[str, list[tuple[int, int]]] = {}
        positions: Counter[str] = Counter()
        for key, group in self._declared():
            path = group.positions.file
            if answer := self._live.declared.get(key):
                ranks.setdefault(path, []).append((self._order.rank(answer), positions[path]))
            positions[path] += 1
        return {path: sorted(of_path) for path, of_path in ranks.items()}

    def _path(self, wanted: str, section: Section) -> str:
        """The path of a file that can take more groups or profiles: the one of that name, else one beside it."""
        if self._place.directory is None:
            return self._place.file
        known = (wanted, section)
        if known in self._paths:
            return self._paths[known]
        first = Path(wanted) if wanted in self.texts else Path(self._place.directory, wanted)
        for number in count(1):
            spelt = str(first if number == 1 else first.with_stem(f"{first.stem}-{number}"))
            # On some systems names that differ in case are one file.
            path = self._folded.get(spelt.casefold(), spelt)
            free = Path(path).name.casefold() not in self._place.taken
            if can_take(self.texts[path], section) if path in self.texts else free:
                break
        self._paths[known] = path
        return path
