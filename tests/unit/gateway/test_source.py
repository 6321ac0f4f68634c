"""The read plan against a gateway in memory: what came of each group, and which requests it took."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import httpx
import pytest

from drift.errors import Cause, SettingsError
from drift.gateway.key import ApiKey
from drift.gateway.retry import TRIES, TRIES_TO_READ
from drift.gateway.settings import ReadMode, ReadOptions
from drift.gateway.source import FEW, SAMPLE, GatewaySource
from drift.model.groups import DesiredGroup
from drift.model.limits import EffectiveKey
from drift.model.readings import Failed, Found, Reading
from drift.sandbox.faults import CannedAnswer, Fault, drop, happening, repeat_cursor, small_pages, thresholds, truncate

if TYPE_CHECKING:
    from tests.unit.gateway.conftest import FakeTime, Gateway

Declare = Callable[..., DesiredGroup]
LIST = "/groups?limit=1000"
ONE = "/v1/gateway/groups/*"
ALL = "/v1/gateway/groups"


def outcome(readings: Iterable[Reading]) -> Counter[str]:
    """How often each kind of reading came, with causes."""
    return Counter(
        f"failed: {reading.cause}" if isinstance(reading, Failed) else type(reading).__name__.lower()
        for reading in readings
    )


def names(count: int) -> list[str]:
    """External ids."""
    return [f"g{number}" for number in range(count)]


class TestByGet:
    """Groups asked for one by one."""

    def test_by_id(self, gateway: "Gateway", declare: Declare) -> None:
        """A pinned group takes one request."""
        (id_,) = gateway.create("acme")
        desired = declare("acme", pinned=id_)
        with gateway.source() as source:
            (reading,) = source.read([desired], unmanaged=False)
        assert isinstance(reading, Found)
        assert reading.desired is desired
        assert reading.live.external_entity_id == "acme"
        assert reading.live.effective_models is not None
        assert gateway.asked == [f"/groups/{id_}"]
        assert source.requests() == {"get": 1, "list": 0, "retries": 0, "throttled": 0}

    def test_by_external_id(self, gateway: "Gateway", declare: Declare) -> None:
        """So does one without a pin."""
        gateway.create("acme")
        with gateway.source() as source:
            assert outcome(source.read([declare("acme")], unmanaged=False)) == {"found": 1}
        assert gateway.asked == [f"{LIST}&external_entity_id=acme"]

    def test_created_anew(self, gateway: "Gateway", declare: Declare) -> None:
        """A pinned id that is gone leads to the group that has the external id now."""
        (id_,) = gateway.create("acme")
        with gateway.source() as source:
            (reading,) = source.read([declare("acme", pinned="gone")], unmanaged=False)
        assert isinstance(reading, Found)
        assert reading.live.id == id_
        assert gateway.asked == ["/groups/gone", f"{LIST}&external_entity_id=acme"]

    def test_missing_by_both_ids(self, gateway: "Gateway", declare: Declare) -> None:
        """One wanted group that is nowhere is missing, as both looks say."""
        with gateway.source() as source:
            assert outcome(source.read([declare("acme", pinned="gone")], unmanaged=False)) == {"missing": 1}
        assert gateway.asked == ["/groups/gone", f"{LIST}&external_entity_id=acme"]

    def test_missing_by_id_alone(self, gateway: "Gateway", declare: Declare) -> None:
        """Where only the id is known, it decides."""
        with gateway.source() as source:
            assert outcome(source.read([declare(pinned="gone")], unmanaged=False)) == {"missing": 1}

    def test_404_page_of_something_else(self, gateway: "Gateway", declare: Declare) -> None:
        """A 404 that is not the gateway's needs the list to agree; without an external id, nothing is known."""
        gateway.faults = [Fault(CannedAnswer(404, b"<h1>", "text/html"), path=ONE)]
        gateway.create("acme")
        wanted = [declare("acme", pinned="x"), declare("other", pinned="y"), declare(pinned="z")]
        with gateway.source() as source:
            readings = list(source.read(wanted, unmanaged=False))
        assert outcome(readings) == {"found": 1, "missing": 1, "failed: unexpected-status": 1}

    def test_pinned_id_of_another_group(self, gateway: "Gateway", declare: Declare) -> None:
        """The group with the pinned id is shown, for the comparison to say that it is another one."""
        (id_,) = gateway.create("other")
        with gateway.source() as source:
            (reading,) = source.read([declare("acme", pinned=id_)], unmanaged=False)
        assert isinstance(reading, Found)
        assert reading.live.external_entity_id == "other"

    def test_list_forbidden(self, gateway: "Gateway", declare: Declare) -> None:
        """A 404 that cannot be checked by external id proves nothing."""
        gateway.faults = [Fault(CannedAnswer(403), path=ALL)]
        with gateway.source() as source:
            readings = source.read([declare("acme", pinned="gone")], unmanaged=False)
            assert outcome(readings) == {"failed: forbidden": 1}

    def test_one_forbidden_group(self, gateway: "Gateway", declare: Declare) -> None:
        """No access to one group says nothing about the others."""
        ids = gateway.create(*names(3))
        gateway.faults = [Fault(CannedAnswer(403), path=f"{ALL}/{ids[1]}")]
        wanted = [declare(name, pinned=id_) for name, id_ in zip(names(3), ids, strict=True)]
        with gateway.source() as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 2, "failed: forbidden": 1}

    def test_many(self, gateway: "Gateway", declare: Declare) -> None:
        """The mode overrides the counting of calls."""
        ids = gateway.create(*names(200))
        with gateway.source(ReadOptions(read="get", concurrency=8)) as source:
            wanted = [declare(pinned=id_) for id_ in ids]
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 200}
        assert source.requests() == {"get": 200, "list": 0, "retries": 0, "throttled": 0}

    def test_gives_up_when_nothing_answers(self, gateway: "Gateway", declare: Declare) -> None:
        """A server that is down is not asked for every group."""
        gateway.faults = [Fault(drop())]
        with gateway.source(ReadOptions(read="get", concurrency=2, rate=None)) as source:
            readings = list(source.read([declare(name) for name in names(500)], unmanaged=False))
        assert outcome(readings) == {"failed: unreachable": 500}
        assert len(gateway.asked) <= 13 * TRIES


