"""Receipts: one JSON object with a record, the notice as it was shown, and what proves their place in the log.

Who keeps one can show years later what was agreed to, to somebody who trusts neither them nor the site: all that it
takes is the log's verifier key. The format is docs/reference/receipt.md.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import json
import typing as t

from ..consent.evidence import VERSION_MARK
from ..consent.evidence import StoredNotice
from ..consent.evidence import notice_version
from ..errors import ProofInvalid
from . import jws
from .checkpoints import Checkpoint
from .entries import SALT_LENGTH
from .entries import Entry
from .entries import EntryType
from .entries import canonical
from .notes import ED25519
from .notes import Note
from .notes import Signer
from .notes import Verifier
from .records import entry_of
from .tree import HASH_LENGTH
from .tree import check_inclusion
from .tree import hash_leaf

#: A JSON object.
Json: t.TypeAlias = dict[str, t.Any]

VERSION = 1
#: The longest receipt that is read, in bytes.
MAX_LENGTH = 4 * 2**20

# What is a number in every language: JSON readers elsewhere know nothing but floating point (RFC 8785, 3.2.2.3).
_MAX_NUMBER = 2**53 - 1
_MAX_DEPTH = 32
# A tree of 2**63 leaves has no longer proof.
_MAX_PROOF = 63


class State(enum.StrEnum):
    """How far a record has come on its way into the log."""

    #: Stored. The site promises to log it.
    RECORDED = "recorded"
    #: It has its place, but no checkpoint says so yet.
    INTEGRATED = "integrated"
    #: A signed checkpoint covers it.
    PUBLISHED = "published"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is in the log, and what proves it.

    :param size: of the tree that the checkpoint is of. :param proof: the audit path, from the leaf up.
    :param checkpoint: the signed note.
    """

    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """What a receipt says of the log.

    :param salt: 32 bytes, and :param entry: what the log holds: together they tie the record to it. :param by: the time
        until which a checkpoint must cover it; ``None`` once one does. :param keys: the site's verifier lines. They are
        a hint: whom to trust is for the reader of the receipt to know.
    """

    state: State
    origin: str
    salt: bytes
    entry: bytes
    by: dt.datetime | None
    place: Place | None
    keys: tuple[str, ...]


class Check(enum.StrEnum):
    """What is checked of a receipt, in this order."""

    SIGNATURE = "signature"
    COMMITMENT = "commitment"
    NOTICE = "notice"
    INCLUSION = "inclusion"
    CHECKPOINT = "checkpoint"


class Outcome(enum.StrEnum):
    """What came of a check."""

    HOLDS = "holds"
    FAILS = "fails"
    #: There is nothing in the receipt that could be checked, and the receipt says so itself.
    ABSENT = "absent"


class Finding(t.NamedTuple):
    """One check with what came of it. ``text`` is one sentence in English."""

    check: Check
    outcome: Outcome
    text: str


def holds(findings: cabc.Iterable[Finding]) -> bool:
    """Whether nothing is wrong with a receipt."""
    return all(finding.outcome is not Outcome.FAILS for finding in findings)


def build(
    fields: Json,
    *,
    consent: Json,
    notice: StoredNotice | None,
    log: LogPart,
    issued_at: dt.datetime,
    signer: Signer,
) -> Json:
    """Return the signed receipt of a record.

    :param fields: the record, as :func:`~consentkit.ledger.records.fields_of` gives it. :param consent: the same as
        ISO/IEC TS 27560 has it, with a ``@context``.
    """
    consent = dict(consent)
    profile = "receipt-eu-gdpr" if consent["dct:conformsTo"].endswith("eu-gdpr") else "receipt-record"
    body: Json = {
        "@context": consent.pop("@context"),
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": f"https://w3id.org/dpv/schema/dpv-27560#{profile}",
        "dct:identifier": fields["id"],
        "receipt_version": VERSION,
        "issued_at": write_time(issued_at),
        "consent": consent,
        "record": fields,
        "notice": None if notice is None else notice_to_json(notice),
        "log": _log_to_json(log),
    }
    return {**body, "signature": jws.sign(canonical(body), signer, kind=jws.RECEIPT, detached=True)}


