"""Short ways to write groups in tests; every default is the plainest legal value."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from drift.errors import Location
from drift.model.declaration import Declaration, Key
from drift.model.effective import applying
from drift.model.forest import Forest, Node
from drift.model.groups import DesiredGroup, Group, PinnedLimit, PinnedModel, Positions
from drift.model.limits import EffectiveKey, EffectiveModels, LimitKey, Models

TPM = LimitKey("rate_limits", "TOKEN", "MINUTE")
TPS = LimitKey("rate_limits", "TOKEN", "SECOND")
RPM = LimitKey("rate_limits", "REQUEST", "MINUTE")
TPD = LimitKey("usage_limits", "TOKEN", "DAY")

MODEL = "org/model"


def live(
    external_entity_id: str = "acme",
    *,
    id: str | None = None,  # noqa: A002 - the API's name
    name: str | None = "Acme",
    models: Models | None = None,
    parent_group_id: str | None = None,
    limit_enforcement: str = "INDEPENDENT",
    effective_models: EffectiveModels | None = None,
    anomalies: tuple[str, ...] = (),
) -> Group:
    """A live group; its id is ``id-`` and the external id."""
    return Group(
        id=id or f"id-{external_entity_id}",
        external_entity_id=external_entity_id,
        name=name,
        limit_enforcement=limit_enforcement,
        parent_group_id=parent_group_id,
        models={MODEL: {TPM: 1000}} if models is None else models,
        created_at="2026-05-13T12:00:00Z",
        effective_models=effective_models,
        anomalies=anomalies,
    )


def effective(*limits: tuple[LimitKey, int, str], slug: str = MODEL) -> EffectiveModels:
    """The effective limits of one model: limit, threshold and the internal id of its source."""
    return {slug: {EffectiveKey(*key, source): threshold for key, threshold, source in limits}}


def pinned(*limits: tuple[LimitKey, int, str], slug: str = MODEL, line: int = 90) -> PinnedModel:
    """A pinned model: limit, threshold and the external id of its source; the limits stand on the lines below it."""
    at = Location("desired/acme.yaml", line, 9)
    return PinnedModel(
        slug,
        tuple(
            PinnedLimit(key, threshold, source, None, Location(at.file, line + number, 13))
            for number, (key, threshold, source) in enumerate(limits, 1)
        ),
        at,
    )


def declared(
    external_entity_id: str | None = "acme",
    *,
    id: str | None = None,  # noqa: A002 - the API's name
    name: str | UnsetType | None = "Acme",
    models: Models | UnsetType | None = None,
    parent: str | UnsetType | None = None,
    parent_group_id: str | UnsetType = UNSET,
    limit_enforcement: str | UnsetType = "INDEPENDENT",
    manage: Literal["exact", "listed"] = "exact",
    profiles: Mapping[str, str] | None = None,
    line: int = 1,
    effective: Sequence[PinnedModel] = (),
) -> DesiredGroup:
    """A declared group that :func:`live` answers exactly; its parts stand on consecutive lines."""
    of_models: Models | UnsetType = {MODEL: {TPM: 1000}} if models is None else models
    parts = 7 + (0 if of_models is UNSET else sum(1 + len(limits) for limits in of_models.values()))
    return DesiredGroup(
        positions=Positions("desired/acme.yaml", ((line + offset, 3) for offset in range(parts))),
        id=id,
        external_entity_id=external_entity_id,
        name=name,
        limit_enforcement=limit_enforcement,
        parent=parent,
        parent_group_id=parent_group_id,
        models=of_models,
        manage=manage,
        profiles=profiles or {},
        effective=tuple(effective),
    )


def predict(forest: Forest[str], key: str) -> EffectiveModels:
    """The ``effective_models`` of a group, as the limits of its chain apply; ``source_group`` is a forest key."""
    chain = forest.chain(key).nodes
    return {
        slug: {
            EffectiveKey(*limit, source): threshold
            for limit, thresholds in applying(chain, slug).items()
            for source, threshold in thresholds.items()
        }
        for slug in (chain[0].models if chain else ())
    }


def named(declaration: Declaration) -> Forest[str]:
    """The forest of declared groups, by their names instead of their positions."""

    def name(key: Key | None) -> str | None:
        return declaration.groups[key].ref.label if isinstance(key, int) else key

    return Forest(
        Node(declaration.groups[position].ref.label, name(node.parent), node.limit_enforcement, node.models)
        for position, node in enumerate(declaration.forest.nodes.values())
    )
