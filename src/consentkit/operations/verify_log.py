"""Verify a log: recompute all of it from the records, and say what does not fit.

Parts of it are checked by all cores (:mod:`~consentkit.operations.log_parts`); what they come to is put together here,
in memory that does not grow with the log.
"""

from __future__ import annotations

import bisect
import collections
import collections.abc as cabc
import dataclasses
import datetime as dt
import gc
import itertools
import multiprocessing
import threading
import typing as t
from concurrent.futures import Future
from concurrent.futures import ProcessPoolExecutor

from ..errors import ProofInvalid
from ..ledger.checkpoints import Checkpoint
from ..ledger.notes import Note
from ..ledger.records import json_value
from ..ledger.tiles import WIDTH
from .log_findings import Finding
from .log_findings import Findings
from .log_findings import Kind
from .log_findings import Ranges
from .log_findings import Since
from .log_findings import Verdict
from .log_parts import Bound
from .log_parts import Checked
from .log_parts import Stranger
from .log_parts import back_dated
from .log_parts import changed
from .log_parts import entry_from
from .log_parts import erased_by
from .log_sources import PART
from .log_sources import Task
from .log_trust import Trust
from .log_trust import trust
from .recomputed_tree import RecomputedTree

if t.TYPE_CHECKING:
    from ..ledger.heads import Head
    from ..ledger.notes import Verifier
    from .log_sources import Source

#: By how much a record may be older than a checkpoint without it: requests and clocks take their time.
TOLERANCE = dt.timedelta(minutes=10)

# Missing entries in a row up to which each is named.
_NAMED = 100
_RECHECKED = 1000
# These say in their text which checkpoint they contradict, or contradict none.
_WITHOUT_SINCE = frozenset({Kind.BACK_DATED, Kind.UNLOGGED, Kind.QUEUE_GAP})

#: Told how many entries of how many are checked.
Progress: t.TypeAlias = cabc.Callable[[int, int], None]

_T = t.TypeVar("_T")


