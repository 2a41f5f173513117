"""The consent log of each site: how far it is, what waits, what keeps it, and what is the matter with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import flask

from ..consent.model import localize
from ..errors import NotFound
from ..errors import ProofInvalid
from ..jobs.verifying import start_verifying
from ..ledger.notes import COSIGNATURE
from ..ledger.notes import Note
from ..operations.log_health import MAX_COUNTED
from ..operations.log_health import LogHealth
from ..operations.log_health import log_health
from ..runtime import current_runtime
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import render
from .rights import configured_sites
from .rights import require_site
from .roles import Right

if t.TYPE_CHECKING:
    from ..operations.anchors import Anchors
    from ..storage.verifications import Verification

_MONTH = dt.timedelta(days=30)
# The bytes of a cosignature that say when it was made, in seconds since 1970: its first eight, for what a parsed note
# gives of a signature no longer begins with the key's id (C2SP tlog-cosignature).
_TIME = slice(0, 8)


@dataclasses.dataclass(frozen=True, slots=True)
class Witness:
    """One that is asked to cosign. :param signed_at: when it did so on the last checkpoint, if it did."""

    place: str
    signed_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SiteLog:
    """What the page says of one site's log."""

    id: str
    name: str
    access: str
    health: LogHealth
    anchors: tuple[str, ...]
    witnesses: tuple[Witness, ...]
    verification: Verification | None
    running: bool


def log() -> flask.Response:
    """Answer ``GET admin/log``."""
    words = current_words()
    runtime = current_runtime()
    now = runtime.clock.now()
    logs = []
    with runtime.database.unit_of_work(read_only=True) as uow:
        for name, one in sorted(configured_sites().items()):
            health = log_health(uow, name, clock=runtime.clock)
            verification = uow.verifications.latest(name)
            anchors = runtime.anchors(name)
            logs.append(
                SiteLog(
                    id=name,
                    name=localize(one.site.site.name, words.tag, *one.site.locales) or name,
                    access=one.site.site.log.value,
                    health=health,
                    anchors=tuple(anchor.place for anchor in anchors.holding),
                    witnesses=_witnesses(health, anchors),
                    verification=verification,
                    running=verification is not None and verification.is_running(now),
                )
            )
    return render("log.html", logs=logs, most=MAX_COUNTED, since=now.date() - _MONTH, until=now.date())


def post_verify(site: str) -> flask.Response:
    """Answer ``POST admin/log/SITE/verify``: begin to recompute the log, unless somebody is at it, and show how far.

    :raises NotFound: there is no such site.
    """
    runtime = current_runtime()
    session = current_session()
    require_site(site, Right.READ)
    runtime.site(site)
    if session is None:
        raise NotFound("Nobody is signed in.")
    start_verifying(
        runtime.database, site, by=session.account.email, anchors=runtime.anchors(site), clock=runtime.clock
    )
    return redirect(flask.url_for(".log", _anchor=f"verify-{site}"))


def _witnesses(health: LogHealth, anchors: Anchors) -> tuple[Witness, ...]:
    """Return who is asked to cosign, and whether the last checkpoint bears a cosignature of theirs that holds."""
    found = []
    for witness in anchors.witnesses:
        at = None
        try:
            note = Note.parse(health.checkpoint.note.encode()) if health.checkpoint is not None else None
            key = dataclasses.replace(witness.verifier, kind=COSIGNATURE)
            if note is not None and note.verified_by([key]):
                line = next(line for line in note.signatures if (line.name, line.id) == (key.name, key.id))
                at = dt.datetime.fromtimestamp(int.from_bytes(line.data[_TIME], "big"), dt.UTC)
        except (ProofInvalid, ValueError, OverflowError, OSError):
            # What does not hold is none, nor is a time that no calendar has.
            at = None
        found.append(Witness(witness.place, at))
    return tuple(found)
