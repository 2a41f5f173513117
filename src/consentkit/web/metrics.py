"""``GET metrics``: figures for Prometheus, to who has the token. Any process tells all: they are the database's."""

from __future__ import annotations

import collections.abc as cabc
import hmac
import typing as t

import flask

from ..errors import NotFound
from ..errors import StoreUnavailable
from ..ledger.events import ACCESS_LOG
from ..operations.log_health import Health
from ..operations.log_health import LogHealth
from ..operations.log_health import log_health
from ..runtime import Runtime
from ..runtime import current_runtime

if t.TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_SCHEME = "Bearer "


def metrics() -> flask.Response:
    """Answer with the state of the store and of each site's log; without the right token as if nothing were here.

    Counts betray traffic, so they are for nobody else.
    """
    # Its import takes a while, and few processes are asked.
    from prometheus_client import CollectorRegistry  # noqa: PLC0415
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    runtime = current_runtime()
    given = flask.request.headers.get("Authorization", "")
    token = runtime.settings.metrics_token
    if not token or not hmac.compare_digest(given.encode(), (_SCHEME + token).encode()):
        raise NotFound("There is nothing at this address.")
    registry = CollectorRegistry(auto_describe=False)
    _collect(runtime, registry)
    encode, media = choose_encoder(flask.request.headers.get("Accept", ""))
    response = flask.Response(encode(registry), content_type=media)
    response.headers["Cache-Control"] = "no-store"
    return response


def site_healths(runtime: Runtime) -> list[LogHealth]:
    """Return how the log of each configured site is doing, and that of access.

    :raises StoreUnavailable: as the store does.
    """
    with runtime.database.unit_of_work(read_only=True) as uow:
        # The log of access begins with the first event.
        own = [head.site for head in uow.log_tree.heads(ACCESS_LOG)]
        return [log_health(uow, site, clock=runtime.clock) for site in [*own, *sorted(runtime.sites)]]


def _collect(runtime: Runtime, registry: CollectorRegistry) -> None:
    from prometheus_client import Gauge  # noqa: PLC0415

    try:
        healths = site_healths(runtime)
        up = 1
    except StoreUnavailable:
        healths, up = [], 0
    Gauge("consentkit_store_up", "Whether the database answers.", registry=registry).set(up)
    now = runtime.clock.now()

    def age(health: LogHealth) -> float:
        return (now - health.waiting_since).total_seconds() if health.waiting_since is not None else 0

    figures: tuple[tuple[str, str, cabc.Callable[[LogHealth], float | None]], ...] = (
        ("entries", "Entries that are integrated.", lambda one: one.size),
        ("published_entries", "Entries that the newest checkpoint covers.", _published),
        ("checkpoint_timestamp_seconds", "When the newest checkpoint was signed.", _signed_at),
        ("backlog", "Items that wait for their place; counted to 100,000.", lambda one: one.backlog),
        ("oldest_waiting_seconds", "For how long the oldest of them waits.", lambda one: max(0.0, age(one))),
        ("gap", "Of the newest 1,000 records, those neither in the log nor waiting. Not 0: a defect.", _gap),
        ("trouble", "Whether checkpoints are not signed any more.", lambda one: one.trouble is not None),
        ("stalled", "Whether something waits for longer than it should.", lambda one: one.health is Health.STALLED),
    )
    for name, meaning, value in figures:
        gauge = Gauge(f"consentkit_log_{name}", meaning, ["site"], registry=registry)
        for health in healths:
            found = value(health)
            if found is not None:
                gauge.labels(health.site).set(found)


def _published(health: LogHealth) -> float:
    return health.checkpoint.size if health.checkpoint is not None else 0


def _signed_at(health: LogHealth) -> float | None:
    return health.checkpoint.published_at.timestamp() if health.checkpoint is not None else None


def _gap(health: LogHealth) -> float:
    return health.gap
