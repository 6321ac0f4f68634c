"""The use case: paths in, everything that they declare or everything wrong with them out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from os import PathLike
from typing import NamedTuple

from drift.desired.declared import Declared, Profile, assemble, declare, salvage
from drift.desired.files import Source, Sources, is_text
from drift.desired.group_rules import GROUP_RULES
from drift.desired.limit_lists import NO_LIMITS, LimitLists
from drift.desired.nodes import Node, Path, Places, Step, Value, parts, position, spell
from drift.desired.problems import Breach, Problems, shown
from drift.desired.reader import UnreadableError, read_document
from drift.desired.scalars import PlainScalars
from drift.desired.shape import AcceptedItem, DocumentItem, GroupItem, PricesItem, ProfileItem
from drift.desired.shared import Shared
from drift.desired.tree_rules import link_problems, tree_problems, with_modes
from drift.desired.trees import Trees
from drift.desired.validation import validate
from drift.desired.values import Desired, DesiredFile
from drift.errors import DesiredError, Level, Location, Problem
from drift.model.collector import cyclic_collection_paused
from drift.model.groups import DesiredGroup
from drift.model.limits import Limits

_EMPTY_HINT = "write `version: 1` and below it `groups:` with a list of groups"
_LISTED: Mapping[str, type[list[Value]] | type[dict[str, Value]]] = {"groups": list, "profiles": dict, "accepted": list}
"""Blocks whose entries are looked at one by one, each with its own errors."""


def load(
    paths: Sequence[str | PathLike[str]],
    *,
    stdin: Callable[[], bytes] | None = None,
    ignore: Collection[str] = (),
) -> Desired:
    """See :func:`drift.desired.load_desired`."""
    with cyclic_collection_paused():
        run = _Run()
        sources = Sources(paths, stdin)
        for source in sources:
            run.take(source)
        for unread in sources.unread:
            run.miss(unread)
        return run.finish(ignore)


class Declarations(NamedTuple):
    """What texts declare, with the profiles by name."""

    desired: Desired
    profiles: Mapping[str, Limits]


def load_texts(texts: Mapping[str, str]) -> Declarations:
    """Read texts as if they were the files of those names; there must be one at least.

    Raises:
        DesiredError: Something is wrong; it lists every error and warning of all texts.
    """
    with cyclic_collection_paused():
        run = _Run()
        for name, text in texts.items():
            run.take(Source(name, text.encode(), Problems(name)))
        return Declarations(run.finish(()), run.profiles())


class _Run:
    """What has been read so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.shared = Shared()
        self.groups: list[Declared] = []
        self.lists = LimitLists()
        self._files: list[DesiredFile] = []
        self._scalars = PlainScalars()
        self._complete = True

    def take(self, source: Source) -> None:
        """Read one file; whatever is wrong with it, the next one can be read."""
        self._files.append(DesiredFile(source.name, sha256(source.data).hexdigest()))
        if not is_text(source.data, source.problems):
            self._complete = False
        else:
            file = _File(source, self)
            try:
                node = read_document(
                    source.data, source.problems, scalars=self._scalars, stream="groups", sink=file.take_group
                )
                file.take(node)
            except UnreadableError:
                self._complete = False
        self.problems += source.problems.all()

    def miss(self, problems: Problems) -> None:
        """Note a file that could not be read at all."""
        self._complete = False
        self.problems += problems.all()

    def finish(self, ignore: Collection[str]) -> Desired:
        """Compare the files with each other, and join them; ``ignore`` names rules whose warnings do not count."""
        shared = self.shared
        self.problems += shared.problems
        self.problems += shared.unknown_profiles(self.groups, complete=self._complete)
        trees = Trees([assemble(group, shared.profiles, self.lists) for group in self.groups], complete=self._complete)
        self.problems += link_problems(trees)
        groups: tuple[DesiredGroup, ...] = ()
        if not self._is_wrong():
            # Only of sound groups is it known where they hang, and what their profiles give them.
            groups = tuple(with_modes(trees))
            self.problems += tree_problems(groups)
            self.problems += shared.unused_prices({slug for group in groups for slug in group.models or ()})
        self.problems = [
            problem for problem in self.problems if problem.level is Level.ERROR or problem.rule not in ignore
        ]
        self.problems.sort(key=lambda problem: (problem.location, problem.rule, problem.message))
        if self._is_wrong():
            raise DesiredError(self.problems)
        if not groups:
            # A run that checks nothing would otherwise look like one that found nothing.
            nothing = Location(self._files[0].path, 1, 1)
            message = "no file declares a group: there is nothing to compare"
            self.problems.append(Problem("V23", Level.WARNING, nothing, "groups", message))
        return Desired(groups, tuple(self._files), tuple(self.problems), shared.prices, tuple(shared.acceptances))

    def profiles(self) -> Mapping[str, Limits]:
        """The limits of every profile."""
        return {name: {**profile.rates, **profile.usages} for name, profile in self.shared.profiles.items()}

    def _is_wrong(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)


