"""A part of a log, recomputed: 256 entries at a time, from the records up to the roots of the tiles.

Parts know nothing of each other, so that every core can have one. What they have in common is put together in
:mod:`consentkit.operations.verify_log`.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import hashlib
import itertools
import operator
import typing as t

from ..errors import ProofInvalid
from ..ledger.entries import SALT_LENGTH
from ..ledger.entries import VERSION
from ..ledger.entries import Entry
from ..ledger.entries import EntryType
from ..ledger.entries import commit
from ..ledger.entries import parse_bundle
from ..ledger.records import content_of
from ..ledger.statements import entry_of_statement
from ..ledger.tiles import WIDTH
from ..ledger.tree import HASH_LENGTH
from ..ledger.tree import hash_all
from ..ledger.tree import hash_leaf
from ..storage.log_audit import PlacedRow
from .log_findings import Finding
from .log_findings import Findings
from .log_findings import Kind

if t.TYPE_CHECKING:
    from ..ledger.statements import Statement
    from .log_trust import Trust

_STATEMENTS = frozenset(EntryType) - {EntryType.RECORD, EntryType.EVENT}
# How many records that do not fit are kept, to see whether they fit elsewhere.
_STRANGERS = 100
#: How many records of the time before the log began are kept, the oldest ones.
_OLDEST = 10


class Bound(t.NamedTuple):
    """From a place on, records must not be older than a time: that of the last checkpoint before, less a tolerance.

    :param at: ISO 8601 as records have it. :param published: when that checkpoint was published.
    """

    place: int
    at: str
    published: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is checked at once.

    :param site: whose log it is. :param low: the first place, a multiple of 256. :param high: the place after the last.
    :param bundles, hashes, above: by number of the tile: the stored entries, the stored hashes, and the hash that the
        tile above has for it, if there is one.
    :param statements: place, id, note. :param bounds: in order. :param began_at: when the log began, ISO 8601.
    :param sizes: those of checkpoints that end within this part. :param fields: gives a record as JSON has it.
    """

    site: str
    low: int
    high: int
    bundles: cabc.Mapping[int, bytes]
    hashes: cabc.Mapping[int, bytes]
    above: cabc.Mapping[int, bytes]
    rows: cabc.Iterable[PlacedRow]
    statements: cabc.Sequence[tuple[int, str, str]]
    trust: Trust
    bounds: cabc.Sequence[Bound]
    began_at: str
    sizes: cabc.Collection[int]
    fields: cabc.Callable[[str], cabc.Mapping[str, object] | None]
    #: What the rows are.
    kind: EntryType = EntryType.RECORD


class Stranger(t.NamedTuple):
    """A record that does not fit its place. :param entry: what the log has there."""

    place: int
    record_id: str
    salt: bytes | None
    fields: dict[str, object] | None
    entry: bytes


class Old(t.NamedTuple):
    """A record from before the log began, which has a place behind a checkpoint."""

    decided_at: str
    place: int
    record_id: str
    bound: Bound


@dataclasses.dataclass(slots=True)
class Checked:
    """What came of a part.

    :param roots: of its full tiles. :param ends: size to the hashes of the complete subtrees after the last full tile.
    :param tail: the hashes of the leaves after the last full tile. :param missing: places and what had them, if known.
    """

    low: int
    high: int
    roots: list[bytes] = dataclasses.field(default_factory=list)
    ends: dict[int, list[bytes]] = dataclasses.field(default_factory=dict)
    tail: list[bytes] = dataclasses.field(default_factory=list)
    records: int = 0
    missing: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    lost: dict[int, str] = dataclasses.field(default_factory=dict)
    erased: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    strangers: list[Stranger] = dataclasses.field(default_factory=list)
    newest: str = ""
    old: list[Old] = dataclasses.field(default_factory=list)
    findings: Findings = dataclasses.field(default_factory=Findings)


def check_part(part: Part) -> Checked:
    """Recompute a part of a log."""
    return _Check(part).run()


