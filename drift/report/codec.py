"""Published values to and from JSON; the paths of differences stand there as lists of text."""

from typing import Any, Literal, TypeVar

import msgspec

from drift.model.paths import Path, path_of

T = TypeVar("T")


def encode(value: object, *, order: Literal["deterministic"] | None = None) -> bytes:
    """One line of JSON; with an ``order`` equal values have equal bytes."""
    return msgspec.json.encode(value, enc_hook=_parts, order=order)


def builtins(value: object) -> object:
    """The value as dictionaries, lists, texts and numbers."""
    return msgspec.to_builtins(value, enc_hook=_parts)


def decode(document: bytes | str, type_: type[T]) -> T:
    """The value that the JSON stands for; members that the type does not have are ignored.

    Raises:
        msgspec.ValidationError: It is JSON of another shape.
        msgspec.DecodeError: It is not JSON.
    """
    return msgspec.json.decode(document, type=type_, dec_hook=_path)


def schema(type_: type) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the encoded type."""
    return msgspec.json.schema(type_, schema_hook=lambda _: {"type": "array", "items": {"type": "string"}})


def _parts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - msgspec hands over what it has no form for
    if isinstance(value, Path):
        return value.parts
    raise TypeError(f"no JSON form of {type(value)}")


def _path(_type: type, value: Any) -> Path:  # noqa: ANN401 - any JSON may stand there
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError("Expected `array` of `str`")
    return path_of(value)