class TestByList:
    """Groups read from the list."""

    def test_auto_takes_fewer_calls(self, gateway: "Gateway", declare: Declare) -> None:
        """Thousands of groups take as many calls as there are pages."""
        gateway.create(*names(2500))
        with gateway.source() as source:
            readings = source.read([declare(name) for name in names(2500)], unmanaged=False)
            assert outcome(readings) == {"found": 2500}
        assert source.requests() == {"get": 0, "list": 3, "retries": 0, "throttled": 0}
        assert gateway.asked[0] == LIST
        assert "cursor" in gateway.asked[1]

    def test_every_group_is_reported_once_and_as_the_same_object(self, gateway: "Gateway", declare: Declare) -> None:
        """The readings answer the very declarations that were asked for."""
        gateway.create(*names(20))
        wanted = [declare(name) for name in names(25)]
        with gateway.source() as source:
            readings = list(source.read(wanted, unmanaged=False))
        assert {id(reading.desired) for reading in readings} == {id(desired) for desired in wanted}
        assert outcome(readings) == {"found": 20, "missing": 5}

    def test_stops_when_all_are_found(self, gateway: "Gateway", declare: Declare) -> None:
        """Pages that are not needed are not asked for."""
        gateway.create(*names(5000))
        with gateway.source() as source:
            assert outcome(source.read([declare(name) for name in names(900)], unmanaged=False)) == {"found": 900}
        assert source.requests()["list"] == 1

    def test_turns_to_gets(self, gateway: "Gateway", declare: Declare) -> None:
        """Once the list has taken more calls than there are groups left, they are asked for one by one."""
        gateway.create(*names(9000))
        wanted = [declare(name) for name in (*names(10), "g8998", "g8999")]
        with gateway.source() as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 12}
        assert source.requests()["list"] == 3 + 2

    def test_list_mode_reads_on(self, gateway: "Gateway", declare: Declare) -> None:
        """The mode overrides that too."""
        gateway.create(*names(4000))
        with gateway.source(ReadOptions(read="list")) as source:
            assert outcome(source.read([declare("g3999")], unmanaged=False)) == {"found": 1}
        assert source.requests()["list"] == 4

    def test_absence_is_checked(self, gateway: "Gateway", declare: Declare) -> None:
        """A list is no snapshot: what it did not show is asked for before it is missing."""
        gateway.create(*names(10))

        def create() -> None:
            gateway.create("late")

        gateway.faults = [Fault(happening(create), path=ALL, start=2, times=1)]
        wanted = [declare(name) for name in (*names(10), "late", "never")]
        with gateway.source(ReadOptions(concurrency=1)) as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 11, "missing": 1}
        assert gateway.asked == [LIST, f"{LIST}&external_entity_id=late", f"{LIST}&external_entity_id=never"]

    def test_by_pinned_id(self, gateway: "Gateway", declare: Declare) -> None:
        """A group of which only the id is declared is recognised by it."""
        ids = gateway.create(*names(10))
        with gateway.source() as source:
            assert outcome(source.read([declare(pinned=id_) for id_ in ids], unmanaged=False)) == {"found": 10}
        assert gateway.asked == [LIST]

    def test_effective_limits(self, gateway: "Gateway", declare: Declare) -> None:
        """Listed groups have their effective limits, as groups that are asked for one by one have."""
        gateway.create("a")
        with gateway.source(ReadOptions(read="list")) as source:
            (reading,) = source.read([declare("a")], unmanaged=False)
        assert isinstance(reading, Found)
        assert reading.live.effective_models == {
            "org/model": {EffectiveKey("rate_limits", "TOKEN", "MINUTE", gateway.id_of("a")): 100}
        }

    def test_unmanaged(self, gateway: "Gateway", declare: Declare) -> None:
        """All groups of the list, to its end, each once."""
        gateway.create(*names(1500))
        with gateway.source() as source:
            readings = list(source.read([declare("g0"), declare("none")], unmanaged=True))
        assert outcome(readings) == {"found": 1500, "missing": 1}
        assert sum(reading.desired is None for reading in readings) == 1499
        assert source.list_failure is None

    def test_unmanaged_alone(self, gateway: "Gateway") -> None:
        """Nothing has to be declared for it."""
        gateway.create("a")
        with gateway.source() as source:
            assert outcome(source.read([], unmanaged=True)) == {"found": 1}
            assert outcome(source.read([], unmanaged=False)) == {}

    def test_broken_item(self, gateway: "Gateway", declare: Declare) -> None:
        """A group that cannot be read is unread; it is not asked for again, and hides no other."""
        gateway.create(*names(10))
        gateway.faults = [Fault(thresholds("5.0"), path=ALL, times=1)]
        with gateway.source(ReadOptions(read="list")) as source:
            readings = list(source.read([declare(name) for name in names(3)], unmanaged=False))
        assert outcome(readings) == {"failed: unreadable-response": 3}
        assert len(gateway.asked) == 1
        assert len(source.notes()) == 7
        assert "'g9'" in source.notes()[-1]

    def test_two_groups_with_one_external_id(self, gateway: "Gateway", declare: Declare) -> None:
        """The list says two things of one group, and the filter too: neither is believed."""
        group = '{"id": "%s", "metadata": {"external_entity_id": "a"}, "created_at": "", '
        group += '"hierarchy": {"limit_enforcement": "INDEPENDENT"}}'
        items = ",".join(group % id_ for id_ in ("old", "old", "new"))
        body = f'{{"items": [{items}], "pagination": {{"has_more": false}}}}'
        one = Fault(CannedAnswer(200, (group % "old").encode()), path=f"{ALL}/old")
        gateway.faults = [Fault(CannedAnswer(200, body.encode()), path=ALL), one]
        with gateway.source(ReadOptions(read="list")) as source:
            readings = list(source.read([declare("a")], unmanaged=True))
        assert outcome(readings[:1]) == {"found": 1}
        assert outcome(readings[1:]) == {"failed: inconsistent": 1}
        assert source.notes() == ("two groups of the list have the external id 'a': 'old' and 'new'",)

    def test_created_anew_while_the_list_is_read(self, gateway: "Gateway", declare: Declare) -> None:
        """The list shows the group before and after; the one that is there now is reported last."""
        (old,) = gateway.create("a")
        gateway.create(*names(4))

        def create_anew() -> None:
            gateway.world.ask("DELETE", f"{ALL}/{old}")
            gateway.create("a")

        gateway.faults = [Fault(small_pages(2), path=ALL), Fault(happening(create_anew), path=ALL, start=2, times=1)]
        with gateway.source(ReadOptions(read="list")) as source:
            wanted = [declare("a"), declare("g3")]
            readings = [reading for reading in source.read(wanted, unmanaged=True) if isinstance(reading, Found)]
        assert [reading.live.id for reading in readings if reading.desired is wanted[0]] == [old, gateway.id_of("a")]
        assert gateway.asked[-1] == f"{LIST}&external_entity_id=a"

    def test_namesake_before_the_group_itself(self, gateway: "Gateway", declare: Declare) -> None:
        """A pin that points to another group does not hide the one with the declared external id."""
        (other, acme) = gateway.create("other", "acme")
        with gateway.source(ReadOptions(read="list")) as source:
            readings = list(source.read([declare("acme", pinned=other)], unmanaged=True))
        by_id = {reading.live.id: reading.desired for reading in readings if isinstance(reading, Found)}
        assert by_id[acme] is not None
        assert by_id[other] is None

    def test_namesake_alone(self, gateway: "Gateway", declare: Declare) -> None:
        """Without such a group it is shown, for the comparison to say that it is another one."""
        (other,) = gateway.create("other")
        with gateway.source(ReadOptions(read="list")) as source:
            (reading,) = source.read([declare("acme", pinned=other)], unmanaged=False)
        assert isinstance(reading, Found)
        assert reading.live.id == other


