"""Where a log is read from for verification: the database."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import functools
import typing as t

from ..ledger.entries import EntryType
from ..ledger.events import ACCESS_LOG
from ..ledger.heads import Head
from ..ledger.notes import Verifier
from ..ledger.records import json_value
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..ledger.tree import HASH_LENGTH
from ..storage.log_audit import PlacedRow
from ..storage.log_tree import ENTRIES
from ..storage.unit_of_work import Database
from .log_findings import Finding
from .log_findings import Kind
from .log_parts import Bound
from .log_parts import Checked
from .log_parts import Part
from .log_parts import check_part

if t.TYPE_CHECKING:
    from ..storage.log_audit import PlacedStatement
    from ..storage.unit_of_work import UnitOfWork
    from .log_trust import Trust

#: How many entries are checked at once.
PART = 4096

_UNLOGGED = 20_000


class Loose(t.NamedTuple):
    """A statement without a place below the size that is checked. :param waits: whether it is in the queue."""

    place: int | None
    id: str
    kind: int
    note: str
    waits: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be said about a part before it is read."""

    low: int
    high: int
    trust: Trust
    bounds: tuple[Bound, ...]
    sizes: tuple[int, ...]


class Source(t.Protocol):
    """A log as it is stored somewhere."""

    @property
    def head(self) -> Head | None:
        """The head; ``None`` where the log has not begun."""
        ...

    @property
    def keys(self) -> cabc.Sequence[Verifier]:
        """The keys that are registered, oldest first."""
        ...

    @property
    def statements(self) -> cabc.Sequence[str]:
        """The notes of the statements by which keys took over and logs went on."""
        ...

    def checkpoints(self) -> cabc.Iterator[tuple[str, str]]:
        """Yield the notes, by size, and when each was published."""
        ...

    def tiles(self, wanted: cabc.Collection[Tile]) -> dict[Tile, bytes]:
        """Return the stored ones of these tiles, of level 1 and above."""
        ...

    def prepare(self, task: Task) -> cabc.Callable[[], Checked]:
        """Return what checks a part, here or in another process. Asked for in order."""
        ...

    def loose(self, size: int) -> cabc.Iterator[Loose]:
        """Yield the statements without a place below *size*."""
        ...

    def stands_at(self, index: int) -> str | None:
        """Return the id of the record that has this place now."""
        ...

    def outside(self, newest: str, bound: Bound | None) -> cabc.Iterator[Finding]:
        """Yield what is wrong with what is not in the tree.

        :param newest: the time of the newest record in it. :param bound: of the newest checkpoint.
        """
        ...


@functools.cache
def _database(url: str) -> Database:
    # One for each process, for as long as it lives.
    return Database(url)


