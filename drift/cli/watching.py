"""The live groups as a check reads them, for commands that show more than its report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from drift.checker.check import GroupSource
from drift.errors import GatewayError
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Reading


class Watched:
    """A source that keeps what it passes on: the last reading of each declared group, and every unmanaged group."""

    source: GroupSource
    """Set by :meth:`over`."""

    def __init__(self) -> None:
        self.unmanaged: list[Group] = []
        self._answers: dict[int, Reading] = {}

    def over(self, source: GroupSource) -> Self:
        """Pass on what this source reads."""
        self.source = source
        return self

    def answer(self, desired: DesiredGroup) -> Reading | None:
        """The last reading of a declared group."""
        return self._answers.get(id(desired))

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._kept(self.source.read(wanted, unmanaged=unmanaged))

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._kept(self.source.confirm(suspects))

    @property
    def list_failure(self) -> GatewayError | None:
        """See :class:`drift.checker.check.GroupSource`."""
        return self.source.list_failure

    @property
    def broken_items(self) -> int:
        """See :class:`drift.checker.check.GroupSource`."""
        return self.source.broken_items

    def notes(self) -> Sequence[str]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self.source.notes()

    def requests(self) -> Mapping[str, int]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self.source.requests()

    def _kept(self, readings: Iterator[Reading]) -> Iterator[Reading]:
        for reading in readings:
            if reading.desired is None:
                self.unmanaged.append(reading.live)
            else:
                self._answers[id(reading.desired)] = reading
            yield reading
