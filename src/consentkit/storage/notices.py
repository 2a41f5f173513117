"""The notices as readers saw them."""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.evidence import StoredNotice
from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class StyleRow(Base):
    """The table of stylesheets.

    Apart from the notices, as one stylesheet serves every site, language and version until the next release.
    """

    __tablename__ = "consentkit_styles"

    hash: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="SHA-256 of the text, hexadecimal.")
    style: orm.Mapped[str] = orm.mapped_column(Text, comment="The CSS.")

    __table_args__ = ({"comment": "The stylesheets that notices were shown with, each once."},)


class NoticeRow(Base):
    """The table of notices."""

    __tablename__ = "consentkit_notices"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    version: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="16 characters of the hash of the content."
    )
    locale: orm.Mapped[str] = orm.mapped_column(Text, comment="The language that it is in.")
    regime: orm.Mapped[str] = orm.mapped_column(Text, comment="The rule set that it was made for.")
    layout: orm.Mapped[str] = orm.mapped_column(Text, comment="How the first layer lies on the page.")
    revision: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, comment="What it asks about: consentkit_revisions.number."
    )
    content: orm.Mapped[str] = orm.mapped_column(Text, comment="The canonical JSON that was hashed.")
    html: orm.Mapped[str] = orm.mapped_column(Text, comment="The first layer as markup.")
    preferences_html: orm.Mapped[str] = orm.mapped_column(Text, comment="The second layer as markup.")
    style_hash: orm.Mapped[str] = orm.mapped_column(
        Text, sa.ForeignKey(StyleRow.hash), comment="The stylesheet that it was shown with."
    )
    first_published_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was first stored.")

    __table_args__ = ({"comment": "What readers saw, exactly: one row for each content. Rows never change."},)


class Notices:
    """The notices, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add_if_absent(self, notice: StoredNotice) -> bool:
        """Store *notice* unless its version is there. The first one stays, with its time.

        :returns: whether this call stored it.
        """
        style_hash = hashlib.sha256(notice.style.encode()).hexdigest()
        insert_if_absent(self._session, StyleRow, {"hash": style_hash, "style": notice.style})
        return insert_if_absent(
            self._session,
            NoticeRow,
            {
                "site": notice.site,
                "version": notice.version,
                "locale": notice.locale,
                "regime": notice.regime,
                "layout": notice.layout,
                "revision": notice.revision,
                "content": notice.content,
                "html": notice.html,
                "preferences_html": notice.preferences_html,
                "style_hash": style_hash,
                "first_published_at": notice.first_published_at,
            },
        )

    def get(self, site: str, version: str) -> StoredNotice | None:
        """Return the notice of that version."""
        found = self._session.execute(
            sa.select(NoticeRow, StyleRow.style)
            .join(StyleRow)
            .where(NoticeRow.site == site, NoticeRow.version == version)
        ).first()
        if found is None:
            return None
        row, style = found
        return StoredNotice(
            site=row.site,
            version=row.version,
            locale=row.locale,
            regime=row.regime,
            layout=row.layout,
            revision=row.revision,
            content=row.content,
            html=row.html,
            preferences_html=row.preferences_html,
            style=style,
            first_published_at=row.first_published_at,
        )

    def exists(self, site: str, version: str) -> bool:
        """Whether a notice of that version was ever published."""
        statement = sa.select(sa.literal(1)).where(NoticeRow.site == site, NoticeRow.version == version)
        return self._session.execute(statement).first() is not None
