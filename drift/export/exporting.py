"""Live groups and files as they are to files as they should be, or the reason why not.

Nothing is read or written here. Whatever comes out has been compared with the live groups as ``check`` compares
them, so that a check right after the export finds nothing.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from drift.desired import Desired
from drift.desired.load import Declarations, load_texts
from drift.errors import DesiredError, Location, UndeclarableError
from drift.export.additions import NEW_FILE, Addition, Placement, append
from drift.export.entries import Links, ProfileNames, entry, key_of, names_itself, undeclarable
from drift.export.state import ChosenGroups, Destination, ExportOptions, LiveState, choose, content, differences
from drift.export.updates import Pass
from drift.model.forest import desired_key
from drift.model.groups import DesiredGroup, Group
from drift.report.finding import Finding

_PASSES = 5
"""Edits of what is shared, then of its users; each may bring another to light."""


class Conflict(Struct, frozen=True):
    """A declared value that live contradicts."""

    location: Location
    group: str
    message: str


class Exported(Struct, frozen=True):
    """What is to be written."""

    texts: Mapping[str, str]
    """New text by path, of the files that change."""
    groups: int
    """Groups that are declared in the end."""
    added: int
    conflicts: tuple[Conflict, ...] = ()
    """If there are any, there are no texts."""


def declared_in(texts: Mapping[str, str]) -> Declarations:
    """What the files declare.

    Raises:
        DesiredError: A file is wrong.
    """
    return load_texts(texts) if texts else Declarations(Desired((), ()), {})


def export(texts: Mapping[str, str], live: LiveState, options: ExportOptions, to: Destination) -> Exported:
    """Work out the files.

    Args:
        texts: The desired files by path, sound.
        live: What was read for them.
        options: What was asked for.
        to: Where new files go.

    Raises:
        SettingsError: The selection names a group that there is not.
        UndeclarableError: A group cannot be declared, or a file cannot be edited faithfully.
    """
    before = declared_in(texts)
    groups = before.desired.groups
    chosen = choose(options, groups, live)
    drift = {key: found for key, found in differences(groups, live).items() if key in chosen.keys}
    if drift and not options.force:
        return Exported({}, len(groups), 0, _conflicts(drift, groups))
    written = [live.declared[key] for key in chosen.keys if key in live.declared and (options.pin_ids or key in drift)]
    _refuse_undeclarable([*chosen.new, *written], pin=options.pin_ids)
    work = _Work(texts, before, live, chosen, options)
    work.add(to)
    for turn in range(_PASSES):
        if not work.revise(deep=turn > 0) and turn > 0:
            break
    work.prove()
    changed = {path: text for path, text in work.texts.items() if texts.get(path) != text}
    return Exported(changed, len(work.groups()), len(chosen.new))


def _conflicts(drift: Mapping[str, Sequence[Finding]], desired: Sequence[DesiredGroup]) -> tuple[Conflict, ...]:
    conflicts = [
        Conflict(finding.source or group.positions.field("group"), finding.group.label, finding.message)
        for group in desired
        for finding in drift.get(desired_key(group), ())
    ]
    return tuple(sorted(conflicts, key=lambda conflict: (conflict.location, conflict.message)))


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
        texts: Mapping[str, str],
        before: Declarations,
        live: LiveState,
        chosen: ChosenGroups,
        options: ExportOptions,
    ) -> None:
        self.texts = dict(texts)
        self._before = before
        self._live = live
        self._chosen = chosen
        self._options = options
        self._read = (dict(texts), before)
        """The texts that were read last, and what they declare."""
        self._removed = chosen.keys & live.missing
        stay = {group.external_entity_id for group in self.groups() if desired_key(group) not in self._removed}
        new = {group.external_entity_id for group in chosen.new if names_itself(group)}
        self._links = Links(live.groups, {name for name in stay if name} | new)

    def groups(self) -> Sequence[DesiredGroup]:
        """What the texts declare.

        Raises:
            UndeclarableError: They are no desired files any more.
        """
        if self._read[0] != self.texts:
            try:
                self._read = (dict(self.texts), declared_in(self.texts))
            except DesiredError as error:
                errors = [problem for problem in error.problems if problem.level == "error"]
                raise UndeclarableError(
                    "the files would not be valid; nothing was written",
                    [f"{problem.location}: {problem.message}" for problem in errors],
                    hint="select other groups, or edit the files by hand",
                ) from None
        return self._read[1].desired.groups

    def add(self, to: Destination) -> None:
        """Write the new groups, and the profiles that they need."""
        profiles = ProfileNames(self._before.profiles, self._chosen.new) if self._options.profiles else None
        placement = Placement(self.texts, self.groups(), self._live, self._options.layout, to)
        additions: dict[str, list[Addition]] = {}
        named = {placement.of_profiles(): profiles.added} if profiles and profiles.added else {}
        for group in placement.sorted(self._chosen.new):
            path, after = placement.of(group)
            value = entry(group, self._links, profiles, pin=self._options.pin_ids)
            additions.setdefault(path, []).append((after, value))
        for path in {**named, **additions}:
            text = self.texts.get(path, NEW_FILE)
            self.texts[path] = append(text, additions.get(path, []), named.get(path, {}))

    def revise(self, *, deep: bool) -> bool:
        """One pass over what differs; whether anything was to be done."""
        by_file: dict[str, list[DesiredGroup]] = {}
        for group in self.groups():
            by_file.setdefault(group.positions.file, []).append(group)
        turn = Pass(
            live=self._live,
            links=self._links,
            drift={key: found for key, found in self._differences().items() if key in self._chosen.keys},
            removed=self._removed,
            pinned={desired_key(group) for group in self.groups() if self._lacks_pin(group)},
            deep=deep,
        )
        concerned = {path: groups for path, groups in by_file.items() if any(map(turn.concerns, groups))}
        for path, groups in concerned.items():
            self.texts[path] = turn.revised(self.texts[path], groups)
        return bool(concerned)

    def prove(self) -> None:
        """Compare the result with live, and what was not selected with what it was."""
        mine = {*self._chosen.keys, *map(key_of, self._chosen.new)}
        after = {desired_key(group): content(group) for group in self.groups()}
        left = [
            f"{found.source}: {found.group.label}: {found.message}"
            for key, findings in self._differences().items()
            if key in mine
            for found in findings
        ]
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

    def _differences(self) -> Mapping[str, Sequence[Finding]]:
        return differences(self.groups(), self._live, self._chosen.new)

    def _lacks_pin(self, group: DesiredGroup) -> bool:
        key = desired_key(group)
        return self._options.pin_ids and group.id is None and key in self._chosen.keys and key in self._live.declared