def write_time(at: dt.datetime) -> str:
    """Return a time in ISO 8601, in UTC, always to the microsecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def notice_to_json(notice: StoredNotice) -> Json:
    """Return *notice* as receipts and audit packs have it: all that its version is a hash of."""
    content = json.loads(notice.content)
    # The version is of the rest.
    content.pop("version", None)
    return {
        "version": notice.version,
        "locale": notice.locale,
        "content": content,
        "html": notice.html,
        "preferences_html": notice.preferences_html,
        "style": notice.style,
    }


def _log_to_json(log: LogPart) -> Json:
    place = log.place
    return {
        "state": log.state.value,
        "origin": log.origin,
        "salt": _encode(log.salt),
        "entry": _encode(log.entry),
        "by": None if log.by is None else write_time(log.by),
        "index": None if place is None else place.index,
        "size": None if place is None else place.size,
        "proof": None if place is None else [_encode(hash_) for hash_ in place.proof],
        "checkpoint": None if place is None else place.checkpoint,
        "keys": list(log.keys),
    }


# ── reading ──


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as parsed: its members are of the form, and nothing of it is verified.

    :param body: all members but the signature. :param notice: ``None`` where it holds none.
    """

    body: Json
    record: Json
    notice: Json | None
    log: LogPart
    signature: str


def parse(raw: bytes) -> Receipt:
    """Read a receipt.

    :raises ProofInvalid: it is none: says what is wrong, without repeating it.
    """
    if len(raw) > MAX_LENGTH:
        raise ProofInvalid(f"This is no receipt: it is longer than {MAX_LENGTH} bytes.")
    try:
        body = json.loads(raw, object_pairs_hook=_unique, parse_int=_whole)
        _limit_depth(body, _MAX_DEPTH)
        # Half a surrogate pair has no bytes, and a fraction is written in more than one way.
        canonical(body if isinstance(body, dict) else {})
    except ProofInvalid:
        raise
    except (ValueError, TypeError, RecursionError):
        raise ProofInvalid("This is no receipt: it is no JSON of the kind that receipts are made of.") from None
    if not isinstance(body, dict) or body.get("receipt_version") != VERSION:
        raise ProofInvalid(f"This is no receipt of version {VERSION}.")
    read = _Reader(body, "")
    read.time("issued_at")
    record = read.object("record")
    _Reader(record, "record.").text("id")
    notice = None if body.get("notice", ...) is None else read.object("notice")
    if notice is not None:
        inner = _Reader(notice, "notice.")
        inner.object("content")
        for name in ("version", "locale", "html", "preferences_html", "style"):
            inner.text(name)
    signature = read.text("signature")
    log = _read_log(_Reader(read.object("log"), "log."))
    return Receipt({k: v for k, v in body.items() if k != "signature"}, record, notice, log, signature)


def _read_log(read: _Reader) -> LogPart:
    try:
        state = State(read.text("state"))
    except ValueError:
        raise ProofInvalid("This is no receipt: 'log.state' is not one of the three.") from None
    place = None
    if state is State.PUBLISHED:
        proof = tuple(read.bytes_of(one, "proof", HASH_LENGTH) for one in read.texts("proof", _MAX_PROOF))
        place = Place(read.count("index"), read.count("size"), proof, read.text("checkpoint"))
    else:
        read.nothing("index", "size", "proof", "checkpoint")
    return LogPart(
        state=state,
        origin=read.text("origin"),
        salt=read.bytes_of(read.text("salt"), "salt", SALT_LENGTH),
        entry=read.bytes_of(read.text("entry"), "entry"),
        by=None if state is State.PUBLISHED else read.time("by"),
        place=place,
        keys=tuple(read.texts("keys", _MAX_PROOF)),
    )