def _check(url: str, head: Head, task: Task) -> Checked:
    site = head.site
    low, high = task.low, task.high
    numbers = range(low // WIDTH, -(-high // WIDTH))
    parents = range(numbers.start // WIDTH, (numbers.stop - 1) // WIDTH + 1)
    with _database(url).unit_of_work(read_only=True) as uow:
        wanted = [Tile(level, number) for level in (ENTRIES, 0) for number in numbers]
        tiles = uow.log_tree.tiles(site, [*wanted, *(Tile(1, number) for number in parents)])
        placed = uow.log_audit.statements(site, low, high)
        return check_part(
            Part(
                site=site,
                low=low,
                high=high,
                bundles={number: tiles.get(Tile(ENTRIES, number), b"") for number in numbers},
                hashes={number: tiles.get(Tile(0, number), b"") for number in numbers},
                above={number: _hash_in(tiles.get(Tile(1, number // WIDTH), b""), number) for number in numbers},
                rows=_events(uow, low, high) if site == ACCESS_LOG else uow.log_audit.rows(site, low, high),
                kind=EntryType.EVENT if site == ACCESS_LOG else EntryType.RECORD,
                statements=[(found.place or 0, found.statement.id, found.statement.note) for found in placed],
                trust=task.trust,
                bounds=task.bounds,
                began_at=str(json_value(head.began_at)),
                sizes=task.sizes,
                fields=uow.log_audit.fields,
            )
        )


def _events(uow: UnitOfWork, low: int, high: int) -> cabc.Iterator[PlacedRow]:
    for place, item_id, event_id, salt, content, at in uow.access.placed(ACCESS_LOG, low, high):
        yield PlacedRow(place, item_id, event_id, ACCESS_LOG, salt, content, at)


def _hash_in(data: bytes, number: int) -> bytes:
    at = number % WIDTH * HASH_LENGTH
    return data[at : at + HASH_LENGTH]


class StoredLog:
    """The log of a site in a database."""

    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self._site = site
        with database.unit_of_work(read_only=True) as uow:
            self.head = uow.log_tree.head(site)
            self.keys = [Verifier.parse(key.verifier) for key in uow.log_keys.all(site)]
            self.statements = [found.note for found in uow.log_audit.statements_on_keys(site)]

    def checkpoints(self) -> cabc.Iterator[tuple[str, str]]:
        """Yield the notes, by size, and when each was published."""
        with self._database.unit_of_work(read_only=True) as uow:
            for stored in uow.checkpoints.stream(self._site):
                yield stored.note, str(json_value(stored.published_at))

    def tiles(self, wanted: cabc.Collection[Tile]) -> dict[Tile, bytes]:
        """Return the stored ones of these tiles."""
        with self._database.unit_of_work(read_only=True) as uow:
            return uow.log_tree.tiles(self._site, wanted)

    def prepare(self, task: Task) -> cabc.Callable[[], Checked]:
        """Return what checks a part: it reads the part by itself."""
        if self.head is None:
            raise ValueError("A log that has not begun has no parts.")
        url = self._database.engine.url.render_as_string(hide_password=False)
        return functools.partial(_check, url, self.head, task)

    def loose(self, size: int) -> cabc.Iterator[Loose]:
        """Yield the statements without a place below *size*."""
        with self._database.unit_of_work(read_only=True) as uow:
            found: list[PlacedStatement] = uow.log_audit.statements_outside(self._site, size)
        for index, statement, waits in found:
            yield Loose(index, statement.id, statement.kind, statement.note, waits)

    def stands_at(self, index: int) -> str | None:
        """Return the id of the record that has this place now."""
        with self._database.unit_of_work(read_only=True) as uow:
            if self._site == ACCESS_LOG:
                return next((row.event_id for row in uow.access.placed(ACCESS_LOG, index, index + 1)), None)
            return uow.log_audit.stands_at(self._site, index)

    def outside(self, newest: str, bound: Bound | None) -> cabc.Iterator[Finding]:
        """Yield what is wrong with records outside of the tree, and with the queue."""
        yield from self._unlogged()
        with self._database.unit_of_work(read_only=True) as uow:
            for index, item_id in uow.log_audit.beyond(self._site, limit=100):
                text = "it has a place beyond the end of the log."
                yield Finding(kind=Kind.UNLOGGED, text=text, index=index, record_id=item_id)
            for item_id in uow.log_audit.waits_with_a_place(self._site, limit=100):
                text = "it waits for a place, and has one."
                yield Finding(kind=Kind.QUEUE_GAP, text=text, record_id=item_id)
            began_at = str(json_value(self.head.began_at)) if self.head is not None else ""
            for waiting in uow.log_audit.waiting(self._site):
                if waiting.kind != EntryType.RECORD:
                    continue
                if waiting.decided_at is None:
                    text = "it waits for a place, and is not there."
                    yield Finding(kind=Kind.QUEUE_GAP, text=text, record_id=waiting.item_id)
                    continue
                at = str(json_value(waiting.decided_at))
                if bound is not None and at < bound.at and (at >= began_at or at < newest):
                    text = (
                        f"it waits for a place, its time is {at}, and the checkpoint of {bound.place} entries, "
                        f"published {bound.published}, does not have it."
                    )
                    yield Finding(kind=Kind.BACK_DATED, text=text, record_id=waiting.item_id)

    def _unlogged(self) -> cabc.Iterator[Finding]:
        if self._site == ACCESS_LOG:
            with self._database.unit_of_work(read_only=True) as uow:
                for event_id in uow.access.unlogged(ACCESS_LOG):
                    text = "it has no place in the log, and waits for none."
                    yield Finding(kind=Kind.UNLOGGED, text=text, record_id=event_id)
            return
        last: str | None = None
        while True:
            # Each in a transaction of its own: a long one would keep the database from cleaning up.
            with self._database.unit_of_work(read_only=True) as uow:
                end = uow.log_audit.nth_after(self._site, last, _UNLOGGED)
                for record_id in uow.log_audit.unlogged(self._site, after=last, until=end):
                    text = "it has no place in the log, and waits for none."
                    yield Finding(kind=Kind.UNLOGGED, text=text, record_id=record_id)
            if end is None:
                return
            last = end
