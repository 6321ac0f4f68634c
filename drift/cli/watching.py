"""The live groups as a check reads them, for commands that show more than its report."""

from collections.abc import Iterator, Mapping, Sequence

from drift.checker.check import GroupSource
from drift.errors import GatewayError
from drift.model.groups import DesiredGroup
from drift.model.readings import Reading


class Watched:
    """A source that looks at every reading it passes on; subclasses say what they keep."""

    def __init__(self, source: GroupSource) -> None:
        self._source = source

    def note(self, reading: Reading) -> None:
        """Look at a reading; what is read a second time comes again."""
        raise NotImplementedError

    def read(self, wanted: Sequence[DesiredGroup], *, unmanaged: bool) -> Iterator[Reading]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._noted(self._source.read(wanted, unmanaged=unmanaged))

    def confirm(self, suspects: Sequence[DesiredGroup]) -> Iterator[Reading]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._noted(self._source.confirm(suspects))

    @property
    def list_failure(self) -> GatewayError | None:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._source.list_failure

    @property
    def broken_items(self) -> int:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._source.broken_items

    def notes(self) -> Sequence[str]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._source.notes()

    def requests(self) -> Mapping[str, int]:
        """See :class:`drift.checker.check.GroupSource`."""
        return self._source.requests()

    def _noted(self, readings: Iterator[Reading]) -> Iterator[Reading]:
        for reading in readings:
            self.note(reading)
            yield reading
