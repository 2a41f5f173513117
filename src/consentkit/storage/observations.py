"""What was seen in the field: which cookies left, which hosts browsers reported. Counts, nothing about anybody."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from .base import Base
from .base import EnumValue
from .base import Text
from .base import UtcDateTime
from .upserts import insert

#: More rows than this of one kind are not kept for a site: those that were not seen for longest go.
MAX_ROWS = 5000


class Kind(enum.StrEnum):
    """What was seen."""

    # As quick as of any text: an enumeration's own is written in Python, and these are counted in every response.
    __hash__ = str.__hash__

    COOKIE = "cookie"
    HOST = "host"


class Outcome(enum.StrEnum):
    """What became of it."""

    __hash__ = str.__hash__

    #: A cookie that left.
    PASSED = "passed"
    #: A cookie that was kept back.
    WITHHELD = "withheld"
    #: A cookie that was deleted in the browser.
    EXPIRED = "expired"
    #: A host that a browser kept from being loaded.
    BLOCKED = "blocked"
    #: A host that a browser loaded and reported.
    REPORTED = "reported"


class Seen(t.NamedTuple):
    """What was seen, as finely as it is counted.

    :param name: the cookie's name, or the host, with its port where it has one. :param directive: the CSP directive
        that the host offends; empty for cookies. :param section: the first segment of the page's path, without
        slashes. :param consent_class: the purposes as a number (see :func:`consentkit.cookies.codec.class_of`), -1
        where it is not known.
    """

    site: str
    kind: Kind
    name: str
    directive: str
    section: str
    consent_class: int
    outcome: Outcome


class ObservationRow(Base):
    """The table of counts."""

    __tablename__ = "consentkit_observations"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    kind: orm.Mapped[Kind] = orm.mapped_column(EnumValue(Kind), primary_key=True, comment="cookie or host.")
    name: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The cookie's name, or the host.")
    directive: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="The CSP directive that a host offends; empty for cookies."
    )
    section: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="The first segment of the page's path; empty for the front page."
    )
    consent_class: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, primary_key=True, autoincrement=False, comment="The purposes agreed to, as a number; -1 if unknown."
    )
    outcome: orm.Mapped[Outcome] = orm.mapped_column(EnumValue(Outcome), primary_key=True, comment="What became of it.")
    count: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How often.")
    lifetime: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, comment="The longest that a cookie was to stay, in seconds; null: until the browser is closed."
    )
    first_seen: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When first.")
    last_seen: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When last.")

    __table_args__ = (
        sa.Index(None, "site", "kind", "last_seen"),
        {"comment": "Cookies and hosts seen in the field. Aggregates only: no identifier, no address."},
    )


_KEY = [
    ObservationRow.site,
    ObservationRow.kind,
    ObservationRow.name,
    ObservationRow.directive,
    ObservationRow.section,
    ObservationRow.consent_class,
    ObservationRow.outcome,
]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen, how often, and when.

    :param lifetime: of a cookie, the longest, in seconds; ``None``: as long as the browser is open.
    """

    seen: Seen
    count: int
    lifetime: int | None
    first_seen: dt.datetime
    last_seen: dt.datetime


class Observations:
    """The counts, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, *observations: Observation) -> None:
        """Add to what was counted before of the same."""
        if not observations:
            return
        statement = insert(self._session, ObservationRow)
        new = statement.excluded
        was = ObservationRow
        adding = statement.on_conflict_do_update(
            index_elements=_KEY,
            set_={
                "count": was.count + new["count"],
                "lifetime": _greater(was.lifetime, new.lifetime),
                "first_seen": sa.case((new.first_seen < was.first_seen, new.first_seen), else_=was.first_seen),
                "last_seen": sa.case((new.last_seen > was.last_seen, new.last_seen), else_=was.last_seen),
            },
        )
        # In one order, whoever adds: two processes that lock the same rows in different orders would wait for each
        # other. And past the session, which would make an object of each row.
        self._session.connection().execute(
            adding,
            [
                {
                    **observation.seen._asdict(),
                    "count": observation.count,
                    "lifetime": observation.lifetime,
                    "first_seen": observation.first_seen,
                    "last_seen": observation.last_seen,
                }
                for observation in sorted(observations, key=lambda observation: observation.seen)
            ],
        )

    def trim(self, site: str, kind: Kind, keep: int) -> int:
        """Delete what was not seen for longest, until *keep* rows are left. Returns how many went.

        Rows that another process is adding to are passed over: they are not the oldest any more.
        """
        which = (ObservationRow.site == site, ObservationRow.kind == kind)
        count = self._session.scalar(sa.select(sa.func.count()).select_from(ObservationRow).where(*which)) or 0
        if count <= keep:
            return 0
        oldest = sa.select(*_KEY).where(*which).order_by(ObservationRow.last_seen).limit(count - keep)
        return self._delete(sa.tuple_(*_KEY).in_(oldest.with_for_update(skip_locked=True)))

    def forget(self, before: dt.datetime) -> int:
        """Delete what was last seen before then, on every site. Returns how many went."""
        return self._delete(ObservationRow.last_seen < before)

    def _delete(self, which: sa.ColumnElement[bool]) -> int:
        done = self._session.connection().execute(sa.delete(ObservationRow).where(which))
        return done.rowcount

    def all(self, site: str, *, since: dt.datetime | None = None) -> list[Observation]:
        """Return what was seen on *site*, by kind and name; with *since* only what was seen then or later."""
        rows = self._session.scalars(
            sa.select(ObservationRow)
            .where(ObservationRow.site == site, *(() if since is None else (ObservationRow.last_seen >= since,)))
            .order_by(*_KEY)
        )
        return [
            Observation(
                seen=Seen(row.site, row.kind, row.name, row.directive, row.section, row.consent_class, row.outcome),
                count=row.count,
                lifetime=row.lifetime,
                first_seen=row.first_seen,
                last_seen=row.last_seen,
            )
            for row in rows
        ]


_Number = sa.SQLColumnExpression[int | None]


def _greater(one: _Number, other: _Number) -> sa.ColumnElement[int | None]:
    return sa.case((one.is_(None), other), (other.is_(None), one), (other > one, other), else_=one)
