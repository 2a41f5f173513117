"""The published versions of policies."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..policies.versions import PolicyVersion
from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class PolicyRow(Base):
    """The table of published policies: the fields of :class:`~consentkit.policies.versions.PolicyVersion`."""

    __tablename__ = "consentkit_policies"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    kind: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="privacy, terms or cookies.")
    locale: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The language that it is in.")
    publication: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="Shared by what was published together in several languages."
    )
    version: orm.Mapped[str] = orm.mapped_column(
        Text, comment="A hash of the source; the same again when an old text comes back."
    )
    title: orm.Mapped[str] = orm.mapped_column(Text, comment="The heading.")
    source: orm.Mapped[str] = orm.mapped_column(Text, comment="The Markdown, placeholders filled in.")
    html: orm.Mapped[str] = orm.mapped_column(Text, comment="The sanitised markup that was shown.")
    effective_on: orm.Mapped[dt.date] = orm.mapped_column(sa.Date, comment="From this day on it holds.")
    material: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, comment="Whether readers who decided before must be asked again."
    )
    published_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was published.")

    __table_args__ = ({"comment": "The texts of policies as published. Rows never change."},)


_COLUMNS = tuple(PolicyRow.__table__.columns)


class Policies:
    """The published policies, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add_if_absent(self, version: PolicyVersion) -> bool:
        """Store *version* unless its publication has that language, and return whether this call stored it."""
        return insert_if_absent(
            self._session,
            PolicyRow,
            {field.name: getattr(version, field.name) for field in dataclasses.fields(version)},
        )

    def get(self, site: str, kind: str, locale: str, version: str) -> PolicyVersion | None:
        """Return the text of that version. Where it was published more than once: the newest publication."""
        return next(iter(self._select(*_of(site, kind, locale), PolicyRow.version == version, limit=1)), None)

    def versions(self, site: str, kind: str, locale: str) -> list[PolicyVersion]:
        """Return all publications, newest first."""
        return self._select(*_of(site, kind, locale))

    def in_force(self, site: str, on: dt.date) -> list[PolicyVersion]:
        """Return what holds on a day: for each kind and language the latest to take effect, then to be published."""
        newest = (
            sa.func.row_number()
            .over(
                partition_by=(PolicyRow.kind, PolicyRow.locale),
                order_by=(
                    PolicyRow.effective_on.desc(),
                    PolicyRow.published_at.desc(),
                    PolicyRow.publication.desc(),
                ),
            )
            .label("newest")
        )
        ranked = sa.select(*_COLUMNS, newest).where(PolicyRow.site == site, PolicyRow.effective_on <= on).subquery()
        rows = self._session.execute(
            sa.select(*(ranked.c[column.name] for column in _COLUMNS))
            .where(ranked.c.newest == 1)
            .order_by(ranked.c.kind, ranked.c.locale)
        )
        return [_policy(row) for row in rows]

    def latest_material(self, site: str, on: dt.date) -> dict[str, str]:
        """Return for each kind the publication of the latest material version that took effect by a day."""
        rows = self._session.execute(
            sa.select(PolicyRow.kind, PolicyRow.publication)
            .where(PolicyRow.site == site, PolicyRow.effective_on <= on, PolicyRow.material)
            .order_by(PolicyRow.effective_on, PolicyRow.published_at, PolicyRow.publication)
        )
        # The later one of a kind takes the place of the earlier one.
        return {row.kind: row.publication for row in rows}

    def stamp(self) -> object:
        """Return a value that is another one whenever something was published since."""
        return self._session.scalar(sa.select(sa.func.count()).select_from(PolicyRow))

    def _select(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[PolicyVersion]:
        statement = (
            sa.select(*_COLUMNS)
            .where(*where)
            .order_by(PolicyRow.published_at.desc(), PolicyRow.effective_on.desc(), PolicyRow.publication.desc())
            .limit(limit)
        )
        return [_policy(row) for row in self._session.execute(statement)]


def _of(site: str, kind: str, locale: str) -> tuple[sa.ColumnElement[bool], ...]:
    return PolicyRow.site == site, PolicyRow.kind == kind, PolicyRow.locale == locale


def _policy(row: sa.Row[t.Any]) -> PolicyVersion:
    return PolicyVersion(**row._asdict())
