"""What verification of a log finds."""

from __future__ import annotations

import bisect
import collections
import collections.abc as cabc
import dataclasses
import enum
import typing as t


class Kind(enum.StrEnum):
    """The kinds of damage."""

    #: A record, or its salt, is not what its entry was made from.
    CHANGED = "changed"
    #: Two records stand in each other's places.
    SWAPPED = "swapped"
    #: A record says that it is of another site than its log.
    OTHER_SITE = "other_site"
    #: The log has an entry and nothing that it was made from, and says nothing of an erasure.
    MISSING = "missing"
    #: The same of all that is at the end of the log; or the log is shorter than what was signed.
    TRUNCATED = "truncated"
    #: A record stands where the log says that it was erased.
    NOT_ERASED = "not_erased"
    #: A record has no place in the log, and waits for none.
    UNLOGGED = "unlogged"
    #: A record's time is before that of a checkpoint that does not have it.
    BACK_DATED = "back_dated"
    #: A statement of the log on itself is not signed by it, or not what its entry was made from.
    FORGED_STATEMENT = "forged_statement"
    #: A stored tile, or bundle of entries, is not what the entries make.
    TILE_CHANGED = "tile_changed"
    #: The stored root is not what the entries make.
    HEAD_CHANGED = "head_changed"
    #: A checkpoint that no key of the log signed as it is.
    CHECKPOINT_CHANGED = "checkpoint_changed"
    #: A checkpoint that the log signed, over another tree.
    FORKED = "forked"
    #: What lies outside of the database is newer than the database.
    ROLLED_BACK = "rolled_back"
    #: A key that signs in the log's name, and that none before it vouched for.
    UNKNOWN_KEY = "unknown_key"
    #: The queue holds what is not there, or what has a place already.
    QUEUE_GAP = "queue_gap"


class Since(t.NamedTuple):
    """The first checkpoint that a finding contradicts.

    :param at: when it was published, ISO 8601.
    """

    size: int
    at: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    :param index: the first place in the log that it is about, :param last: and the last. :param record_id: the record,
        or the statement. :param text: one sentence.
    """

    kind: Kind
    text: str
    index: int | None = None
    last: int | None = None
    record_id: str | None = None
    since: Since | None = None

    def __str__(self) -> str:
        """Return it as one line."""
        about = []
        if self.index is not None:
            several = self.last is not None and self.last != self.index
            about.append(f"entries {self.index} to {self.last}" if several else f"entry {self.index}")
        if self.record_id is not None:
            about.append(f"{'statement' if self.kind == Kind.FORGED_STATEMENT else 'record'} {self.record_id}")
        since = "" if self.since is None else f" Since the checkpoint of {self.since.size} entries, {self.since.at}."
        return ": ".join([self.kind, *([", ".join(about)] if about else []), f"{self.text}{since}"])


#: How many of each kind are kept.
KEPT = 1000


class Findings:
    """What was found. Of each kind the first :data:`KEPT` are kept; all are counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: collections.Counter[Kind] = collections.Counter()

    def add(self, *findings: Finding) -> None:
        """Keep what is found."""
        for finding in findings:
            self.counts[finding.kind] += 1
            if self.counts[finding.kind] <= KEPT:
                self.kept.append(finding)

    def merge(self, other: Findings) -> None:
        """Add what another one has."""
        room = {kind: KEPT - self.counts[kind] for kind in other.counts}
        for finding in other.kept:
            room[finding.kind] -= 1
            if room[finding.kind] >= 0:
                self.kept.append(finding)
        self.counts += other.counts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of the verification of one log.

    :param size: how many entries it has. :param records: how many records were recomputed. :param erased: how many
        entries are of erased ones. :param checkpoints: how many checkpoints were checked. :param remarks: what is no
        damage, and should be known.
    """

    site: str
    origin: str
    size: int
    records: int
    erased: int
    checkpoints: int
    findings: tuple[Finding, ...]
    counts: cabc.Mapping[Kind, int]
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts


class Ranges:
    """Places in the log, as ranges; first and last are among them."""

    def __init__(self, ranges: cabc.Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            if self._ranges and first <= self._ranges[-1][1] + 1:
                self._ranges[-1] = (self._ranges[-1][0], max(self._ranges[-1][1], last))
            else:
                self._ranges.append((first, last))

    def __iter__(self) -> cabc.Iterator[tuple[int, int]]:
        """Yield them, in order, none touching another."""
        return iter(self._ranges)

    def __contains__(self, index: int) -> bool:
        """Whether a place is in one of them."""
        at = bisect.bisect_right(self._ranges, index, key=lambda range_: range_[0]) - 1
        return at >= 0 and index <= self._ranges[at][1]

    def count(self) -> int:
        """Return how many places they have."""
        return sum(last - first + 1 for first, last in self._ranges)

    def without(self, other: Ranges) -> Ranges:
        """Return what of these is not in *other*."""
        left: list[tuple[int, int]] = []
        cuts = other._ranges
        at = 0
        for first, last in self._ranges:
            low = first
            while at < len(cuts) and cuts[at][1] < low:
                at += 1
            here = at
            while here < len(cuts) and cuts[here][0] <= last:
                if low < cuts[here][0]:
                    left.append((low, cuts[here][0] - 1))
                low = max(low, cuts[here][1] + 1)
                here += 1
            if low <= last:
                left.append((low, last))
        return Ranges(left)