class TestListThatBreaksOff:
    """What was read stays read; the rest is asked for one by one if that may help."""

    def test_few_left(self, gateway: "Gateway", declare: Declare) -> None:
        """A few groups are worth a request each."""
        gateway.create(*names(1050))
        gateway.faults = [Fault(CannedAnswer(500), path=ALL, start=2, times=TRIES)]
        with gateway.source(ReadOptions(read="list")) as source:
            readings = source.read([declare(name) for name in names(1050)], unmanaged=False)
            assert outcome(readings) == {"found": 1050}
        assert source.requests() == {"get": 0, "list": 1 + TRIES + 50, "retries": TRIES - 1, "throttled": 0}
        assert "broke off" in source.notes()[0]

    def test_many_left(self, gateway: "Gateway", declare: Declare) -> None:
        """Many are not: they are unread, for the reason that ended the list."""
        gateway.create(*names(2000))
        gateway.faults = [Fault(truncate(), path=ALL, start=2)]
        with gateway.source() as source:
            readings = source.read([declare(name) for name in names(2000)], unmanaged=False)
            assert outcome(readings) == {"found": 1000, "failed: unreadable-response": 1000}
        assert len(gateway.asked) == 1 + TRIES_TO_READ

    @pytest.mark.parametrize("status", [401, 403, 429])
    def test_gets_would_fail_alike(self, gateway: "Gateway", declare: Declare, status: int) -> None:
        """No access is no access, and a throttle is not escaped by more requests."""
        gateway.create(*names(1050))
        gateway.faults = [Fault(CannedAnswer(status, retry_after=1), start=2)]
        with gateway.source(ReadOptions(read="list")) as source:
            readings = outcome(source.read([declare(name) for name in names(1050)], unmanaged=False))
        assert readings["found"] == 1000
        assert readings.total() == 1050
        assert len(gateway.asked) <= 1 + TRIES

    def test_unmanaged_groups_that_were_not_listed(self, gateway: "Gateway", declare: Declare) -> None:
        """Where all declared groups were found, it is still said that others were not seen."""
        gateway.create(*names(1050))
        gateway.faults = [Fault(CannedAnswer(500), path=ALL, start=2)]
        with gateway.source() as source:
            assert outcome(source.read([declare("g0")], unmanaged=True)) == {"found": 1000}
            assert source.list_failure is not None
            assert source.list_failure.cause is Cause.SERVER_ERROR
            assert "unmanaged" in source.notes()[0]

    def test_circle(self, gateway: "Gateway", declare: Declare) -> None:
        """A cursor that came before ends the list, not the patience of the user."""
        gateway.create(*names(3000))
        gateway.faults = [Fault(repeat_cursor(), path=ALL)]
        with gateway.source() as source:
            readings = source.read([declare(name) for name in names(3000)], unmanaged=False)
            assert outcome(readings)["failed: inconsistent"] >= 1000
        assert len(gateway.asked) <= 3

    def test_more_without_a_cursor(self, gateway: "Gateway", declare: Declare) -> None:
        """A list that says there is more and not where is not complete."""
        body = b'{"items": [], "pagination": {"has_more": true, "cursor": null}}'
        gateway.faults = [Fault(CannedAnswer(200, body), path=ALL)]
        with gateway.source() as source:
            readings = source.read([declare(name) for name in names(1000)], unmanaged=False)
            assert outcome(readings) == {"failed: inconsistent": 1000}
        assert len(gateway.asked) == 1

    def test_endless(self, gateway: "Gateway") -> None:
        """Ever new cursors to ever the same page end too."""
        bodies = [
            CannedAnswer(200, b'{"items": [], "pagination": {"has_more": true, "cursor": "%d"}}' % number)
            for number in range(100)
        ]
        gateway.faults = [Fault(body, path=ALL, start=number, times=1) for number, body in enumerate(bodies, start=1)]
        with gateway.source() as source:
            assert outcome(source.read([], unmanaged=True)) == {}
            assert source.list_failure is not None
            assert "does not end" in source.list_failure.message
        assert len(gateway.asked) <= 5


