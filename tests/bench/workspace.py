"""A workspace of any size, the same every time: what is declared, and what the API says.

Most groups are in sync, though the API's lists come in another order than the files have. One group in a
hundred has one changed limit, and one in a thousand differs in many places.
"""

import json
import random
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_SLUGS = [f"org-{n % 7}/model-{n}" for n in range(40)]
_MODELS = (1, 2, 2, 3, 3, 4, 4, 5, 6, 10)
_DAYS = (60, 240, 480, 900)
"""Minutes at the full rate that a day allows: few, because customers share tiers."""
_STEPS = (250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000)
PER_FILE = 25_000
"""Groups that one desired file holds at most, by its size."""
_TYPES = ("TOKEN", "REQUEST")
_KINDS = ("rate_limits", "usage_limits")

DISTINCT = 10_000
"""Groups with models of their own; those after them have the same again, so that a million are made in seconds."""
_NUMBER = 7
"""Digits of a number in ids."""

Model = dict[str, Any]


class Customer(NamedTuple):
    """One group, seen from both sides."""

    id: str
    external_id: str
    name: str
    models: list[Model]
    """As declared: a list that is left out is empty."""
    live_name: str
    live_models: list[Model]


def customer(number: int, *, in_sync: bool = False) -> Customer:
    """The group of that number; ``in_sync`` leaves its changes out."""
    chance = random.Random(number % DISTINCT)  # noqa: S311 - the same groups every time
    declared = [_model(slug, chance) for slug in chance.sample(_SLUGS, chance.choice(_MODELS))]
    name = f"Customer {number}"
    live = [
        {"slug": model["slug"], **{kind: [dict(limit) for limit in model.get(kind, ())] for kind in _KINDS}}
        for model in declared
    ]
    limits = [limit for model in live for kind in _KINDS for limit in model[kind]]
    live_name = name
    if in_sync:
        pass
    elif number % 1000 == 500:
        live_name = "Renamed"
        for limit in limits:
            limit["threshold"] *= 3
    elif number % 100 == 17:
        chance.choice(limits)["threshold"] += 1
    for model in live:
        for kind in _KINDS:
            chance.shuffle(model[kind])
    chance.shuffle(live)
    return Customer(f"grp{_digits(number)}", f"cust-{_digits(number)}", name, declared, live_name, live)


def drifted(groups: int) -> int:
    """How many of the first so many groups differ."""
    return sum(number % 1000 == 500 or number % 100 == 17 for number in range(groups))


def _model(slug: str, chance: random.Random) -> Model:
    """Limits that make sense together, so that no rule warns of them."""
    model: Model = {"slug": slug}
    rates = [
        {"type": type_, "unit": chance.choice(("SECOND", "MINUTE")), "threshold": chance.choice(_STEPS) * 10}
        for type_ in chance.sample(_TYPES, chance.randint(0, 2))
    ]
    per_minute = {rate["type"]: rate["threshold"] * (60 if rate["unit"] == "SECOND" else 1) for rate in rates}
    usages = [
        {"type": type_, "unit": "DAY", "threshold": per_minute.get(type_, 10_000) * chance.choice(_DAYS)}
        for type_ in chance.sample(_TYPES, chance.randint(0 if rates else 1, 2))
    ]
    if rates:
        model["rate_limits"] = rates
    if usages:
        model["usage_limits"] = usages
    return model


def _digits(number: int) -> str:
    return f"{number:0{_NUMBER}d}"


def answer(number: int, *, in_sync: bool = False) -> bytes:
    """The group as the API sends it."""
    return _numbered(_answer(number % DISTINCT, in_sync=in_sync), number)


def declaration(number: int) -> str:
    """The group as it is declared, everything written out, in the block style that people use."""
    return _numbered(_declaration(number % DISTINCT).encode(), number).decode()


def _numbered(text: bytes, number: int) -> bytes:
    """The same text for another group: ids, which are of one length, and names."""
    known = number % DISTINCT
    if known == number:
        return text
    text = text.replace(b"Customer %d" % known, b"Customer %d" % number)
    return text.replace(b"grp" + _digits(known).encode(), b"grp" + _digits(number).encode()).replace(
        b"cust-" + _digits(known).encode(), b"cust-" + _digits(number).encode()
    )


@lru_cache(maxsize=2 * DISTINCT)
def _answer(number: int, *, in_sync: bool) -> bytes:
    group = customer(number, in_sync=in_sync)
    effective = [
        {
            "slug": model["slug"],
            **{kind: [{**limit, "source_group": group.id} for limit in model[kind]] for kind in _KINDS},
        }
        for model in group.live_models
    ]
    return json.dumps(
        {
            "id": group.id,
            "metadata": {"external_entity_id": group.external_id, "name": group.live_name},
            "models": group.live_models,
            "effective_models": effective,
            "hierarchy": {"limit_enforcement": "INDEPENDENT", "parent_group_id": None},
            "created_at": "2026-05-13T12:00:00Z",
        },
        separators=(",", ":"),
    ).encode()


@lru_cache(maxsize=DISTINCT)
def _declaration(number: int) -> str:
    group = customer(number)
    lines = [
        f"- id: {group.id}",
        "  metadata:",
        f"    external_entity_id: {group.external_id}",
        f"    name: {group.name}",
        "  hierarchy:",
        "    limit_enforcement: INDEPENDENT",
        "  models:",
    ]
    for model in group.models:
        lines.append(f"  - slug: {model['slug']}")
        for kind in _KINDS:
            if kind in model:
                lines.append(f"    {kind}:")
            for limit in model.get(kind, ()):
                lines += [
                    f"    - type: {limit['type']}",
                    f"      unit: {limit['unit']}",
                    f"      threshold: {limit['threshold']}",
                ]
    return "\n".join(lines) + "\n"


def write(directory: Path, groups: int, files: int = 1) -> Path:
    """Write the declarations of the first groups, spread evenly over files, to a new directory."""
    target = directory / f"{groups}-in-{files}"
    target.mkdir()
    for index in range(files):
        with (target / f"{index:05d}.yaml").open("w", encoding="utf-8") as file:
            file.write("version: 1\ngroups:\n")
            file.writelines(_declarations(range(index * groups // files, (index + 1) * groups // files)))
    return target


def _declarations(numbers: range) -> Iterator[str]:
    return (declaration(number) for number in numbers)
