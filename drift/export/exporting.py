"""Live groups and files as they are to files as they should be, or the reason why not.

Nothing is read or written here. Whatever comes out has been compared with the live groups as ``check`` compares
them, so that a check right after the export finds nothing.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from drift.checker.run import Run
from drift.desired import Desired
from drift.desired.load import Declarations, load_texts
from drift.errors import DesiredError, Location, SettingsError, UndeclarableError
from drift.export.additions import NEW_FILE, Addition, Destination, Layout, Placement, append, by_file
from drift.export.entries import Links, ProfileNames, entry, key_of, names_itself, undeclarable
from drift.export.updates import Pass
from drift.model.declaration import Declaration
from drift.model.forest import desired_key, live_forest
from drift.model.groups import DesiredGroup, Group, Positions
from drift.model.readings import Found, Missing, Reading
from drift.model.selection import Selection, check_known
from drift.report.finding import Finding

_PASSES = 5
"""Edits of what is shared, then of its users; each may bring another to light."""
_NOWHERE = Positions("", ())


class ExportOptions(Struct, frozen=True):
    """What was asked for."""

    layout: Layout
    selection: Selection = Selection()
    unmanaged_only: bool = False
    """Only groups that no file declares."""
    profiles: bool = False
    """Give new groups profiles for limits that models share."""
    pin_ids: bool = False
    """Write the internal id of every selected group."""
    force: bool = False
    """Let live values replace declared ones."""


class LiveState(Struct, frozen=True):
    """What was read, all of it or nothing."""

    groups: Mapping[str, Group]
    """Every live group by internal id."""
    declared: Mapping[str, Group]
    """The groups that the files declare, by the key of the declaration."""
    missing: frozenset[str]
    """Keys of declared groups that are not live."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "LiveState":
        """The groups of readings, the later of two for one declaration counting; none of them failed."""
        found = [reading for reading in readings if isinstance(reading, Found)]
        # Effective limits are derived by the API, and written nowhere.
        own = [(reading.desired, replace(reading.live, effective_models=None)) for reading in found]
        declared = {desired_key(desired): live for desired, live in own if desired}
        unmanaged = [live for desired, live in own if not desired]
        missing = frozenset(desired_key(reading.desired) for reading in readings if isinstance(reading, Missing))
        return cls({group.id: group for group in (*unmanaged, *declared.values())}, declared, missing)


class Exported(Struct, frozen=True):
    """What is to be written."""

    texts: Mapping[str, str]
    """New text by path, of the files that change."""
    groups: int
    """Groups that are declared in the end."""
    added: int
    conflicts: Sequence[Finding] = ()
    """Declared values that live contradicts; if there are any, there are no texts."""


def declared_in(texts: Mapping[str, str]) -> Declarations:
    """What the files declare.

    Raises:
        DesiredError: A file is wrong.
    """
    return load_texts(texts) if texts else Declarations(Desired((), ()), {})


def content(group: DesiredGroup) -> DesiredGroup:
    """What a declaration says, wherever it says it."""
    return replace(group, positions=_NOWHERE, profiles={}, effective=())


def differences(
    desired: Sequence[DesiredGroup], live: LiveState, new: Sequence[Group] = ()
) -> dict[str, Sequence[Finding]]:
    """What a check would report of declared groups on themselves, by key.

    ``new`` groups were not declared when ``live`` was read, and may be by now.
    """
    found = {key_of(group): group for group in new} | {**live.declared}
    run = Run(desired)
    run.take(
        Found(group, found[desired_key(group)]) if desired_key(group) in found else Missing(group) for group in desired
    )
    return {
        desired_key(desired[position]): drift
        for position, findings in run.findings().items()
        if (drift := [finding for finding in findings if finding.is_drift])
    }


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
    work = _Work(texts, live, options)
    drift = work.drift()
    if drift and not options.force:
        conflicts = [finding for findings in drift.values() for finding in findings]
        conflicts.sort(key=lambda finding: (finding.source or Location("", 0, 0), finding.message))
        return Exported({}, len(work.groups), 0, conflicts)
    work.refuse_undeclarable(drift)
    work.add(to)
    for turn in range(_PASSES):
        if not work.revise(deep=turn > 0) and turn > 0:
            break
    work.prove()
    changed = {path: text for path, text in work.texts.items() if texts.get(path) != text}
    return Exported(changed, len(work.groups), len(work.new))