class TestNothingFound:
    """All declared groups absent: more likely the wrong key than a mass deletion."""

    @pytest.mark.parametrize("mode", ["get", "list", "auto"])
    @pytest.mark.parametrize("count", [2, 3, 20])
    def test_suspects_the_key(self, gateway: "Gateway", declare: Declare, mode: ReadMode, count: int) -> None:
        """None is called missing."""
        gateway.create("another workspace's group")
        with gateway.source(ReadOptions(read=mode)) as source:
            readings = source.read([declare(name) for name in names(count)], unmanaged=False)
            assert outcome(readings) == {"failed: not-found-anywhere": count}

    def test_in_few_calls(self, gateway: "Gateway", declare: Declare) -> None:
        """A list without any of them is believed after a sample."""
        with gateway.source() as source:
            outcome(source.read([declare(name) for name in names(10_000)], unmanaged=False))
        assert len(gateway.asked) == 1 + SAMPLE

    def test_a_sample_that_is_found(self, gateway: "Gateway", declare: Declare) -> None:
        """A list that misses all of them is not believed when one of the sample is there."""
        gateway.create(*names(6))
        nothing = CannedAnswer(200, b'{"items": [], "pagination": {"has_more": false}}')
        gateway.faults = [Fault(nothing, path=ALL, times=1)]
        with gateway.source() as source:
            readings = source.read([declare(name) for name in names(7)], unmanaged=False)
            assert outcome(readings) == {"found": 6, "missing": 1}

    def test_one_found_is_enough(self, gateway: "Gateway", declare: Declare) -> None:
        """The others are missing then."""
        gateway.create("g3")
        for mode in ("get", "list"):
            with gateway.source(ReadOptions(read=mode)) as source:
                readings = source.read([declare(name) for name in names(5)], unmanaged=False)
                assert outcome(readings) == {"found": 1, "missing": 4}

    def test_failures_are_no_evidence(self, gateway: "Gateway", declare: Declare) -> None:
        """Absent and forbidden groups alone do not prove that the key is right."""
        gateway.faults = [Fault(CannedAnswer(403), path=f"{ALL}/forbidden")]
        with gateway.source() as source:
            readings = source.read([declare(pinned="absent"), declare(pinned="forbidden")], unmanaged=False)
            assert outcome(readings) == {"failed: not-found-anywhere": 1, "failed: forbidden": 1}