class _Check:
    def __init__(self, part: Part) -> None:
        self._part = part
        self._done = Checked(part.low, part.high)
        # By place, from `low` on: what the log has, as its bundles say.
        self._entries: list[bytes | None] = []
        # What records and statements make at those places where the bundles have something else.
        self._made: dict[int, bytes] = {}
        self._held = bytearray(part.high - part.low)
        self._doubtful: list[tuple[PlacedRow, bytes | None]] = []

    def run(self) -> Checked:
        part = self._part
        for number in range(part.low // WIDTH, -(-part.high // WIDTH)):
            self._entries += self._bundle(number)
        self._check_rows()
        self._check_statements()
        for number in range(part.low // WIDTH, -(-part.high // WIDTH)):
            self._check_tile(number)
        self._judge_doubtful()
        self._find_missing()
        return self._done

    def _bundle(self, number: int) -> list[bytes | None]:
        width = min(WIDTH, self._part.high - number * WIDTH)
        try:
            entries: list[bytes | None] = list(parse_bundle(self._part.bundles.get(number, b""))[:width])
        except ProofInvalid:
            entries = []
        return entries + [None] * (width - len(entries))

    def _check_rows(self) -> None:  # noqa: C901 - the one loop over all records: a call each is what it saves
        low, high = self._part.low, self._part.high
        entries, held = self._entries, self._held
        bounds = iter([*self._part.bounds, None])
        bound, following = None, next(bounds)
        sha256 = hashlib.sha256
        prefix = bytes((VERSION, self._part.kind))
        newest = ""
        for row in self._part.rows:
            index, item_id, record_id, site, salt, content, decided_at = row
            if not low <= index < high:
                continue
            if record_id is None:
                if len(self._done.lost) < WIDTH:
                    self._done.lost[index] = item_id
                continue
            held[index - low] = 1
            self._done.records += 1
            made = None
            if content is not None and salt is not None and len(salt) == SALT_LENGTH:
                made = prefix + sha256(salt + content).digest()
            if made is None or made != entries[index - low] or site != self._part.site:
                self._doubtful.append((row, made))
                if made is not None:
                    self._made[index] = made
            while following is not None and following.place <= index:
                bound, following = following, next(bounds)
            if decided_at is None:
                continue
            if bound is not None and decided_at < bound.at:
                self._back_dated(Old(decided_at, index, record_id, bound), newest)
            newest = max(newest, decided_at)
        self._done.newest = newest

    def _back_dated(self, old: Old, newest: str) -> None:
        # When a log begins, it takes in what was recorded before, in the order of time: that is for as long as nothing
        # newer has come.
        if old.decided_at >= self._part.began_at or old.decided_at < newest:
            self._done.findings.add(back_dated(old))
        else:
            self._done.old = sorted([*self._done.old, old])[:_OLDEST]

    def _check_statements(self) -> None:
        for index, item_id, raw in self._part.statements:
            self._held[index - self._part.low] = 1
            stored = self._entries[index - self._part.low]
            kind = stored[1] if stored is not None and len(stored) > 1 else 0
            try:
                if kind not in _STATEMENTS or bytes(entry_of_statement(EntryType(kind), raw)) != stored:
                    raise ProofInvalid("Its entry was not made from it.")  # noqa: TRY301 - told like the others
                found = self._part.trust.statement(raw, kind)
                self._done.erased += erased_by(found, self._part.site, before=index)
            except ProofInvalid as error:
                text = f"a statement in the log's name is not the log's. {error}"
                self._done.findings.add(Finding(kind=Kind.FORGED_STATEMENT, text=text, index=index, record_id=item_id))

    def _check_tile(self, number: int) -> None:
        part = self._part
        at = number * WIDTH - part.low
        entries = self._entries[at : at + WIDTH]
        stored = part.hashes.get(number, b"")
        hashes = [hash_leaf(entry) if entry is not None else None for entry in entries]
        if None in hashes or b"".join(t.cast("list[bytes]", hashes)) != stored[: len(hashes) * HASH_LENGTH]:
            leaves = self._settle(number, hashes, stored)
        else:
            leaves = t.cast("list[bytes]", hashes)
        levels = _levels(leaves)
        if len(leaves) == WIDTH:
            self._done.roots.append(levels[-1][0])
        else:
            self._done.tail = leaves
        for size in part.sizes:
            if number * WIDTH < size <= number * WIDTH + len(leaves) and size % WIDTH:
                self._done.ends[size] = _ends(levels, size - number * WIDTH)

    def _settle(self, number: int, hashes: list[bytes | None], stored: bytes) -> list[bytes]:
        """Return the hashes of a tile whose two stored forms contradict each other, and find which was changed."""
        width = len(hashes)
        held = [stored[i * HASH_LENGTH : (i + 1) * HASH_LENGTH] for i in range(width)]
        whole = all(len(hash_) == HASH_LENGTH for hash_ in held)
        above = self._part.above.get(number)
        believed = whole and width == WIDTH and above == hash_all(held)
        chosen: list[bytes] = []
        wrong: dict[str, list[int]] = {"entries": [], "0": []}
        for i, (hash_, other) in enumerate(zip(hashes, held, strict=True)):
            index = number * WIDTH + i
            if hash_ == other:
                chosen.append(other)
                continue
            made = self._made.get(index)
            by_record = made is not None and hash_leaf(made) == other
            bundle_is_wrong = len(other) == HASH_LENGTH and (hash_ is None or believed or by_record)
            wrong["entries" if bundle_is_wrong else "0"].append(index)
            chosen.append(other if bundle_is_wrong else hash_ or bytes(HASH_LENGTH))
            if by_record:
                # The record fits the tree. Only its entry's copy in the bundle does not.
                self._entries[index - self._part.low] = made
            elif bundle_is_wrong:
                self._entries[index - self._part.low] = None
        for level, places in wrong.items():
            if places:
                text = f"the stored tile {level}/{number} is not what the log has."
                finding = Finding(kind=Kind.TILE_CHANGED, text=text, index=places[0], last=places[-1])
                self._done.findings.add(finding)
        return chosen

    def _judge_doubtful(self) -> None:
        for row, _ in self._doubtful:
            stored = self._entries[row.place - self._part.low]
            fields = self._part.fields(t.cast("str", row.record_id))
            made = entry_from(fields, row.salt)
            if made is not None and made == stored and row.site == self._part.site:
                continue
            there = t.cast("str", row.record_id)
            if row.site != self._part.site:
                back = entry_from({**fields, "site": self._part.site}, row.salt) if fields else None
                text = f"it says that it is of the site '{row.site}', and stands in the log of '{self._part.site}'"
                text += "; nothing else of it was changed." if back == stored else "."
                self._done.findings.add(Finding(kind=Kind.OTHER_SITE, text=text, index=row.place, record_id=there))
            elif len(self._done.strangers) < _STRANGERS and stored is not None:
                kept = dict(fields) if fields is not None else None
                self._done.strangers.append(Stranger(row.place, there, row.salt, kept, stored))
            else:
                self._done.findings.add(changed(row.place, there, row.salt, fields))

    def _find_missing(self) -> None:
        # What has nothing that it was made from, as ranges.
        gaps = (i for i, held in enumerate(self._held, self._part.low) if not held)
        for _, run in itertools.groupby(enumerate(gaps), lambda pair: pair[1] - pair[0]):
            places = list(map(operator.itemgetter(1), run))
            self._done.missing.append((places[0], places[-1]))


def entry_from(fields: cabc.Mapping[str, object] | None, salt: bytes | None) -> bytes | None:
    """Return the entry that a record makes, ``None`` where it makes none."""
    if fields is None or salt is None or len(salt) != SALT_LENGTH:
        return None
    try:
        return bytes(Entry(EntryType.RECORD, commit(salt, content_of(fields))))
    except (TypeError, ValueError, RecursionError):
        return None


def erased_by(statement: Statement, site: str, *, before: int | None) -> list[tuple[int, int]]:
    """Return the places of which a statement says that they were erased.

    :param before: the statement's own place: it speaks of none after it.
    :raises ProofInvalid: it is of another site, or says what cannot be.
    """
    if statement.members.get("site") != site:
        raise ProofInvalid("It is of another site.")
    if statement.type != EntryType.ERASURE:
        return []
    ranges = statement.members.get("indexes")
    if not isinstance(ranges, list):
        raise ProofInvalid("It does not say what was erased.")
    found = []
    last = -1
    for range_ in ranges:
        if not isinstance(range_, list) or [type(end) for end in range_] != [int, int]:
            raise ProofInvalid("It does not say what was erased.")
        if not last < range_[0] <= range_[1] or (before is not None and range_[1] >= before):
            raise ProofInvalid("It says that entries were erased which were not there.")
        last = range_[1]
        found.append((range_[0], range_[1]))
    return found


def back_dated(old: Old) -> Finding:
    """Return what is to be said of a record that is older than a checkpoint without it."""
    text = (
        f"its time is {old.decided_at}, and the checkpoint of {old.bound.place} entries, published "
        f"{old.bound.published}, does not have it."
    )
    return Finding(kind=Kind.BACK_DATED, text=text, index=old.place, record_id=old.record_id)


def changed(index: int, record_id: str, salt: bytes | None, fields: cabc.Mapping[str, object] | None) -> Finding:
    """Return what is to be said of a record that does not make its entry."""
    if salt is None or len(salt) != SALT_LENGTH:
        text = "its salt is gone, or has another length."
    elif fields is None:
        text = "the row is not of a record's form any more."
    else:
        text = "the entry was not made from this record and its salt."
    return Finding(kind=Kind.CHANGED, text=text, index=index, record_id=record_id)


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return the hashes of the complete subtrees of a tile, by height."""
    levels = [leaves]
    sha256 = hashlib.sha256
    while len(levels[-1]) > 1:
        below = levels[-1]
        # RFC 6962, 2.1, as ledger.tree has it; written out, for this is most of the work.
        levels.append([sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in range(0, len(below) - 1, 2)])
    return levels


def _ends(levels: list[list[bytes]], count: int) -> list[bytes]:
    """Return the hashes of the complete subtrees that make up the first *count* leaves of a tile, from the left."""
    found = []
    low = 0
    while low < count:
        height = (count - low).bit_length() - 1
        found.append(levels[height][low >> height])
        low += 1 << height
    return found
