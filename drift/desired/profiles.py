"""Limits under a name, seen by the groups of all files of a run."""

from collections.abc import ItemsView, Iterator, Sequence

from msgspec import Struct

from drift.desired.declared import Declared
from drift.desired.wording import did_you_mean, not_declared, shown
from drift.errors import Level, Location, Problem
from drift.model.limits import Limits


class Profile(Struct, frozen=True):
    """A declared profile; its limits are empty if the file is wrong about them."""

    location: Location
    path: str
    rates: Limits
    usages: Limits


class Profiles:
    """The profiles of a run by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Profile] = {}
        self.problems: list[Problem] = []
        """Names that are declared twice."""

    def add(self, name: str, profile: Profile) -> None:
        """Declare a profile; the first of a name stands."""
        first = self._by_name.setdefault(name, profile)
        if first is not profile:
            message = f"the profile {shown(name)} is already declared at {first.location}"
            hint = "profiles are shared by all files of a run: rename one of them"
            self.problems.append(Problem("V22", Level.ERROR, profile.location, profile.path, message, hint))

    def __getitem__(self, name: str) -> Profile:
        return self._by_name[name]

    def items(self) -> ItemsView[str, Profile]:
        """Every profile with its name."""
        return self._by_name.items()

    def unknown(self, groups: Sequence[Declared], *, complete: bool) -> Iterator[Problem]:
        """V22: every profile that a model names is declared in some file."""
        hints: dict[str, str] = {}
        for group in groups:
            for index, entry in enumerate(group.entries or ()):
                name = entry.profile
                if name is None or name in self._by_name:
                    continue
                if name not in hints:
                    hints[name] = did_you_mean(name, self._by_name) or "declare it under `profiles` in any file"
                message = f"the profile {shown(name)} is {not_declared(complete=complete)}"
                path = ("models", index, "profile")
                yield group.error("V22", path, group.profile_at(index), message, hints[name])