def verify_log(
    source: Source,
    site: str,
    *,
    keys: cabc.Sequence[Verifier] = (),
    start: str | None = None,
    held: cabc.Iterable[tuple[str, str]] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> Verdict:
    """Recompute a site's log, and return what was found.

    :param keys: those that are trusted; see :func:`~consentkit.operations.log_trust.trust`.
    :param start: the note of a checkpoint that is trusted: what it covers is not recomputed.
    :param held: notes that lie outside of what is checked, each with the name of the place.
    :param jobs: how many processes.
    :raises ProofInvalid: *start* is no checkpoint of this log. :raises StoreUnavailable: as the store does.
    """
    return _Verification(source, site, keys=keys, start=start, held=held).run(jobs, progress or (lambda *_: None))


@dataclasses.dataclass(frozen=True, slots=True)
class _Signed:
    """A checkpoint whose signature holds. :param where: the place it lies, for people."""

    checkpoint: Checkpoint
    published: str
    where: str


class _Verification:
    def __init__(
        self,
        source: Source,
        site: str,
        *,
        keys: cabc.Sequence[Verifier],
        start: str | None,
        held: cabc.Iterable[tuple[str, str]],
    ) -> None:
        self._source = source
        self._site = site
        self._given = keys
        self._start = start
        self._outside = list(held)
        self._findings = Findings()
        self._signed: dict[int, list[_Signed]] = {}
        self._roots: dict[int, bytes] = {}
        self._bounds: list[Bound] = []
        self._missing: list[tuple[int, int]] = []
        self._lost: dict[int, str] = {}
        self._erased: list[tuple[int, int]] = []
        self._strangers: list[Stranger] = []
        self._newest = ""
        self._records = 0
        self._checkpoints = 0
        self._remarks: list[str] = []

    def run(self, jobs: int, progress: Progress) -> Verdict:
        head = self._source.head
        if head is None:
            return self._without_head()
        trusted = trust(
            head.origin, given=self._given, registered=self._source.keys, statements=self._source.statements
        )
        self._remarks += trusted.remarks
        for key in trusted.unknown:
            text = f"no trusted key vouches for {key}."
            self._findings.add(Finding(kind=Kind.UNKNOWN_KEY, text=text))
        begin = self._read_checkpoints(head, trusted)
        self._read_parts(head, trusted, begin, jobs, progress)
        self._judge_roots(head)
        self._judge_loose(head, trusted)
        self._judge_gaps(head, begin)
        self._judge_strangers()
        bound = self._bounds[-1] if self._bounds else None
        self._findings.add(*self._source.outside(self._newest, bound))
        return self._verdict(head.origin, head.size)

    def _verdict(self, origin: str, size: int) -> Verdict:
        sizes = sorted(self._signed)
        return Verdict(
            site=self._site,
            origin=origin,
            size=size,
            records=self._records,
            erased=Ranges(self._erased).count(),
            checkpoints=self._checkpoints,
            findings=tuple(self._since(finding, sizes) for finding in self._findings.kept),
            counts=dict(self._findings.counts),
            remarks=tuple(self._remarks),
        )

    def _since(self, finding: Finding, sizes: list[int]) -> Finding:
        if finding.index is None or finding.since is not None or finding.kind in _WITHOUT_SINCE:
            return finding
        at = bisect.bisect_right(sizes, finding.index)
        if at == len(sizes):
            return finding
        return dataclasses.replace(finding, since=Since(sizes[at], self._signed[sizes[at]][0].published))

    def _without_head(self) -> Verdict:
        if any(True for _ in self._source.checkpoints()) or self._outside:
            text = "there are checkpoints of the log, and it has no head."
            self._findings.add(Finding(kind=Kind.TRUNCATED, text=text))
        else:
            self._remarks.append("The log has not begun.")
        return self._verdict("", 0)

    # ── checkpoints ──

    def _read_checkpoints(self, head: Head, trusted: Trust) -> int:
        """Keep the checkpoints that are signed, and return where to begin."""
        latest = ""
        for raw, published in self._source.checkpoints():
            self._checkpoints += 1
            found = self._check_signature(raw, published, trusted, where="")
            if found is None:
                continue
            size = found.checkpoint.size
            if size > head.size:
                text = f"the log has {head.size} entries, and signed a checkpoint of {size}."
                self._findings.add(Finding(kind=Kind.TRUNCATED, text=text, since=Since(size, published)))
            else:
                if published < latest:
                    text = f"the checkpoint of {size} entries says that it was published before a smaller one."
                    self._findings.add(Finding(kind=Kind.CHECKPOINT_CHANGED, text=text, since=Since(size, published)))
                latest = max(latest, _earlier(published))
                self._bounds.append(Bound(size, latest, published))
        for raw, where in self._outside:
            found = self._check_signature(raw, "", trusted, where=where)
            if found is not None and found.checkpoint.size > head.size:
                text = f"{where} holds a checkpoint of {found.checkpoint.size} entries, and there are {head.size}."
                self._findings.add(Finding(kind=Kind.ROLLED_BACK, text=text))
        if self._start is None:
            return 0
        start = trusted.checkpoint(self._start)
        if start is None or start.size > head.size:
            raise ProofInvalid(f"The log has {head.size} entries, and the trusted checkpoint is of another tree.")
        self._keep(_Signed(start, "", "The trusted checkpoint"))
        return start.size // WIDTH * WIDTH

    def _check_signature(self, raw: str, published: str, trusted: Trust, *, where: str) -> _Signed | None:
        try:
            checkpoint = trusted.checkpoint(raw)
        except ProofInvalid as error:
            size = _size_of(raw)
            text = f"{where or 'a stored checkpoint'} is not signed by the log as it is. {error}"
            since = Since(size, published) if size is not None and published else None
            self._findings.add(Finding(kind=Kind.CHECKPOINT_CHANGED, text=text, since=since))
            return None
        if checkpoint is None:
            # It is of a tree that this one does not continue, and says so.
            return None
        signed = _Signed(checkpoint, published, where)
        self._keep(signed)
        return signed

    def _keep(self, signed: _Signed) -> None:
        self._signed.setdefault(signed.checkpoint.size, []).append(signed)

    # ── parts ──

    def _read_parts(self, head: Head, trusted: Trust, begin: int, jobs: int, progress: Progress) -> None:
        tree = RecomputedTree(self._source, begin, self._findings)
        sizes = sorted({head.size, *(size for size in self._signed if size <= head.size)})
        tasks = (self._task(low, head.size, trusted, sizes) for low in range(begin, head.size, PART))
        calls = (self._source.prepare(task) for task in tasks)
        progress(begin, head.size)
        for part in _in_order(calls, jobs):
            tree.add(part, sizes, self._roots)
            self._add(part)
            progress(part.high, head.size)
        tree.finish(head.size, self._roots)

    def _task(self, low: int, size: int, trusted: Trust, sizes: list[int]) -> Task:
        high = min(low + PART, size)
        first = max(0, bisect.bisect_right(self._bounds, low, key=lambda bound: bound.place) - 1)
        last = bisect.bisect_left(self._bounds, high, key=lambda bound: bound.place)
        within = sizes[bisect.bisect_right(sizes, low) : bisect.bisect_right(sizes, high)]
        return Task(low=low, high=high, trust=trusted, bounds=tuple(self._bounds[first:last]), sizes=tuple(within))

    def _add(self, part: Checked) -> None:
        self._findings.merge(part.findings)
        self._findings.add(*(back_dated(old) for old in part.old if old.decided_at < self._newest))
        self._newest = max(self._newest, part.newest)
        self._records += part.records
        self._erased += part.erased
        self._strangers += part.strangers[: max(0, _NAMED - len(self._strangers))]
        if len(self._lost) < _RECHECKED:
            self._lost |= part.lost
        for first, last in part.missing:
            if self._missing and self._missing[-1][1] == first - 1:
                self._missing[-1] = (self._missing[-1][0], last)
            else:
                self._missing.append((first, last))

    # ── judgement ──

    def _judge_roots(self, head: Head) -> None:
        if self._roots.get(head.size) != head.root:
            text = f"the stored root of {head.size} entries is not what the entries make."
            self._findings.add(Finding(kind=Kind.HEAD_CHANGED, text=text))
        for size, signed in sorted(self._signed.items()):
            for one in signed:
                if size in self._roots and self._roots[size] != one.checkpoint.root:
                    what = one.where or "The checkpoint"
                    text = f"{what} of {size} entries is signed, and the entries make another tree."
                    since = Since(size, one.published) if one.published else None
                    self._findings.add(Finding(kind=Kind.FORKED, text=text, since=since))

    def _judge_loose(self, head: Head, trusted: Trust) -> None:
        for index, id_, kind, raw, waits in self._source.loose(head.size):
            try:
                if index is None and not waits:
                    raise ProofInvalid("It has no place in the log, and waits for none.")  # noqa: TRY301 - as above
                self._erased += erased_by(trusted.statement(raw, kind), self._site, before=None)
            except ProofInvalid as error:
                text = f"a statement in the log's name is not the log's. {error}"
                self._findings.add(Finding(kind=Kind.FORGED_STATEMENT, text=text, record_id=id_, index=index))

    def _judge_gaps(self, head: Head, begin: int) -> None:
        missing = Ranges(self._missing)
        erased = Ranges(self._erased)
        for first, last in missing.without(erased):
            if last == head.size - 1 and last > first:
                text = "nothing is left of what they were made from, up to the end of the log."
                self._findings.add(Finding(kind=Kind.TRUNCATED, text=text, index=first, last=last))
            elif last - first >= _NAMED:
                text = "nothing is left of what they were made from, and the log speaks of no erasure."
                self._findings.add(Finding(kind=Kind.MISSING, text=text, index=first, last=last))
            else:
                text = "what it was made from is gone, and the log speaks of no erasure."
                for index in range(first, last + 1):
                    lost = self._lost.get(index)
                    self._findings.add(Finding(kind=Kind.MISSING, text=text, index=index, record_id=lost))
        checked = Ranges([(begin, head.size - 1)] if head.size > begin else [])
        beyond = erased.without(checked)
        standing = erased.without(beyond).without(missing)
        places = itertools.chain.from_iterable(range(first, last + 1) for first, last in standing)
        for index in itertools.islice(places, _RECHECKED):
            # It may have been erased since it was looked at.
            record_id = self._source.stands_at(index)
            if record_id is not None:
                text = "the log says that it was erased, and it is there."
                self._findings.add(Finding(kind=Kind.NOT_ERASED, text=text, index=index, record_id=record_id))

    def _judge_strangers(self) -> None:
        """Tell records that stand in each other's places from those that were changed."""
        left = {stranger.place: stranger for stranger in self._strangers}
        for one in self._strangers:
            other = next((other for other in self._strangers if other is not one and _fits(one, other)), None)
            if other is None or one.place not in left:
                continue
            text = f"its entry was made from what stands at entry {other.place} now, as record {other.record_id}."
            self._findings.add(Finding(kind=Kind.SWAPPED, text=text, index=one.place, record_id=one.record_id))
            del left[one.place]
        for stranger in left.values():
            self._findings.add(changed(stranger.place, stranger.record_id, stranger.salt, stranger.fields))


def _fits(place: Stranger, other: Stranger) -> bool:
    """Whether the entry at a place was made from what is another record now, but for its id, its salt, or both."""
    if other.fields is None:
        return False
    renamed = {**other.fields, "id": place.record_id}
    pairs = itertools.product((other.fields, renamed), (other.salt, place.salt))
    return any(entry_from(fields, salt) == place.entry for fields, salt in pairs)


def _in_order(calls: cabc.Iterator[cabc.Callable[[], _T]], jobs: int) -> cabc.Iterator[_T]:
    """Yield what the calls return, in their order; at most a few of them are under way or wait at once."""
    if jobs <= 1:
        yield from (call() for call in calls)
        return
    # A copy of this process starts at once and shares its memory; where threads run, one of them may hold a lock.
    method = "fork" if threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    # What is there already stays shared: collecting garbage would write to every page of it.
    gc.collect()
    gc.freeze()
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        under_way: collections.deque[Future[_T]] = collections.deque()
        try:
            for call in calls:
                under_way.append(pool.submit(call))
                if len(under_way) > 2 * jobs:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            gc.unfreeze()
            for future in under_way:
                future.cancel()


def _size_of(raw: str) -> int | None:
    """Return the size that a note says, whoever signed it."""
    try:
        return Checkpoint.parse(Note.parse(raw.encode()).text).size
    except ProofInvalid:
        return None


def _earlier(at: str) -> str:
    """Return the time at which a record may still be that a checkpoint of this time does not have."""
    try:
        return str(json_value(dt.datetime.fromisoformat(at) - TOLERANCE))
    except (ValueError, OverflowError):
        return ""