class _Reader:
    """Takes members out of an object, each of the type that it must have."""

    def __init__(self, body: Json, path: str) -> None:
        self._body = body
        self._path = path

    def _wrong(self, name: str, expected: str) -> ProofInvalid:
        return ProofInvalid(f"This is no receipt: '{self._path}{name}' is not {expected}.")

    def text(self, name: str) -> str:
        value = self._body.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def object(self, name: str) -> Json:
        value = self._body.get(name)
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return value

    def count(self, name: str) -> int:
        value = self._body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(name, "a number")
        return value

    def texts(self, name: str, most: int) -> list[str]:
        value = self._body.get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
            raise self._wrong(name, "a list of texts")
        return value

    def time(self, name: str) -> dt.datetime:
        text = self.text(name)
        try:
            found = dt.datetime.fromisoformat(text)
            again = write_time(found)
        except (ValueError, OverflowError):
            again = ""
        if again != text:
            raise self._wrong(name, "a time in UTC to the microsecond")
        return found

    def nothing(self, *names: str) -> None:
        for name in names:
            if self._body.get(name) is not None:
                raise self._wrong(name, "null, as it must be until the record is published")

    def bytes_of(self, text: str, name: str, length: int | None = None) -> bytes:
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if _encode(data) != text or (length is not None and len(data) != length):
            raise self._wrong(name, "base64" if length is None else f"{length} bytes in base64")
        return data


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unique(pairs: list[tuple[str, t.Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of two counts is told differently by every reader of JSON.
        raise ProofInvalid("This is no receipt: a member stands in it twice.")
    return found


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > _MAX_NUMBER or text == "-0":
        raise ValueError
    return number


def _limit_depth(value: object, left: int) -> None:
    if left == 0:
        raise ValueError
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        if isinstance(one, (dict, list)):
            _limit_depth(one, left - 1)


# ── checking ──


def check(receipt: Receipt, verifiers: cabc.Collection[Verifier]) -> list[Finding]:
    """Return what came of every :class:`Check`, in their order. One that fails keeps none of the others back.

    :param verifiers: the keys that are trusted: the site's, and those of witnesses.
    """
    # A key of another log says nothing of this one: key and log have one name.
    keys = [key for key in verifiers if key.kind == ED25519 and key.name == receipt.log.origin]
    published = receipt.log.place is not None
    promise = (
        f"The receipt is older than the log's checkpoint: the site promised one until {receipt.body['log']['by']}."
    )
    return [
        _finding(Check.SIGNATURE, lambda: _check_signature(receipt, keys)),
        _finding(Check.COMMITMENT, lambda: _check_commitment(receipt)),
        _finding(Check.NOTICE, lambda: _check_notice(receipt))
        if receipt.notice is not None
        else Finding(Check.NOTICE, Outcome.ABSENT, "The receipt holds no notice."),
        *(
            _finding(name, function) if published else Finding(name, Outcome.ABSENT, promise)
            for name, function in (
                (Check.INCLUSION, lambda: _check_inclusion(receipt)),
                (Check.CHECKPOINT, lambda: _check_checkpoint(receipt, keys, verifiers)),
            )
        ),
    ]


def _finding(name: Check, function: cabc.Callable[[], str]) -> Finding:
    try:
        return Finding(name, Outcome.HOLDS, function())
    except ProofInvalid as error:
        return Finding(name, Outcome.FAILS, str(error))


def _check_signature(receipt: Receipt, keys: cabc.Collection[Verifier]) -> str:
    verifier = jws.check_detached(receipt.signature, canonical(receipt.body), keys, kind=jws.RECEIPT)
    return f"{jws.key_id(verifier)} signed exactly this."


def _check_commitment(receipt: Receipt) -> str:
    entry = Entry.parse(receipt.log.entry)
    if entry.type is not EntryType.RECORD:
        raise ProofInvalid("The entry of the log is not one of a record.")
    if entry_of(receipt.record, receipt.log.salt) != entry:
        raise ProofInvalid("The record is not the one that the entry of the log commits to.")
    return "The entry of the log is of this record."


def _check_notice(receipt: Receipt) -> str:
    notice = t.cast("Json", receipt.notice)
    version = notice["version"]
    found = notice_version(
        notice["content"],
        html=notice["html"].replace(version, VERSION_MARK),
        preferences_html=notice["preferences_html"].replace(version, VERSION_MARK),
        style=notice["style"],
    )
    if not found == version == receipt.record.get("notice_version"):
        raise ProofInvalid("The notice is not the one that the record names.")
    return f"The notice is the one that was shown, {version}."


def _check_inclusion(receipt: Receipt) -> str:
    place = t.cast("Place", receipt.log.place)
    checkpoint = Checkpoint.parse(Note.parse(place.checkpoint.encode()).text)
    if checkpoint.size != place.size:
        raise ProofInvalid("The checkpoint is of another size than the proof.")
    check_inclusion(place.index, place.size, hash_leaf(receipt.log.entry), place.proof, checkpoint.root)
    return f"The entry is number {place.index} of the {place.size} that the checkpoint covers."


def _check_checkpoint(receipt: Receipt, keys: cabc.Collection[Verifier], verifiers: cabc.Collection[Verifier]) -> str:
    place = t.cast("Place", receipt.log.place)
    note = Note.parse(place.checkpoint.encode())
    if Checkpoint.parse(note.text).origin != receipt.log.origin:
        raise ProofInvalid("The checkpoint is of another log.")
    signed = note.verified_by(verifiers)
    if not any(key in keys for key in signed):
        raise ProofInvalid("The checkpoint is not signed by a key of this log that is trusted.")
    witnesses = [key.name for key in signed if key not in keys]
    return "The checkpoint is signed by the log" + (f", and witnessed by {', '.join(witnesses)}." if witnesses else ".")
