"""What the person who runs a Pulumi program reads when a group could not be had.

The dynamic provider's process sends the text of an exception to the user, so none holds a key, a header or a URL
with a query. The class names are part of what people see.
"""

from drift.errors import DesiredError, DriftError, SettingsError

__all__ = ["DeclaredError", "GroupReadError", "SettingsError"]


class GroupReadError(DriftError):
    """The group could not be read, so nothing is known about it; or it was to be written, which never happens."""


class DeclaredError(DriftError):
    """``declared`` is not a desired group: every problem that the command would report, one a line."""

    @classmethod
    def of(cls, error: DesiredError, what: str, *, with_places: bool) -> "DeclaredError":
        """The problems of a file, or of a mapping, which has no lines to name.

        Args:
            error: What reading the declaration found.
            what: The declaration, as the author knows it.
            with_places: Whether file, line and column mean something.
        """
        lines = [f"{what}: {error.message if with_places else error.message.replace('files', 'group')}"]
        for problem in error.problems:
            place = f"{problem.location}: " if with_places else ""
            path = problem.path if with_places else problem.path.removeprefix("groups[0]").lstrip(".")
            hint = f" ({problem.hint})" if problem.hint else ""
            lines.append(f"  {place}{problem.rule} {path}: {problem.message}{hint}")
        return cls("\n".join(lines))


def not_found(what: str) -> GroupReadError:
    """The error for a group that the workspace does not have."""
    return GroupReadError(
        f"{what} was not found in this workspace: it was deleted, the key is of another workspace, or the id is not "
        "the internal one (get_gateway_group(external_entity_id=...) looks it up)"
    )


def sentence(error: DriftError) -> str:
    """An error as one text, with what to do about it."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
