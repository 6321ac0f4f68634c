"""The unannounced changes behind `drift demo`."""

from datetime import UTC, datetime

from drift.model.limits import Models
from drift.sandbox.seeding import seed
from drift.sandbox.tampering import tamper
from drift.sandbox.world import World
from tests.builders import MODEL, RPM, TPD, TPM, declared


def world_of(*groups: tuple[str, str | None], models: Models, parent: str | None = None) -> World:
    world = World(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    seed(world, [declared(name, id=pin, models=models, parent=parent) for name, pin in groups])
    return world


RICH: Models = {MODEL: {TPM: 6000, TPD: 10**6}, "org/other": {RPM: 60}}


def test_a_workspace_of_some_size_meets_every_kind_of_change_once() -> None:
    world = world_of(("a", None), ("b", "pin"), ("c", None), ("d", None), models=RICH)

    done = [tampering.what for tampering in tamper(world, pinned=["pin"])]

    assert len(done) == len(set(done)) == 12


def test_the_pinned_group_lives_on_under_another_id() -> None:
    world = world_of(("a", None), ("b", "pin"), models=RICH)

    tamper(world, pinned=["pin"])

    again = world.find("b")
    assert again is not None
    assert again.id != "pin"


def test_changes_are_spread_over_the_groups() -> None:
    world = world_of(*((f"g{number}", None) for number in range(9)), models=RICH)

    touched = [tampering.external_entity_id for tampering in tamper(world)]

    assert len(set(touched)) >= 9


def test_what_does_not_fit_is_left_out() -> None:
    world = world_of(("a", None), models={})

    assert [tampering.what for tampering in tamper(world)] == ["deleted the group"]


def test_an_empty_workspace_cannot_be_tampered_with() -> None:
    assert tamper(World(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))) == ()