class _File:
    """Takes the parts of one file as the reader completes them: each is validated, checked, and made compact."""

    def __init__(self, source: Source, run: _Run) -> None:
        self._name = source.name
        self._problems = source.problems
        self._run = run

    def take(self, node: Node | None) -> None:
        """The whole file, without the groups that came before."""
        if node is None or node.value is None:
            self._problems.error("V00", message="the file is empty", hint=_EMPTY_HINT)
            return
        if not isinstance(node.value, dict):
            message = f"expected a mapping with `version` and `groups`, got {shown(node.value)}"
            self._problems.error("V23", message=message, hint=_EMPTY_HINT, at=position(node.positions[0]))
            return
        rest = {block: value for block, value in node.value.items() if block != "prices"}
        for name, kind in _LISTED.items():
            if isinstance(rest.get(name), kind):
                rest[name] = kind()
        _, breaches = validate(rest, DocumentItem)
        self._report(breaches, node, ())
        for block, at, content in parts(node):
            if block == "prices":
                self._take_prices(content, at)
            elif isinstance(content.value, _LISTED.get(str(block), ())):
                self._take_entries(block, content)

    def _take_entries(self, block: Step, content: Node) -> None:
        for step, at, entry in parts(content):
            match block, step:
                case "groups", int():
                    self.take_group(step, entry)
                case "profiles", str():
                    self._take_profile(step, entry, at)
                case "accepted", int():
                    self._take_acceptance(step, entry)

    def take_group(self, index: int, node: Node) -> None:
        """One entry of ``groups``."""
        run = self._run
        item, breaches = validate(node.value, GroupItem)
        if item is None:
            breaches += run.lists.breaches_below(node.value)
            run.groups.append(salvage(node, file=self._name, index=index))
        else:
            for rule in GROUP_RULES:
                breaches += rule(item)
            run.groups.append(declare(item, node, file=self._name, index=index, lists=run.lists, breaches=breaches))
        self._report(breaches, node, ("groups", index))

    def _take_profile(self, name: str, node: Node, at: tuple[int, int]) -> None:
        path: Path = ("profiles", name)
        lists = self._run.lists
        rates = usages = NO_LIMITS
        if not name:
            self._problems.error("V22", message="a profile needs a name", path=path, at=at)
        item, breaches = validate(node.value, ProfileItem)
        if item is None:
            breaches += lists.breaches_below(node.value)
        else:
            rates = lists.of("rate_limits", item.rate_limits or ())
            usages = lists.of("usage_limits", item.usage_limits or ())
            breaches += [breach.below("rate_limits") for breach in rates.breaches]
            breaches += [breach.below("usage_limits") for breach in usages.breaches]
        profile = Profile(Location(self._name, *at), spell(path), rates.limits, usages.limits)
        self._run.shared.add_profile(name, profile)
        self._report(breaches, node, path)

    def _take_prices(self, node: Node, at: tuple[int, int]) -> None:
        item, breaches = validate(node.value, PricesItem)
        if item is not None:
            places = Places(node)
            slugs = {slug: Location(self._name, *places.find(("models", slug), key=True)) for slug in item.models}
            self._run.shared.add_prices(item, Location(self._name, *at), slugs)
        self._report(breaches, node, ("prices",))

    def _take_acceptance(self, index: int, node: Node) -> None:
        item, breaches = validate(node.value, AcceptedItem)
        if item is not None:
            places = Places(node)
            self._run.shared.add_acceptance(item, index, lambda part: Location(self._name, *places.find(part)))
        self._report(breaches, node, ("accepted", index))

    def _report(self, breaches: Sequence[Breach], node: Node, base: Path) -> None:
        if breaches:
            places = Places(node)
            for breach in breaches:
                self._problems.breach(breach, places, base)
            if self._problems.too_many:
                raise UnreadableError
