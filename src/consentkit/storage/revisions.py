"""The revisions of sites: when readers had to be asked again, and why."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.evidence import Revision
from .base import Base
from .base import CanonicalJson
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class RevisionRow(Base):
    """The table of revisions."""

    __tablename__ = "consentkit_revisions"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    number: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, primary_key=True, autoincrement=False, comment="From 1, without gaps."
    )
    material: orm.Mapped[dict[str, t.Any]] = orm.mapped_column(
        CanonicalJson, comment="What a change is measured against: purposes, recipients, policies."
    )
    changes: orm.Mapped[list[dict[str, str]]] = orm.mapped_column(
        CanonicalJson, comment="What changed since the number before, as readers are told it."
    )
    services_order: orm.Mapped[list[str]] = orm.mapped_column(
        CanonicalJson, comment="The services by which the cookie's bitmap counts."
    )
    config_version: orm.Mapped[str] = orm.mapped_column(
        Text, comment="The configuration that brought it: consentkit_configurations.version."
    )
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="Since when it holds.")

    __table_args__ = ({"comment": "When readers had to be asked again, and why. Of a row only the material changes."},)


class Revisions:
    """The revisions, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def latest(self, site: str) -> Revision | None:
        """Return the revision that holds now."""
        return next(self._select(RevisionRow.site == site, order=RevisionRow.number.desc(), limit=1), None)

    def since(self, site: str, number: int) -> list[Revision]:
        """Return the revisions after that number, in their order."""
        return list(self._select(RevisionRow.site == site, RevisionRow.number > number, order=RevisionRow.number.asc()))

    def add(self, revision: Revision) -> bool:
        """Store *revision* and return ``True``, or ``False`` when another process was first with that number."""
        return insert_if_absent(
            self._session,
            RevisionRow,
            {
                "site": revision.site,
                "number": revision.number,
                "material": dict(revision.material),
                "changes": [dict(change) for change in revision.changes],
                "services_order": list(revision.services_order),
                "config_version": revision.config_version,
                "created_at": revision.created_at,
            },
        )

    def narrow(self, site: str, number: int, material: cabc.Mapping[str, object]) -> None:
        """Take out of a revision's material what was dropped since, so that its return is a change again."""
        self._session.execute(
            sa.update(RevisionRow)
            .where(RevisionRow.site == site, RevisionRow.number == number)
            .values(material=dict(material))
        )

    def stamp(self) -> object:
        """Return a value that is another one whenever there is a new revision of any site."""
        return self._session.scalar(sa.select(sa.func.count()).select_from(RevisionRow))

    def _select(
        self, *where: sa.ColumnElement[bool], order: sa.UnaryExpression[int], limit: int | None = None
    ) -> cabc.Iterator[Revision]:
        for row in self._session.scalars(sa.select(RevisionRow).where(*where).order_by(order).limit(limit)):
            yield Revision(
                site=row.site,
                number=row.number,
                material=row.material,
                changes=tuple(row.changes),
                services_order=tuple(row.services_order),
                config_version=row.config_version,
                created_at=row.created_at,
            )
