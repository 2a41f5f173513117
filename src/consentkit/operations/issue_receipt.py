"""Issue a receipt: what was recorded, how far it is on its way into the log, and the site's signature under both."""

from __future__ import annotations

import datetime as dt
import json
import logging
import typing as t

from ..consent.decisions import Record
from ..errors import NotFound
from ..errors import ProofInvalid
from ..errors import StoreUnavailable
from ..ledger import jws
from ..ledger import receipts
from ..ledger.entries import canonical
from ..ledger.iso27560 import Background
from ..ledger.iso27560 import consent_record
from ..ledger.kantara import kantara_receipt
from ..ledger.notes import Signer
from ..ledger.notes import Verifier
from ..ledger.records import entry_of
from ..ledger.records import fields_of
from .prove import prove

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import UnitOfWork

#: A JSON object.
Json: t.TypeAlias = dict[str, t.Any]

#: Within this time a checkpoint must cover a record. It takes seconds; the rest is for a night with a server down.
PROMISE = dt.timedelta(hours=24)

# Seconds after which a log has begun that had not.
_SOON = 10
# And after which somebody may have seen to it.
_LATER = 3600

log = logging.getLogger("consentkit")


class Signers(t.Protocol):
    """Gives what signs for a public key."""

    def signer(self, verifier: Verifier) -> Signer:
        """Return what signs for *verifier*.

        :raises KeyUnavailable: its private half is not at hand.
        """
        ...


def issue_receipt(uow: UnitOfWork, record: Record, *, prefix: str, signers: Signers, clock: Clock) -> Json:
    """Return the receipt of *record*, as of now.

    :param prefix: of the routes, ``/consent``.
    :raises NotFound: it is a sample, which no log ever holds. :raises StoreUnavailable: the log has not begun, or not
        come to this record: it will within seconds. :raises KeyUnavailable: nothing signs here.
    """
    signer, keys = _signer(uow, record, signers)
    if record.salt is None:
        # From before there was a log. The writer gives it one.
        raise StoreUnavailable("The record is not yet in the log.", retry_after=_SOON)
    background = background_of(uow, record, prefix)
    origin = signer.verifier.name
    entry = bytes(entry_of(fields_of(record), record.salt))
    place = _place(uow, record, origin)
    state = receipts.State.PUBLISHED
    if place is None:
        state = receipts.State.RECORDED if record.leaf_index is None else receipts.State.INTEGRATED
    part = receipts.LogPart(
        state=state,
        origin=origin,
        salt=record.salt,
        entry=entry,
        by=_deadline(uow, record) if place is None else None,
        place=place,
        keys=keys,
    )
    return receipts.build(
        fields_of(record),
        consent=consent_record(record, background),
        notice=background.notice,
        log=part,
        issued_at=clock.now(),
        signer=signer,
    )


def issue_kantara(uow: UnitOfWork, record: Record, *, prefix: str, signers: Signers, clock: Clock) -> str:
    """Return the same in the form of the Kantara Initiative: a JSON Web Token, without notice and log.

    :raises NotFound, StoreUnavailable, KeyUnavailable: as :func:`issue_receipt` does.
    """
    signer, _ = _signer(uow, record, signers)
    claims = kantara_receipt(
        record,
        background_of(uow, record, prefix),
        key=signer.verifier,
        issued_at=int(clock.now().timestamp()),
    )
    return jws.sign(canonical(claims), signer, kind=jws.KANTARA, detached=False)


def _signer(uow: UnitOfWork, record: Record, signers: Signers) -> tuple[Signer, tuple[str, ...]]:
    """Return what signs for the site now, and all its keys as lines."""
    if record.sample:
        raise NotFound("A sample has no receipt: it is not in the log.")
    keys = uow.log_keys.all(record.site)
    active = next((key for key in keys if key.retired_at is None), None)
    if active is None:
        raise StoreUnavailable("The log has not begun.", retry_after=_SOON)
    return signers.signer(Verifier.parse(active.verifier)), tuple(key.verifier for key in keys)


def background_of(uow: UnitOfWork, record: Record, prefix: str) -> Background:
    """Return what was in force when *record* was made. :param prefix: where the readers' routes are."""
    notice = uow.notices.get(record.site, record.notice_version)
    stored = uow.configurations.get(record.site, record.config_version)
    configuration: Json = json.loads(stored) if stored is not None else {}
    # By the configuration of then: the host of a request is whatever the sender says.
    origins = (configuration.get("site") or {}).get("origins") or [""]
    return Background(
        notice=notice,
        content=json.loads(notice.content) if notice is not None else {},
        configuration=configuration,
        base=f"{origins[0]}{prefix}/",
    )


def _place(uow: UnitOfWork, record: Record, origin: str) -> receipts.Place | None:
    try:
        return prove(uow, record, origin=origin)
    except ProofInvalid as error:
        # A receipt that does not hold would be the site's own signature under it.
        log.exception(
            "The log of '%s' does not prove its record %s: run 'consentkit log verify'.", record.site, record.id
        )
        raise StoreUnavailable("The log does not prove this record.", retry_after=_LATER) from error


def _deadline(uow: UnitOfWork, record: Record) -> dt.datetime:
    head = uow.log_tree.head(record.site)
    # What was recorded before there was a log waits since it began.
    began = head.began_at if head is not None else record.decided_at
    return max(record.decided_at, began) + PROMISE
