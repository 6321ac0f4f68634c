"""The use case: paths in, everything that they declare or everything wrong with them out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from os import PathLike
from typing import NamedTuple

from drift.desired import Desired, DesiredFile
from drift.desired.declared import Borrowed, declare, salvage, with_profiles
from drift.desired.files import Source, is_text, read_files
from drift.desired.group_rules import GROUP_RULES
from drift.desired.nodes import Problems, Step, UnreadableError, Value, YamlValue, parts, position, shown
from drift.desired.reader import read_document
from drift.desired.scalars import PlainScalars
from drift.desired.shape import DocumentItem, GroupItem
from drift.desired.shared import Shared
from drift.desired.tree_rules import tree_problems
from drift.desired.trees import Trees, link_problems, with_modes
from drift.desired.validation import validate
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
        run = _Loading()
        for source in read_files(paths, stdin):
            run.take(source)
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
        run = _Loading()
        for name, text in texts.items():
            run.take(Source(Problems(name), text.encode()))
        desired = run.finish(())
        profiles = {name: {**profile.rates, **profile.usages} for name, profile in run.shared.profiles.items()}
        return Declarations(desired, profiles)


class _Loading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.groups: list[DesiredGroup] = []
        self.borrowed: dict[int, Sequence[Borrowed]] = {}
        """By position of the group."""
        self.shared = Shared()
        self._problems: list[Problem] = []
        self._files: list[DesiredFile] = []
        self._scalars = PlainScalars()
        self._complete = True

    def take(self, source: Source) -> None:
        """Read one file; whatever is wrong with it, the next one can be read."""
        problems, data = source
        if data is not None:
            self._files.append(DesiredFile(problems.file, sha256(data).hexdigest()))
        if data is None or not is_text(data, problems):
            self._complete = False
        else:
            file = _LoadedFile(problems, self)
            try:
                file.take(read_document(data, problems, scalars=self._scalars, sink=file.take_group))
            except UnreadableError:
                self._complete = False
        self._problems += problems.all()

    def finish(self, ignore: Collection[str]) -> Desired:
        """Compare the files with each other, and join them; ``ignore`` names rules whose warnings do not count."""
        shared, groups = self.shared, self.groups
        for index, models in self.borrowed.items():
            groups[index] = with_profiles(groups[index], models, shared.profiles, shared.lists)
        trees = Trees(groups, complete=self._complete)
        self._problems += link_problems(trees, self.borrowed, shared.profiles)
        if not self._is_wrong():
            # Only of sound groups is it known where they hang, and what their profiles give them.
            trees = with_modes(trees)
            self._problems += tree_problems(trees)
            self._problems += shared.unused_prices({slug for group in groups for slug in group.models or ()})
        found = [problem for problem in self._problems if problem.level is Level.ERROR or problem.rule not in ignore]
        found.sort(key=lambda problem: (problem.location, problem.rule, problem.message))
        if self._is_wrong():
            raise DesiredError(found)
        if not groups:
            # A run that checks nothing would otherwise look like one that found nothing.
            nothing = Location(self._files[0].path, 1, 1)
            message = "no file declares a group: there is nothing to compare"
            found.append(Problem("V23", Level.WARNING, nothing, "groups", message))
        return Desired(tuple(trees.groups), tuple(self._files), tuple(found), shared.prices, tuple(shared.acceptances))

    def _is_wrong(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self._problems)


class _LoadedFile:
    """Takes the parts of one file as the reader completes them: each is validated, checked, and made compact."""

    def __init__(self, problems: Problems, run: _Loading) -> None:
        self._problems = problems
        self._run = run

    def take(self, node: YamlValue | None) -> None:
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
        self._problems.report(breaches, node, ())
        for block, at, content in parts(node):
            if block == "prices":
                self._run.shared.take_prices(content, at, self._problems)
            elif isinstance(content.value, _LISTED.get(str(block), ())):
                self._take_entries(block, content)

    def _take_entries(self, block: Step, content: YamlValue) -> None:
        shared = self._run.shared
        for step, at, entry in parts(content):
            match block, step:
                case "groups", int():
                    self.take_group(step, entry)
                case "profiles", str():
                    shared.take_profile(step, entry, at, self._problems)
                case "accepted", int():
                    shared.take_acceptance(step, entry, self._problems)

    def take_group(self, index: int, node: YamlValue) -> None:
        """One entry of ``groups``."""
        run, file = self._run, self._problems.file
        item, breaches = validate(node.value, GroupItem)
        if item is None:
            breaches += run.shared.lists.breaches_below(node.value)
            group, borrowed = salvage(node, file=file)
        else:
            for rule in GROUP_RULES:
                breaches += rule(item)
            group, borrowed = declare(item, node, file=file, lists=run.shared.lists, breaches=breaches)
        if borrowed:
            run.borrowed[len(run.groups)] = borrowed
        run.groups.append(group)
        self._problems.report(breaches, node, ("groups", index))