NOTHING = CannedAnswer(200, b'{"items": [], "pagination": {"has_more": false}}')


class TestFilterInDoubt:
    """The list's filter by external id is documented and yet in no specification: it has to prove itself."""

    def test_a_filter_that_finds_nothing(self, gateway: "Gateway", declare: Declare) -> None:
        """It says that a group is absent, and says so of one that is there: nothing is missing for that."""
        (id_,) = gateway.create("a")
        gateway.faults = [Fault(NOTHING, path=ALL)]
        wanted = [declare("a", pinned=id_), declare("b"), declare("c"), declare(pinned="gone")]
        with gateway.source(ReadOptions(read="get")) as source:
            readings = list(source.read(wanted, unmanaged=False))
        assert outcome(readings) == {"found": 1, "failed: inconsistent": 2, "missing": 1}
        (message,) = {reading.message for reading in readings if isinstance(reading, Failed)}
        assert message == "the list says that this group is absent, but says so of 'a' too"
        assert gateway.asked[-2:] == [f"{LIST}&external_entity_id=a", f"/groups/{id_}"]

    def test_a_filter_that_works(self, gateway: "Gateway", declare: Declare) -> None:
        """One more request shows it."""
        (id_,) = gateway.create("a")
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            wanted = [declare("a", pinned=id_), declare("b"), declare("c")]
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 1, "missing": 2}
            assert len(gateway.asked) == 4
            assert outcome(source.confirm(wanted[1:])) == {"missing": 2}
        assert len(gateway.asked) == 6, "it is believed from then on"

    def test_a_filter_that_has_found_something(self, gateway: "Gateway", declare: Declare) -> None:
        """It needs no further proof."""
        gateway.create("a")
        with gateway.source(ReadOptions(read="get")) as source:
            assert outcome(source.read([declare("a"), declare("b")], unmanaged=False)) == {"found": 1, "missing": 1}
        assert len(gateway.asked) == 2

    def test_a_witness_that_is_gone(self, gateway: "Gateway", declare: Declare) -> None:
        """A group that was deleted meanwhile speaks neither for nor against the filter."""
        (id_,) = gateway.create("a")

        def delete() -> None:
            gateway.world.ask("DELETE", f"{ALL}/{id_}")

        gateway.faults = [Fault(happening(delete), path=ALL, start=2, times=1)]
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            wanted = [declare("a", pinned=id_), declare("b")]
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 1, "missing": 1}

    def test_a_proof_that_fails(self, gateway: "Gateway", declare: Declare) -> None:
        """Without a proof the absent groups are unread, for the reason that there is none."""
        (id_,) = gateway.create("a")
        gateway.faults = [Fault(CannedAnswer(403), path=ALL, start=2)]
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            wanted = [declare("a", pinned=id_), declare("b")]
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 1, "failed: forbidden": 1}

    def test_absent_groups_among_hopeless_ones(self, gateway: "Gateway", declare: Declare) -> None:
        """What was learned before the reading was given up is kept."""
        gateway.create("a")
        ids = [f"f{number}" for number in range(20)]
        gateway.faults = [Fault(CannedAnswer(500), path=f"{ALL}/f*")]
        wanted = [declare("a"), declare("b"), *(declare(pinned=id_) for id_ in ids)]
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            readings = outcome(source.read(wanted, unmanaged=False))
        assert readings == {"found": 1, "missing": 1, "failed: server-error": 20}


