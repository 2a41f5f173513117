"""Invitations to the audit view that nobody has used."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from .accounts import Role
from .base import Base
from .base import CanonicalJson
from .base import Text
from .base import UtcDateTime


class InvitationRow(Base):
    """The table of invitations. Its columns are those of :class:`Invitation`."""

    __tablename__ = "consentkit_invitations"

    token_hash: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="SHA-256 of the link's token, hexadecimal. The token itself is not stored."
    )
    email: orm.Mapped[str] = orm.mapped_column(Text, comment="Whom it is for, trimmed and in lower case.")
    grants: orm.Mapped[dict[str, str]] = orm.mapped_column(CanonicalJson, comment="JSON: site, or * for all, to role.")
    invited_by: orm.Mapped[str] = orm.mapped_column(Text, comment="An account's address, or the command line.")
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was made.")
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="Until when it can be used.")

    __table_args__ = ({"comment": "Invitations that nobody has used. Using one removes the row."},)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody who may make an account for themselves."""

    token_hash: str = dataclasses.field(repr=False)
    email: str
    grants: cabc.Mapping[str, Role]
    invited_by: str
    created_at: dt.datetime
    expires_at: dt.datetime


class Invitations:
    """The invitations, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, invitation: Invitation) -> None:
        """Store an invitation."""
        values = {field.name: getattr(invitation, field.name) for field in dataclasses.fields(invitation)}
        values["grants"] = {site: str(role) for site, role in invitation.grants.items()}
        self._session.execute(sa.insert(InvitationRow).values(**values))

    def get(self, token_hash: str) -> Invitation | None:
        """Return the invitation of that hash, whether it still holds or not."""
        row = self._session.get(InvitationRow, token_hash)
        return None if row is None else _invitation(row)

    def take(self, token_hash: str) -> Invitation | None:
        """Return the invitation of that hash and remove it. Of several at once exactly one gets it."""
        row = self._session.scalar(
            sa.delete(InvitationRow).where(InvitationRow.token_hash == token_hash).returning(InvitationRow)
        )
        return None if row is None else _invitation(row)

    def all(self) -> list[Invitation]:
        """Return all of them, the newest first."""
        rows = self._session.scalars(sa.select(InvitationRow).order_by(InvitationRow.created_at.desc()))
        return [_invitation(row) for row in rows]

    def remove(self, hashes: cabc.Collection[str]) -> None:
        """Remove the invitations of these hashes: their links are worth nothing from now on."""
        if hashes:
            self._session.execute(sa.delete(InvitationRow).where(InvitationRow.token_hash.in_(hashes)))

    def forget(self, *, expired_at: dt.datetime) -> None:
        """Remove those that had expired by then."""
        self._session.execute(sa.delete(InvitationRow).where(InvitationRow.expires_at <= expired_at))


def _invitation(row: InvitationRow) -> Invitation:
    return Invitation(
        token_hash=row.token_hash,
        email=row.email,
        grants={site: Role(role) for site, role in row.grants.items()},
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
