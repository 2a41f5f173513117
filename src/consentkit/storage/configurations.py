"""The configurations that were ever in force."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class ConfigurationRow(Base):
    """The table of configurations."""

    __tablename__ = "consentkit_configurations"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    version: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="A hash of the content.")
    content: orm.Mapped[str] = orm.mapped_column(Text, comment="The configuration as canonical JSON.")
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was first in force.")

    __table_args__ = ({"comment": "Every configuration that was ever in force. Rows never change."},)


class Configurations:
    """The configurations, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add_if_absent(self, site: str, version: str, content: str, at: dt.datetime) -> bool:
        """Store a configuration unless its version is there, and return whether this call stored it."""
        return insert_if_absent(
            self._session,
            ConfigurationRow,
            {"site": site, "version": version, "content": content, "created_at": at},
        )

    def get(self, site: str, version: str) -> str | None:
        """Return the canonical JSON of that version."""
        return self._session.scalar(
            sa.select(ConfigurationRow.content).where(
                ConfigurationRow.site == site, ConfigurationRow.version == version
            )
        )
