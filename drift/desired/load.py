"""The use case: paths in, everything that they declare or everything wrong with them out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from drift.desired.accepted import AcceptedList
from drift.desired.assembly import assemble
from drift.desired.document import Document
from drift.desired.encoding import is_text
from drift.desired.files import Source, Sources
from drift.desired.forest import FOREST_RULES, Forest
from drift.desired.limits import LimitLists
from drift.desired.pin_rules import sources_are_declared
from drift.desired.prices import PriceTable
from drift.desired.problems import Problems
from drift.desired.profiles import Profiles
from drift.desired.reader import UnreadableError, read_document
from drift.desired.scalars import PlainScalars
from drift.desired.tree_rules import tree_problems
from drift.desired.values import Desired, DesiredFile
from drift.errors import DesiredError, Level, Location, Problem
from drift.model.collector import cyclic_collection_paused
from drift.model.limits import Limits

if TYPE_CHECKING:
    from drift.desired.declared import Declared
    from drift.model.groups import DesiredGroup


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
        self._files: list[DesiredFile] = []
        self._groups: list[Declared] = []
        self._profiles = Profiles()
        self._prices = PriceTable()
        self._accepted = AcceptedList()
        self._lists = LimitLists()
        self._scalars = PlainScalars()
        self._complete = True

    def take(self, source: Source) -> None:
        """Read one file; whatever is wrong with it, the next one can be read."""
        self._files.append(DesiredFile(source.name, sha256(source.data).hexdigest()))
        if not is_text(source.data, source.problems):
            self._complete = False
        else:
            document = Document(
                source,
                profiles=self._profiles,
                prices=self._prices,
                accepted=self._accepted,
                lists=self._lists,
                groups=self._groups,
            )
            try:
                node = read_document(
                    source.data, source.problems, scalars=self._scalars, stream="groups", sink=document.take_group
                )
                document.take(node)
            except UnreadableError:
                self._complete = False
        self.problems += source.problems.all()

    def miss(self, problems: Problems) -> None:
        """Note a file that could not be read at all."""
        self._complete = False
        self.problems += problems.all()

    def finish(self, ignore: Collection[str]) -> Desired:
        """Hold the files against each other, and join them; ``ignore`` names rules whose warnings do not count."""
        forest = Forest(self._groups, complete=self._complete)
        self.problems += self._profiles.problems
        self.problems += self._profiles.unknown(self._groups, complete=self._complete)
        self.problems += self._prices.problems
        self.problems += self._accepted.problems
        for rule in FOREST_RULES:
            self.problems += rule(forest)
        self.problems += sources_are_declared(forest)
        groups: tuple[DesiredGroup, ...] = ()
        if not self._is_wrong():
            # Only of sound groups is it known where they hang, and what their profiles give them.
            groups = tuple(assemble(forest, self._profiles, self._lists))
            self.problems += tree_problems(groups)
            if self._prices.prices:
                self.problems += self._prices.unknown({slug for group in groups for slug in group.models or ()})
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
        return Desired(
            groups, tuple(self._files), tuple(self.problems), self._prices.prices, tuple(self._accepted.acceptances)
        )

    def profiles(self) -> Mapping[str, Limits]:
        """The limits of every profile."""
        return {name: {**profile.rates, **profile.usages} for name, profile in self._profiles.items()}

    def _is_wrong(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)
