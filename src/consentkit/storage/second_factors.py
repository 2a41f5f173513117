"""The second factors of accounts: TOTP secrets (RFC 6238), encrypted, and recovery codes, hashed."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from .accounts import AccountRow
from .base import Base
from .base import Text
from .base import UtcDateTime


class SecondFactorRow(Base):
    """The table of second factors."""

    __tablename__ = "consentkit_second_factors"

    account_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False),
        sa.ForeignKey(AccountRow.id, ondelete="CASCADE"),
        primary_key=True,
        comment="Whose it is.",
    )
    secret: orm.Mapped[str] = orm.mapped_column(Text, comment="The TOTP secret, encrypted with the site's secret key.")
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was made.")
    confirmed_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(
        UtcDateTime, comment="When a code of it was shown; null as long as it is not asked for."
    )
    last_step: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="The step of the last code that was taken.")

    __table_args__ = ({"comment": "The second factors of accounts (RFC 6238)."},)


class RecoveryCodeRow(Base):
    """The table of recovery codes."""

    __tablename__ = "consentkit_recovery_codes"

    account_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False),
        sa.ForeignKey(AccountRow.id, ondelete="CASCADE"),
        primary_key=True,
        comment="Whose it is.",
    )
    code_hash: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="SHA-256 of the code, hexadecimal.")

    __table_args__ = ({"comment": "Recovery codes that were not used. Using one removes the row."},)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What an account signs in with besides its password."""

    account_id: str
    #: Encrypted: storage knows no key.
    secret: str = dataclasses.field(repr=False)
    created_at: dt.datetime
    #: ``None`` as long as no code of it was shown: nobody is asked for one until then.
    confirmed_at: dt.datetime | None
    last_step: int


class SecondFactors:
    """The second factors, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def get(self, account_id: str) -> SecondFactor | None:
        """Return an account's second factor, confirmed or not."""
        row = self._session.get(SecondFactorRow, account_id)
        if row is None:
            return None
        return SecondFactor(**{field.name: getattr(row, field.name) for field in dataclasses.fields(SecondFactor)})

    def confirmed(self) -> frozenset[str]:
        """Return the ids of the accounts that are asked for a second factor."""
        which = SecondFactorRow.confirmed_at.is_not(None)
        return frozenset(self._session.scalars(sa.select(SecondFactorRow.account_id).where(which)))

    def put(self, factor: SecondFactor) -> None:
        """Store a second factor in the place of the one that the account has, and forget its recovery codes."""
        self.remove(factor.account_id)
        self._session.execute(sa.insert(SecondFactorRow).values(**dataclasses.asdict(factor)))

    def set_secret(self, account_id: str, secret: str) -> None:
        """Store the same secret in another encryption."""
        which = SecondFactorRow.account_id == account_id
        self._session.execute(sa.update(SecondFactorRow).where(which).values(secret=secret))

    def remove(self, account_id: str) -> None:
        """Remove an account's second factor and its recovery codes."""
        self._session.execute(sa.delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
        self._session.execute(sa.delete(SecondFactorRow).where(SecondFactorRow.account_id == account_id))

    def take_step(self, account_id: str, step: int, *, confirmed_at: dt.datetime) -> bool:
        """Note that the code of a step was used. Of several at once exactly one is told that it was the first.

        :returns: whether no code of this step, or of a later one, was used before.
        """
        done = self._session.execute(
            sa.update(SecondFactorRow)
            .where(SecondFactorRow.account_id == account_id, SecondFactorRow.last_step < step)
            .values(last_step=step, confirmed_at=sa.func.coalesce(SecondFactorRow.confirmed_at, confirmed_at))
        )
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    def put_codes(self, account_id: str, hashes: cabc.Iterable[str]) -> None:
        """Put recovery codes in the place of those that the account has."""
        self._session.execute(sa.delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
        rows = [{"account_id": account_id, "code_hash": code_hash} for code_hash in hashes]
        self._session.execute(sa.insert(RecoveryCodeRow), rows)

    def take_code(self, account_id: str, code_hash: str) -> bool:
        """Remove a recovery code. :returns: whether it was there; of several at once exactly one is told so."""
        which = (RecoveryCodeRow.account_id == account_id, RecoveryCodeRow.code_hash == code_hash)
        done = self._session.execute(sa.delete(RecoveryCodeRow).where(*which))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    def count_codes(self, account_id: str) -> int:
        """Return how many recovery codes are left."""
        which = RecoveryCodeRow.account_id == account_id
        return self._session.scalar(sa.select(sa.func.count()).select_from(RecoveryCodeRow).where(which)) or 0
