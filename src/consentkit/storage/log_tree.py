"""The tree of the log: its head, its leaves, its tiles."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import sqlite

from ..ledger.heads import Head
from ..ledger.tiles import Tile
from ..ledger.tree import EMPTY_ROOT
from .base import Base
from .base import Text
from .base import UtcDateTime
from .log_checkpoints import LogCheckpointRow
from .upserts import insert_if_absent
from .upserts import packed

#: The level at which the bundles of entries are kept, numbered as the tiles of level 0 are.
ENTRIES = -1
_ADD_LEAVES = {
    "sqlite": sa.text(
        "INSERT INTO consentkit_log_leaves (site, leaf_index, item_id) "
        "SELECT :site, :start + key, value FROM json_each(:ids)"
    ),
    "postgresql": sa.text(
        "INSERT INTO consentkit_log_leaves (site, leaf_index, item_id) SELECT :site, :start + number - 1, id "
        "FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS placed (id, number)"
    ),
}

_PUT_TILES = sa.text(
    "INSERT INTO consentkit_log_tiles (site, level, number, data) SELECT :site, level, number, data "
    "FROM unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[]), CAST(:data AS bytea[])) "
    "AS put (level, number, data) ON CONFLICT (site, level, number) DO UPDATE SET data = excluded.data"
)


class LogHeadRow(Base):
    """The table of heads, one row a site."""

    __tablename__ = "consentkit_log_heads"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    origin: orm.Mapped[str] = orm.mapped_column(Text, comment="The log's name: where it can be read.")
    size: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How many entries are integrated.")
    root: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary, comment="The root over them (RFC 6962, 2.1).")
    fence: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="Counts the leases: an older writer is refused.")
    holder: orm.Mapped[str | None] = orm.mapped_column(Text, comment="The process that has the lease.")
    leased_until: orm.Mapped[dt.datetime | None] = orm.mapped_column(UtcDateTime, comment="Until when.")
    trouble: orm.Mapped[str | None] = orm.mapped_column(
        Text, comment="Why nothing is signed any more; null when all is well."
    )
    began_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When the log began.")

    __table_args__ = ({"comment": "The log of each site: how far it is, and who writes it."},)


class LogLeafRow(Base):
    """The table of leaves. Beside the wide records, so that a batch of them is a matter of milliseconds."""

    __tablename__ = "consentkit_log_leaves"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    leaf_index: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False, comment="The place, from 0."
    )
    item_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), comment="The record or the statement that has it."
    )

    __table_args__ = (
        # Nothing has two places.
        sa.Index(None, "item_id", unique=True),
        {"comment": "Which record has which place in the log. Erasure removes the row; the entry stays in the tiles."},
    )


class LogTileRow(Base):
    """The table of tiles, and of the bundles of entries."""

    __tablename__ = "consentkit_log_tiles"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    level: orm.Mapped[int] = orm.mapped_column(
        sa.SmallInteger, primary_key=True, autoincrement=False, comment="The level; -1 for the entries."
    )
    number: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False, comment="The number from the left."
    )
    data: orm.Mapped[bytes] = orm.mapped_column(
        sa.LargeBinary, comment="Up to 256 hashes, or entries (C2SP tlog-tiles)."
    )

    __table_args__ = ({"comment": "The tree. A full tile never changes; the last one of a level grows at its end."},)


class LogTree:
    """The trees of all sites, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    # ── heads ──

    def head(self, site: str) -> Head | None:
        """Return the head of a site's log, or ``None`` where it has not begun."""
        return next(iter(self.heads(site)), None)

    def heads(self, *sites: str) -> list[Head]:
        """Return the heads of these sites, or of all."""
        statement = sa.select(*LogHeadRow.__table__.columns).order_by(LogHeadRow.site)
        if sites:
            statement = statement.where(LogHeadRow.site.in_(sites))
        return [Head(**row._asdict()) for row in self._session.execute(statement)]

    def begin(self, site: str, *, origin: str, at: dt.datetime) -> None:
        """Begin a log, unless it has begun: its name stays."""
        values = {"site": site, "origin": origin, "size": 0, "root": EMPTY_ROOT, "fence": 0, "began_at": at}
        insert_if_absent(self._session, LogHeadRow, values)

    def lease(self, site: str, *, holder: str, now: dt.datetime, until: dt.datetime) -> Head | None:
        """Make *holder* the one who writes until then, under a new fence, unless somebody else is.

        A lease that is over counts for nothing, nor does one that lies twice as far ahead as this one: a clock was
        set back since it was given.

        :returns: the head as it is now, or ``None`` where somebody else writes, or the log has not begun.
        """
        free = sa.or_(
            LogHeadRow.leased_until.is_(None),
            LogHeadRow.leased_until <= now,
            LogHeadRow.leased_until > now + 2 * (until - now),
        )
        statement = sa.update(LogHeadRow).where(LogHeadRow.site == site, free)
        statement = statement.values(fence=LogHeadRow.fence + 1, holder=holder, leased_until=until)
        row = self._session.execute(statement.returning(*LogHeadRow.__table__.columns)).first()
        return None if row is None else Head(**row._asdict())

    def renew(self, site: str, *, fence: int, until: dt.datetime | None) -> bool:
        """Let the lease of that fence end at another time, or now. :returns: whether it was still that one's."""
        statement = sa.update(LogHeadRow).where(LogHeadRow.site == site, LogHeadRow.fence == fence)
        values = {"leased_until": until} if until is not None else {"leased_until": None, "holder": None}
        done = self._session.execute(statement.values(**values))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    def unsigned(self) -> list[str]:
        """Return the sites whose log is further than its newest checkpoint."""
        signed = sa.exists().where(
            LogCheckpointRow.site == LogHeadRow.site,
            LogCheckpointRow.origin == LogHeadRow.origin,
            LogCheckpointRow.size == LogHeadRow.size,
        )
        statement = sa.select(LogHeadRow.site).where(LogHeadRow.size > 0, ~signed)
        return list(self._session.scalars(statement.order_by(LogHeadRow.site)))

    def advance(self, head: Head, *, size: int, root: bytes) -> bool:
        """Move the log on from *head*, and return whether it still was where *head* says, with that fence.

        Who is told ``False`` must roll everything back: another writer has gone on.
        """
        same = (LogHeadRow.site == head.site, LogHeadRow.size == head.size, LogHeadRow.fence == head.fence)
        done = self._session.execute(sa.update(LogHeadRow).where(*same).values(size=size, root=root))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    def settle(self, head: Head) -> bool:
        """Say that all is well with a log, and return whether it still has the name that *head* says.

        Until the end of the unit of work nobody else can change its name, or the key that signs.
        """
        return self._update(LogHeadRow.site == head.site, LogHeadRow.origin == head.origin, trouble=None)

    def set_trouble(self, site: str, trouble: str) -> bool:
        """Keep why nothing is signed, in words. :returns: whether that is news."""
        return self._update(LogHeadRow.site == site, LogHeadRow.trouble.is_distinct_from(trouble), trouble=trouble)

    def rename(self, head: Head, origin: str) -> bool:
        """Let a log go on under another name, and return whether it still was where *head* says.

        Its writers are refused as if another had the lease: what they were about to store is of the old name.
        """
        same = (LogHeadRow.site == head.site, LogHeadRow.origin == head.origin, LogHeadRow.size == head.size)
        return self._update(*same, origin=origin, trouble=None, fence=LogHeadRow.fence + 1, leased_until=None)

    def _update(self, *which: sa.ColumnElement[bool], **values: object) -> bool:
        done = self._session.execute(sa.update(LogHeadRow).where(*which).values(**values))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    # ── leaves ──

    def add_leaves(self, site: str, start: int, item_ids: cabc.Iterable[str]) -> None:
        """Give items their places, from *start* on."""
        statement = _ADD_LEAVES[self._session.get_bind().dialect.name]
        self._session.execute(statement, {"site": site, "start": start, "ids": packed(self._session, item_ids)})

    def index_of(self, item_id: str) -> int | None:
        """Return the place of a record or a statement, or ``None``."""
        return self._session.scalar(sa.select(LogLeafRow.leaf_index).where(LogLeafRow.item_id == item_id))

    def item_at(self, site: str, index: int) -> str | None:
        """Return what has a place, or ``None``: nothing, or what was erased since."""
        which = (LogLeafRow.site == site, LogLeafRow.leaf_index == index)
        return self._session.scalar(sa.select(LogLeafRow.item_id).where(*which))

    # ── tiles ──

    def tiles(self, site: str, wanted: cabc.Collection[Tile]) -> dict[Tile, bytes]:
        """Return the stored ones of *wanted*, whole: who wants them at an older size takes the beginning."""
        if not wanted:
            return {}
        levels: dict[int, list[int]] = {}
        for tile in wanted:
            levels.setdefault(tile.level, []).append(tile.number)
        # Not as pairs: for those SQLite looks through all tiles of the site.
        places = [
            sa.and_(LogTileRow.site == site, LogTileRow.level == level, LogTileRow.number.in_(numbers))
            for level, numbers in sorted(levels.items())
        ]
        statement = sa.select(LogTileRow.level, LogTileRow.number, LogTileRow.data)
        found = self._session.execute(statement.where(sa.or_(*places)))
        return {Tile(row.level, row.number): row.data for row in found}

    def put_tiles(self, site: str, tiles: cabc.Mapping[Tile, bytes]) -> None:
        """Store tiles that are new, or longer than they were."""
        if not tiles:
            return
        if self._session.get_bind().dialect.name == "postgresql":
            # One statement: behind many in a pipeline the server does not notice that a writer has fallen silent.
            values = {
                "site": site,
                "levels": [tile.level for tile in tiles],
                "numbers": [tile.number for tile in tiles],
                "data": list(tiles.values()),
            }
            self._session.execute(_PUT_TILES, values)
            return
        rows = [
            {"site": site, "level": tile.level, "number": tile.number, "data": data} for tile, data in tiles.items()
        ]
        statement = sqlite.insert(LogTileRow)
        statement = statement.on_conflict_do_update(
            index_elements=[LogTileRow.site, LogTileRow.level, LogTileRow.number],
            set_={"data": statement.excluded.data},
        )
        self._session.execute(statement, rows)
