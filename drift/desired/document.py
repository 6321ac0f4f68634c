"""One file, part by part: each part validated, checked, and put into its compact form."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from drift.desired.accepted import AcceptedList, with_dates_as_text
from drift.desired.declared import Declared, declare, salvage
from drift.desired.files import Source
from drift.desired.limits import NO_LIMITS, LimitLists
from drift.desired.nodes import Node, Path, Places, children, position, size, spell
from drift.desired.pins import pins_are_distinct
from drift.desired.prices import PriceTable
from drift.desired.problems import Breach
from drift.desired.profiles import Profile, Profiles
from drift.desired.reader import UnreadableError
from drift.desired.rules import GROUP_RULES
from drift.desired.shape import wrong_with
from drift.desired.wording import shown
from drift.errors import Location

if TYPE_CHECKING:
    from drift.desired.schema import DocumentItem, GroupItem, ProfileItem

_EMPTY_HINT = "write `version: 1` and below it `groups:` with a list of groups"


class Document:
    """Takes the parts of one file as the reader completes them."""

    def __init__(
        self,
        source: Source,
        *,
        profiles: Profiles,
        prices: PriceTable,
        accepted: AcceptedList,
        lists: LimitLists,
        groups: list[Declared],
    ) -> None:
        self._name = source.name
        self._problems = source.problems
        self._profiles = profiles
        self._prices = prices
        self._accepted = accepted
        self._lists = lists
        self._groups = groups

    def take(self, node: Node | None) -> None:
        """The whole file, without the groups that came before."""
        if node is None or node.value is None:
            self._problems.error("V00", message="the file is empty", hint=_EMPTY_HINT)
            return
        if not isinstance(node.value, dict):
            message = f"expected a mapping with `version` and `groups`, got {shown(node.value)}"
            self._problems.error("V23", message=message, hint=_EMPTY_HINT, at=position(node.positions[0]))
            return
        # The entries of these two are looked at one by one, each with its own errors.
        shell = with_dates_as_text(node.value)
        for key, kind in (("groups", list), ("profiles", dict)):
            if isinstance(shell.get(key), kind):
                shell[key] = kind()
        if breaches := wrong_with(shell, ""):
            self._report(breaches, node, ())
        self._take_prices(cast("DocumentItem", shell), Places(node), breaches)
        self._take_accepted(cast("DocumentItem", shell), Places(node), breaches)
        for block, entries, at in children(node.value, 0):
            for step, value, place in children(entries, at.value) if block in ("groups", "profiles") else ():
                entry = Node(value, node.positions[place.value : place.value + size(value)])
                if block == "profiles" and isinstance(step, str):
                    self._take_profile(step, entry, position(node.positions[place.key]))
                elif block == "groups" and isinstance(step, int):
                    self.take_group(step, entry)

    def take_group(self, index: int, node: Node) -> None:
        """One entry of ``groups``."""
        breaches = wrong_with(node.value, "groups")
        if breaches:
            breaches += self._lists.sound(node.value, breaches)
            self._groups.append(salvage(node, Places(node), file=self._name, index=index))
        else:
            # Validated but not replaced by the validated copy: the positions follow the original's order.
            item = cast("GroupItem", node.value)
            self._groups.append(declare(item, node, file=self._name, index=index, lists=self._lists, breaches=breaches))
            for rule in GROUP_RULES:
                breaches += rule(item)
            if "effective" in item:
                breaches += pins_are_distinct(item["effective"])
        if breaches:
            self._report(breaches, node, ("groups", index))

    def _take_profile(self, name: str, node: Node, at: tuple[int, int]) -> None:
        path: Path = ("profiles", name)
        breaches = wrong_with(node.value, "profiles")
        rates = usages = NO_LIMITS
        if not name:
            self._problems.error("V22", message="a profile needs a name", path=path, at=at)
        if breaches:
            breaches += self._lists.sound(node.value, breaches)
        else:
            item = cast("ProfileItem", node.value)
            rates = self._lists.of("rate_limits", item.get("rate_limits", ()))
            usages = self._lists.of("usage_limits", item.get("usage_limits", ()))
            breaches += [breach.below("rate_limits") for breach in rates.breaches]
            breaches += [breach.below("usage_limits") for breach in usages.breaches]
        self._profiles.add(name, Profile(Location(self._name, *at), spell(path), rates.limits, usages.limits))
        if breaches:
            self._report(breaches, node, path)

    def _take_prices(self, document: "DocumentItem", places: Places, breaches: Iterable[Breach]) -> None:
        if "prices" not in document or any(breach.path[:1] == ("prices",) for breach in breaches):
            return

        def at(*path: str) -> Location:
            return Location(self._name, *places.find(path, key=True))

        item = document["prices"]
        self._prices.add(item, at("prices"), {slug: at("prices", "models", slug) for slug in item["models"]})

    def _take_accepted(self, document: "DocumentItem", places: Places, breaches: Iterable[Breach]) -> None:
        broken = {breach.path[1] for breach in breaches if breach.path[:1] == ("accepted",) and len(breach.path) > 1}
        entries = document.get("accepted")
        for index, item in enumerate(entries if isinstance(entries, list) else ()):
            if index not in broken:
                self._accepted.add(item, index, partial(self._place, places, index))

    def _place(self, places: Places, index: int, part: Path) -> Location:
        return Location(self._name, *places.find(("accepted", index, *part)))

    def _report(self, breaches: Iterable[Breach], node: Node, base: Path) -> None:
        places = Places(node)
        for breach in breaches:
            self._problems.breach(breach, places, base)
        if self._problems.too_many:
            raise UnreadableError