class TestEnd:
    """What ends a run before everything is read."""

    def test_401_stops_at_once(self, gateway: "Gateway", declare: Declare) -> None:
        """A key that is not accepted is not tried again."""
        gateway.faults = [Fault(CannedAnswer(401))]
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            readings = list(source.read([declare(name) for name in names(50)], unmanaged=False))
        assert outcome(readings) == {"failed: unauthorized": 50}
        assert len(gateway.asked) <= 2

    def test_time_over(self, gateway: "Gateway", declare: Declare) -> None:
        """What the throttle does not let through in time is unread."""
        ids = gateway.create(*names(50))
        with gateway.source(ReadOptions(read="get", rate=10, timeout=2, concurrency=1)) as source:
            readings = outcome(source.read([declare(pinned=id_) for id_ in ids], unmanaged=False))
        assert 15 <= readings["found"] <= 25
        assert readings["failed: timed-out"] == 50 - readings["found"]

    def test_pause_longer_than_the_run(self, gateway: "Gateway", declare: Declare) -> None:
        """A 429 that asks for more time than there is ends it without waiting."""
        gateway.faults = [Fault(CannedAnswer(429, retry_after=1000))]
        with gateway.source(ReadOptions(read="get")) as source:
            readings = source.read([declare(name) for name in names(50)], unmanaged=False)
            assert outcome(readings) == {"failed: throttled": 50}
        assert gateway.time.seconds < 2
        assert len(gateway.asked) <= 32

    def test_stop(self, gateway: "Gateway", declare: Declare) -> None:
        """What was read before stays read; nothing more is sent."""
        ids = gateway.create(*names(50))
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            readings = source.read([declare(pinned=id_) for id_ in ids], unmanaged=False)
            first = next(readings)
            source.stop()
            rest = list(readings)
            assert isinstance(first, Found)
            assert outcome(rest) == {"failed: interrupted": 49}
            assert outcome(source.confirm([declare("g0")])) == {"failed: interrupted": 1}
        assert len(gateway.asked) <= 3

    @pytest.mark.parametrize("mode", ["get", "list"])
    def test_requests_that_hang(self, declare: Declare, mode: ReadMode) -> None:
        """The run's time ends the run, whatever its threads are waiting for; so does a stop."""
        release = threading.Event()

        def handle(_: httpx.Request) -> httpx.Response:
            release.wait(30)
            return httpx.Response(500)

        def source(timeout: float) -> GatewaySource:
            key = ApiKey("key", origin="test")
            options = ReadOptions(read=mode, timeout=timeout)
            return GatewaySource("http://127.0.0.1", key, options, connect=lambda: httpx.MockTransport(handle))

        wanted = [declare(name) for name in names(3)]
        with source(timeout=0.1) as hanging:
            assert outcome(hanging.read(wanted, unmanaged=False)) == {"failed: timed-out": 3}
        with source(timeout=60) as hanging:
            threading.Timer(0.05, hanging.stop).start()
            assert outcome(hanging.read(wanted, unmanaged=False)) == {"failed: interrupted": 3}
        release.set()

    def test_left_early(self, gateway: "Gateway", declare: Declare) -> None:
        """A caller that stops listening stops the requests."""
        ids = gateway.create(*names(50))
        with gateway.source(ReadOptions(read="get", concurrency=1)) as source:
            readings = source.read([declare(pinned=id_) for id_ in ids], unmanaged=False)
            next(readings)
            del readings
        assert len(gateway.asked) <= 3

    def test_throttled_for_a_while(self, gateway: "Gateway", declare: Declare) -> None:
        """A 429 is waited for and counted."""
        gateway.create("a")
        gateway.faults = [Fault(CannedAnswer(429, retry_after=7), times=2)]
        with gateway.source() as source:
            assert outcome(source.read([declare("a")], unmanaged=False)) == {"found": 1}
        assert source.requests() == {"get": 0, "list": 3, "retries": 2, "throttled": 2}
        assert gateway.time.seconds == pytest.approx(14, abs=0.1)


