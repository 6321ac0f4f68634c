"""What one update does, as lines for the person who reviews it."""

from collections.abc import Iterator

from drift.model.limits import LimitKey, Limits, Models
from drift.model.wording import change, number, quoted


def described(before_name: str | None, after_name: str | None, before: Models, after: Models) -> Iterator[str]:
    """A line for each difference, from live to what the update makes of it."""
    if before_name != after_name:
        yield f"name {quoted(before_name)} -> {quoted(after_name)}"
    for slug in sorted(before.keys() | after.keys()):
        if slug not in after:
            yield f"{slug}: taken away, had {_limits(before[slug])}"
        elif slug not in before:
            yield f"{slug}: given, with {_limits(after[slug])}"
        else:
            yield from _changed(slug, before[slug], after[slug])


def _changed(slug: str, before: Limits, after: Limits) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) == after.get(key):
            continue
        match before.get(key), after.get(key):
            case int(old), int(new):
                blocks = "; no traffic expected" if new == 0 else ""
                yield f"{slug} {key}: {change(old, new)}{blocks}"
            case old, None:
                yield f"{slug} {key}: {_threshold(old)} -> none on this group"
            case _, new:
                yield f"{slug} {key}: none -> {_threshold(new)}"


def _threshold(value: int | None) -> str:
    return "none" if value is None else number(value)


def _limits(limits: Limits) -> str:
    ordered: list[LimitKey] = sorted(limits)
    return ", ".join(f"{key} {number(limits[key])}" for key in ordered) or "no limits"
