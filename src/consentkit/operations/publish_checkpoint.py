"""Publish a checkpoint: sign the head of a site's log, after what lies outside of the database was looked at."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import typing as t

from ..errors import AnchorUnavailable
from ..errors import KeyUnavailable
from ..errors import LogRefused
from ..errors import ProofInvalid
from ..ledger import notes
from ..ledger.checkpoints import Checkpoint
from ..ledger.entries import EntryType
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..ledger.statements import Statement
from ..ledger.tiles import read_from
from ..ledger.tiles import tiles_of
from ..ledger.tree import check_consistency
from ..ledger.tree import consistency_proof
from ..ledger.tree import nodes_of_consistency
from ..storage.log_checkpoints import StoredCheckpoint
from .anchors import Anchor
from .anchors import Anchors

if t.TYPE_CHECKING:
    import collections.abc as cabc

    from ..clock import Clock
    from ..ledger.heads import Head
    from ..storage.unit_of_work import Database
    from .signing_keys import SigningKeys

log = logging.getLogger("consentkit")

_NO_ANCHORS = Anchors()


def keep_published(
    database: Database, site: str, *, keys: SigningKeys, anchors: Anchors, clock: Clock
) -> StoredCheckpoint | None:
    """Publish a checkpoint with the key that signs now, and never fail for what is wrong outside of the database.

    What is wrong is kept with the head, in words, until a checkpoint is published: the log stands still, decisions
    are recorded and integrated all the same.

    :returns: the newest checkpoint, or ``None`` where nothing is published now.
    :raises StoreUnavailable: as the store does.
    """
    try:
        with database.unit_of_work(read_only=True) as uow:
            active = uow.log_keys.active(site)
        if active is None:
            return None
        signer = keys.signer(Verifier.parse(active.verifier))
        return publish_checkpoint(database, site, signer=signer, anchors=anchors, clock=clock)
    except (AnchorUnavailable, KeyUnavailable, LogRefused, ProofInvalid) as error:
        with database.unit_of_work() as uow:
            if uow.log_tree.set_trouble(site, str(error)):
                # The reason is all there is to know; where it was found says nothing.
                log.error("The consent log of '%s' publishes no checkpoint: %s", site, error)  # noqa: TRY400
        return None


def publish_checkpoint(
    database: Database, site: str, *, signer: notes.Signer, clock: Clock, anchors: Anchors = _NO_ANCHORS
) -> StoredCheckpoint | None:
    """Sign the log as far as it is integrated, and return the checkpoint, or the one that is there already.

    Nothing is signed that does not extend the last checkpoint here and the one that each anchor holds. An anchor has
    the new one before it is published here: so a database that is restored from a backup cannot fork the log.

    :param signer: of the key that signs now. :returns: ``None`` where the log has not begun, or is empty.
    :raises LogRefused: it would contradict what was signed before; says how to go on.
    :raises AnchorUnavailable: an anchor does not answer.
    :raises KeyUnavailable: the key does not sign, or not any more.
    :raises StoreUnavailable: it is not published, or it is not known whether it is.
    """
    tree = _read(database, site)
    if tree is None or tree.head.size == 0:
        return None
    head, last = tree.head, tree.last
    new = Checkpoint(head.origin, head.size, head.root)
    if last is not None and last.size == head.size and head.trouble is None:
        return last
    if str(signer.verifier) != tree.active or signer.verifier.name != head.origin:
        raise KeyUnavailable(f"Another key than {signer.verifier} signs the log of '{site}' now.")
    held = _look_outside(tree, anchors)
    if last is not None and last.size == head.size:
        # All is well again, and there is nothing new.
        note = Note.parse(last.note.encode())
    else:
        note = Note(new.text, (notes.sign(new.text, signer),))
    for anchor, before in held:
        if before is None or before.text != note.text:
            anchor.write(note, over=before)
    for witness in anchors.witnesses:
        old = last.size if last is not None else 0
        note = note.with_signature(*witness.submit(note, old, tree.prove))
    stored = StoredCheckpoint(
        site=site, origin=head.origin, size=head.size, note=str(note), published_at=_after(last, clock)
    )
    with database.unit_of_work() as uow:
        # Whoever began anew, or changed the key, meanwhile, did so in a transaction that changed the head as well.
        active = uow.log_keys.active(site) if uow.log_tree.settle(head) else None
        if active is None or active.verifier != tree.active:
            raise KeyUnavailable(f"The key of the log of '{site}' was changed while a checkpoint was signed.")
        uow.checkpoints.add(stored)
    return stored


def _after(last: StoredCheckpoint | None, clock: Clock) -> dt.datetime:
    """Return the time of publication. A clock that went back must not make the newest checkpoint an older one."""
    now = clock.now()
    return now if last is None or now > last.published_at else last.published_at


def _look_outside(tree: _Tree, anchors: Anchors) -> list[tuple[Anchor, Note | None]]:
    """Return what the anchors hold, if the head extends all of it, and the last checkpoint here as well."""
    last = Note.parse(tree.last.note.encode()) if tree.last is not None else None
    if last is not None:
        tree.require_extends(last, "this database")
    held = [(anchor, anchor.read()) for anchor in anchors.holding]
    for anchor, before in held:
        if before is not None:
            tree.require_extends(before, f"the anchor {anchor.place}")
    if tree.last is not None and last is not None:
        # A witness holds nothing that could be read. Shown the last checkpoint, it tells how far it has come, before
        # anything new is signed.
        for witness in anchors.witnesses:
            seen = witness.seen(last, tree.proof_to(tree.last.size))
            if seen > tree.head.size:
                raise LogRefused(tree.refusal(f"The witness {witness.place} has seen {seen} entries"))
    return held


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """A site's log as it was when the checkpoint was begun."""

    database: Database
    head: Head
    #: Of the head's origin, the largest.
    last: StoredCheckpoint | None
    #: The key that signs, and all that ever did, as lines.
    active: str | None
    keys: tuple[Verifier, ...]
    #: What an anchor may hold of the log before this one: the checkpoint that the statement of its continuation names.
    continued: Checkpoint | None

    def prove(self, old: int) -> list[bytes]:
        """Return the consistency proof from a size to the head's.

        :raises LogRefused: the stored tiles have not got the hashes.
        """
        return self.proof_to(self.head.size)(old)

    def proof_to(self, size: int) -> cabc.Callable[[int], list[bytes]]:
        """Return what gives the consistency proofs to a size."""

        def prove(old: int) -> list[bytes]:
            nodes = nodes_of_consistency(old, size)
            with self.database.unit_of_work(read_only=True) as uow:
                tiles = uow.log_tree.tiles(self.head.site, tiles_of(nodes))
            try:
                return consistency_proof(old, size, read_from(tiles))
            except KeyError:
                raise LogRefused(self.refusal("Tiles of the tree are missing")) from None

        return prove

    def require_extends(self, note: Note, holder: str) -> None:
        """Return if the head extends what *holder* has.

        :raises LogRefused: it does not, or it is not of this log.
        """
        known = Checkpoint.parse(note.text)
        if known.origin != self.head.origin:
            if (
                self.continued is not None
                and known.origin == self.continued.origin
                and known.size <= self.continued.size
            ):
                return
            raise LogRefused(self.refusal(f"{_upper(holder)} holds a checkpoint of '{known.origin}'"))
        if not note.verified_by(self.keys):
            raise LogRefused(self.refusal(f"No key of this log signed the checkpoint that {holder} holds"))
        if known.size > self.head.size:
            raise LogRefused(
                self.refusal(
                    f"{_upper(holder)} holds a checkpoint of {known.size} entries, and there are {self.head.size}"
                )
            )
        try:
            check_consistency(known.size, self.head.size, known.root, self.head.root, self.prove(known.size))
        except ProofInvalid as error:
            what = f"The tree does not extend the checkpoint of {known.size} entries that {holder} holds ({error})"
            raise LogRefused(self.refusal(what)) from None

    def refusal(self, what: str) -> str:
        """Return the message: what is wrong, what may have happened, how to go on."""
        return (
            f"{what}: the database was restored from a backup, or changed. Nothing is signed, for that would fork the "
            f"log '{self.head.origin}'. Bring the newer database back; or, if this is all there is, begin anew with "
            f"'consentkit log continue --site {self.head.site} --reason …'."
        )


def _read(database: Database, site: str) -> _Tree | None:
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(site)
        if head is None:
            return None
        keys = uow.log_keys.all(site)
        continued = None
        if any(key.retired_at is not None for key in keys):
            for stored in uow.statements.stream(site):
                if stored.kind == EntryType.CONTINUATION:
                    continued = _continued(stored.note, head.origin, keys=[key.verifier for key in keys]) or continued
        return _Tree(
            database=database,
            head=head,
            last=uow.checkpoints.largest(site, head.origin),
            active=next((key.verifier for key in keys if key.retired_at is None), None),
            keys=tuple(Verifier.parse(key.verifier) for key in keys),
            continued=continued,
        )


def _continued(raw: str, origin: str, *, keys: cabc.Iterable[str]) -> Checkpoint | None:
    """Return the checkpoint that a statement of continuation names, if it is one of the log *origin*, signed by it."""
    note = Note.parse(raw.encode())
    statement = Statement.parse(note.text)
    own = [verifier for verifier in map(Verifier.parse, keys) if verifier.name == origin]
    named = statement.members.get("checkpoint")
    if statement.origin != origin or not note.verified_by(own) or not isinstance(named, str):
        return None
    return Checkpoint.parse(Note.parse(named.encode()).text)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