class TestConfirm:
    """The second look, before anything is reported."""

    def test_by_the_id_seen_before(self, gateway: "Gateway", declare: Declare) -> None:
        """A group that was listed is asked for by id."""
        ids = gateway.create(*names(10))
        wanted = [declare(name) for name in names(10)]
        with gateway.source() as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 10}
            (reading,) = source.confirm(wanted[3:4])
        assert isinstance(reading, Found)
        assert reading.desired is wanted[3]
        assert gateway.asked == [LIST, f"/groups/{ids[3]}"]

    def test_many_by_list(self, gateway: "Gateway", declare: Declare) -> None:
        """Where the list takes fewer calls, it is read again."""
        gateway.create(*names(1500))
        wanted = [declare(name) for name in names(1500)]
        with gateway.source() as source:
            outcome(source.read(wanted, unmanaged=False))
            assert outcome(source.confirm(wanted[: FEW + 1])) == {"found": FEW + 1}
        assert source.requests() == {"get": 0, "list": 3, "retries": 0, "throttled": 0}

    def test_get_mode_confirms_by_get(self, gateway: "Gateway", declare: Declare) -> None:
        """Who asked for gets, gets gets."""
        ids = gateway.create(*names(20))
        wanted = [declare(pinned=id_) for id_ in ids]
        with gateway.source(ReadOptions(read="get")) as source:
            outcome(source.read(wanted, unmanaged=False))
            assert outcome(source.confirm(wanted)) == {"found": 20}
        assert source.requests()["get"] == 40

    def test_deleted_meanwhile(self, gateway: "Gateway", declare: Declare) -> None:
        """A group that is gone by id is looked for by external id before it is missing."""
        ids = gateway.create("stays", "goes")
        wanted = [declare("stays"), declare("goes")]
        delete = Fault(CannedAnswer(404), path=f"{ALL}/{ids[1]}")
        nothing = Fault(CannedAnswer(200, b'{"items": [], "pagination": {"has_more": false}}'), path=ALL, start=3)
        gateway.faults = [delete, nothing]
        with gateway.source() as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 2}
            assert outcome(source.confirm(wanted[1:])) == {"missing": 1}
        assert gateway.asked[2:] == [f"/groups/{ids[1]}", f"{LIST}&external_entity_id=goes"]

    def test_missing_after_others_were_found(self, gateway: "Gateway", declare: Declare) -> None:
        """The first reading has shown that the key is right, so several may be missing."""
        gateway.create("a")
        wanted = [declare("a"), declare("b"), declare("c")]
        with gateway.source() as source:
            assert outcome(source.read(wanted, unmanaged=False)) == {"found": 1, "missing": 2}
            assert outcome(source.confirm(wanted[1:])) == {"missing": 2}

    def test_waits_first(self, gateway: "Gateway", declare: Declare) -> None:
        """Changes take a while to reach every reader."""
        gateway.create("a")
        with gateway.source(ReadOptions(confirm_after=5)) as source:
            outcome(source.read([declare("a")], unmanaged=False))
            assert gateway.time.seconds < 1
            assert outcome(source.confirm([declare("a")])) == {"found": 1}
        assert 5 <= gateway.time.seconds < 6

    def test_a_long_list_is_not_read_again_for_fewer_groups_than_it_has_pages(
        self, gateway: "Gateway", declare: Declare
    ) -> None:
        """How many pages there are is known by then."""
        gateway.create(*names(70))
        gateway.faults = [Fault(small_pages(10), path=ALL)]
        wanted = [declare(name) for name in names(FEW + 1)]
        with gateway.source() as source:
            outcome(source.read(wanted, unmanaged=True))
            assert outcome(source.confirm(wanted)) == {"found": FEW + 1}
        assert source.requests() == {"get": FEW + 1, "list": 7, "retries": 0, "throttled": 0}

    def test_nothing_to_confirm(self, gateway: "Gateway") -> None:
        """No suspects, no requests."""
        with gateway.source() as source:
            assert outcome(source.confirm([])) == {}
        assert gateway.asked == []