class _Work:
    """The files on their way."""

    def __init__(self, texts: Mapping[str, str], live: LiveState, options: ExportOptions) -> None:
        self.texts = dict(texts)
        self._before = declared_in(texts)
        self.groups = self._before.desired.groups
        """What the texts declare."""
        self._live = live
        self._options = options
        self._keys, self.new = _choose(options, self.groups, live)
        self._mine = {*self._keys, *map(key_of, self.new)}
        self._removed = self._keys & live.missing
        stay = {group.external_entity_id for group in self.groups if desired_key(group) not in self._removed}
        new = {group.external_entity_id for group in self.new if names_itself(group)}
        self._links = Links(live.groups, {name for name in stay if name} | new)

    def _put(self, texts: Mapping[str, str]) -> None:
        """Have other texts at these paths.

        Raises:
            UndeclarableError: They are no desired files any more.
        """
        if not texts:
            return
        self.texts |= texts
        try:
            self.groups = declared_in(self.texts).desired.groups
        except DesiredError as error:
            errors = [problem for problem in error.problems if problem.level == "error"]
            raise UndeclarableError(
                "the files would not be valid; nothing was written",
                [f"{problem.location}: {problem.message}" for problem in errors],
                hint="select other groups, or edit the files by hand",
            ) from None

    def drift(self) -> Mapping[str, Sequence[Finding]]:
        """How the selected groups differ from live, by key, as the texts are now."""
        found = differences(self.groups, self._live, self.new)
        return {key: findings for key, findings in found.items() if key in self._mine}

    def refuse_undeclarable(self, drift: Collection[str]) -> None:
        """Refuse live groups that are to be written and cannot; ``drift`` are the keys of declared ones.

        Raises:
            UndeclarableError: There are any.
        """
        pin = self._options.pin_ids
        declared = self._live.declared
        written = [declared[key] for key in self._keys if key in declared and (pin or key in drift)]
        groups = (*self.new, *written)
        reasons = [f"{group.ref.label}: {reason}" for group in groups for reason in undeclarable(group, pin=pin)]
        if reasons:
            raise UndeclarableError(
                "some live groups cannot be declared; nothing was written",
                reasons,
                hint="leave them out with --select '!EXTERNAL_ID'",
            )

    def add(self, to: Destination) -> None:
        """Write the new groups, and the profiles that they need."""
        live, options = self._live, self._options
        profiles = ProfileNames(self._before.profiles, self.new) if options.profiles else None
        placement = Placement(self.texts, options.layout, to)
        additions: dict[str, list[Addition]] = {}
        named = {placement.of_profiles(): profiles.added} if profiles and profiles.added else {}
        for group, path, after in placement.of(self.new, live.groups, self.groups, live.declared):
            value = entry(group, self._links, profiles, pin=options.pin_ids)
            additions.setdefault(path, []).append((after, value))
        paths = {**named, **additions}
        self._put(
            {
                path: append(self.texts.get(path, NEW_FILE), additions.get(path, []), named.get(path, {}))
                for path in paths
            }
        )

    def revise(self, *, deep: bool) -> bool:
        """One pass over what differs; whether anything was to be done."""
        unpinned = {desired_key(group) for group in self.groups if group.id is None and self._options.pin_ids}
        turn = Pass(
            live=self._live.declared,
            links=self._links,
            drift=self.drift(),
            removed=self._removed,
            pinned=unpinned & self._keys & self._live.declared.keys(),
            deep=deep,
        )
        revised = {
            path: turn.revised(self.texts[path], groups)
            for path, groups in by_file(self.groups)
            if any(map(turn.concerns, groups))
        }
        self._put(revised)
        return bool(revised)

    def prove(self) -> None:
        """Compare the result with live, and what was not selected with what it was."""
        after = {desired_key(group): content(group) for group in self.groups}
        left = [
            f"{found.source}: {found.group.label}: {found.message}"
            for findings in self.drift().values()
            for found in findings
        ]
        left += [
            f"{group.positions.field('group')}: {group.ref.label} is not selected and would change, for it shares "
            "values with a group that is"
            for group in self._before.desired.groups
            if desired_key(group) not in self._mine and after.get(desired_key(group)) != content(group)
        ]
        left += [f"{key} would not be declared" for key in sorted(self._mine - after.keys() - self._removed)]
        if left:
            raise UndeclarableError(
                "these differences cannot be written; nothing was written", left, hint="edit the files by hand"
            )


def _choose(
    options: ExportOptions, desired: Sequence[DesiredGroup], live: LiveState
) -> tuple[frozenset[str], Sequence[Group]]:
    """The groups that are selected: keys of declared ones, live or missing, and unmanaged ones.

    Raises:
        SettingsError: The selection names a group that there is not.
    """
    selection, declaration = options.selection, Declaration(desired)
    ids = {group.external_entity_id: key for key, group in live.groups.items()}
    check_known(selection.below, (name for name in (*ids, *declaration.of_external_id) if name), "--below")
    tops = [ids[name] for name in selection.below if name in ids]
    in_live = selection.within(live_forest(live.groups.values()), tops)
    in_files = selection.positions(declaration)
    known = {group.id for group in live.declared.values()}

    def wants(group: Group) -> bool:
        return in_live(group.id) and selection.names(group.external_entity_id)

    keys = {} if options.unmanaged_only else {desired_key(group): position for position, group in declaration}
    chosen = frozenset(
        key
        for key, position in keys.items()
        if (wants(live.declared[key]) if key in live.declared else position in in_files)
    )
    new = [group for group in live.groups.values() if group.id not in known and wants(group)]
    if selection.globs and not options.unmanaged_only and not chosen and not new:
        raise SettingsError("--select matches no group", hint="drift tree --live shows the groups there are")
    return chosen, new
