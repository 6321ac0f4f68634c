"""Groups asked for one by one, in parallel, by whatever is known about each."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from drift.errors import Cause, GatewayError
from drift.gateway.client import GatewayClient
from drift.gateway.plan import Patience, Session, Wanted, failed
from drift.model.groups import DesiredGroup, Group
from drift.model.readings import Missing, Reading


def look_up(client: GatewayClient, desired: DesiredGroup, known_id: str | None) -> Group | None:
    """The live group, or None if there is none under any id it was declared with or seen under.

    The external id has the last word: it distinguishes a deleted group from one that was created anew. A group that
    has the pinned id but another external id than declared is returned; the comparison says so.

    Args:
        client: The connection to ask over.
        desired: The declaration.
        known_id: The internal id under which an earlier reading found it.

    Raises:
        GatewayError: whether there is such a group could not be learned.
    """
    for group_id in dict.fromkeys(filter(None, (known_id, desired.id))):
        try:
            group = client.get(group_id)
        except GatewayError as error:
            # A 404 that is not the gateway's own may come from anything on the way; the list still knows.
            if error.status != HTTPStatus.NOT_FOUND or desired.external_entity_id is None:
                raise
        else:
            if group is not None:
                return group
    return None if desired.external_entity_id is None else client.find(desired.external_entity_id)


def one_by_one(session: Session, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
    """The reading of each of these positions.

    Raises:
        GatewayError: so many failed alike that the others are not asked for.
    """
    patience = Patience()
    absent: list[int] = []
    hopeless = None

    def call(client: GatewayClient, position: int) -> Group | None:
        return look_up(client, wanted[position], session.id_of(wanted[position]))

    for position, result in session.workers.run(positions, call):
        if isinstance(result, GatewayError):
            yield failed(wanted.close(position), result)
            if patience.is_over(result.cause):
                message = f"not asked for, because others failed alike: {result.message}"
                hopeless = GatewayError(result.cause, message, where=result.where, status=result.status)
                break
            continue
        patience.answered()
        if result is None:
            absent.append(position)
            continue
        if result.id not in (wanted[position].id, session.id_of(wanted[position])):
            session.filter_works = True
        yield session.found(wanted, position, result)
    yield from _absent(session, wanted, absent)
    if hopeless:
        raise hopeless


def _absent(session: Session, wanted: Wanted, positions: Sequence[int]) -> Iterator[Reading]:
    """Groups that the gateway says it does not have: ``Missing``, unless it says so of others that are there."""
    doubt = None
    if any(wanted[position].external_entity_id is not None for position in positions):
        doubt = _doubt_in_the_filter(session)
    for position in positions:
        desired = wanted.close(position)
        yield failed(desired, doubt) if doubt and desired.external_entity_id is not None else Missing(desired)


def _doubt_in_the_filter(session: Session) -> GatewayError | None:
    """Ask the list's filter for a group that is known to be there, unless it has found one before.

    The filter is documented but missing from the vendor's OpenAPI document, so that nothing it finds may
    be nothing it understood.
    """
    witness = session.witness
    if witness is None or session.filter_works:
        return None

    def works(client: GatewayClient, live: Group) -> bool:
        # A group that is gone by now is no evidence against the filter.
        return client.find(live.external_entity_id) is not None or client.get(live.id) is None

    ((_, answer),) = session.workers.run([witness], works)
    if isinstance(answer, GatewayError):
        return answer
    session.filter_works = answer
    if answer:
        return None
    message = f"the list says that this group is absent, but says so of {witness.external_entity_id!r} too"
    return GatewayError(Cause.INCONSISTENT, message, where=session.workers.where)