def test_a_list_that_does_not_end(fake_time: "FakeTime") -> None:
    """Every page has a new cursor and nothing new: after three of them no more are asked for."""
    group = {
        "id": "a",
        "metadata": {"external_entity_id": "a"},
        "hierarchy": {"limit_enforcement": "INDEPENDENT"},
        "created_at": "",
    }
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        pagination = {"has_more": True, "cursor": str(len(asked))}
        return httpx.Response(200, json={"items": [group], "pagination": pagination})

    key = ApiKey("key", origin="test")
    options = ReadOptions(read="list")
    connect: Callable[[], httpx.BaseTransport] = lambda: httpx.MockTransport(handle)  # noqa: E731 (typed)
    with GatewaySource("http://127.0.0.1", key, options, connect=connect, clock=fake_time.clock) as source:
        assert outcome(source.read([], unmanaged=True)) == {"found": 1}
        assert source.list_failure is not None
        assert "3 pages in a row held nothing new" in source.list_failure.message
    assert 4 <= len(asked) <= 5, "one may be asked for ahead"


@pytest.mark.parametrize(
    "numbers", [{"concurrency": 0}, {"timeout": 0}, {"request_timeout": 0}, {"rate": 0}, {"rate": -1}, {"max_body": 0}]
)
def test_options_that_would_read_nothing(numbers: dict[str, int]) -> None:
    """Refused at once, instead of leaving groups unread for a strange reason."""
    with pytest.raises(SettingsError, match="above zero"):
        ReadOptions(**numbers)  # type: ignore[arg-type]  # numbers, one at a time
