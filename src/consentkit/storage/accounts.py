"""The accounts of the people who run a site, and their sessions in the audit view."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import hashlib
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from .base import Base
from .base import EnumValue
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent

#: What a grant has in place of a site's id to be for all sites, those of tomorrow too.
ALL_SITES = "*"
# What the column of the release before says of an account that is not for all sites: a role that it does not know.
_SOME_SITES = "some-sites"


class Role(enum.StrEnum):
    """What an account may do: each role may do what the one before it may."""

    AUDITOR = "auditor"
    EDITOR = "editor"
    OWNER = "owner"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in."""

    #: A random UUID.
    id: str
    #: As :func:`normal_email` writes it.
    email: str
    #: The highest role that it has anywhere, for words. What it may do is in its *grants* alone.
    role: Role
    #: An Argon2id hash in the PHC string format.
    password_hash: str = dataclasses.field(repr=False)
    created_at: dt.datetime
    #: Since when signing in is barred, ``None`` for an account in use.
    disabled_at: dt.datetime | None = None
    #: Site, or :data:`ALL_SITES`, to role. A new account for which none are given has its role on all sites.
    grants: cabc.Mapping[str, Role] = None  # type: ignore[assignment]  # __post_init__ fills it in
    #: The language that was chosen.
    locale: str | None = None
    #: The IANA name of the time zone that was chosen; ``None`` is UTC.
    time_zone: str | None = None
    #: Whether it must have a second factor.
    second_factor_required: bool = False
    #: When it last signed in; ``None``: never.
    last_signed_in_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Fill in the grants."""
        if self.grants is None:
            object.__setattr__(self, "grants", {ALL_SITES: self.role})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """One signed-in browser. Its token is known to that browser alone."""

    account: Account
    token_hash: str = dataclasses.field(repr=False)
    created_at: dt.datetime
    last_seen_at: dt.datetime
    #: When it ends at the latest, however much it is used.
    expires_at: dt.datetime
    #: The language chosen, ``None`` as long as the browser's is followed.
    locale: str | None
    #: The browser's family and kind of device, in words of its own; empty where it is not known.
    device: str = ""


def normal_email(text: str) -> str:
    """Return an address in the one form that is stored and compared: trimmed, lower case."""
    return text.strip().lower()


def token_hash(token: str) -> str:
    """Return what is stored of a session's token. It is random, so one round suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccountRow(Base):
    """The table of accounts. Its columns are those of :class:`Account`."""

    __tablename__ = "consentkit_accounts"

    id: orm.Mapped[str] = orm.mapped_column(sa.Uuid(as_uuid=False), primary_key=True, comment="Random.")
    email: orm.Mapped[str] = orm.mapped_column(Text, unique=True, comment="Trimmed and in lower case.")
    # Not read: what an account may do is in consentkit_grants. The release before reads it.
    role: orm.Mapped[str] = orm.mapped_column(Text, comment="What the account may do.")
    password_hash: orm.Mapped[str] = orm.mapped_column(Text, comment="Argon2id, in the PHC string format.")
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was made.")
    disabled_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(
        UtcDateTime, comment="Since when signing in is barred; null for an account in use."
    )
    locale: orm.Mapped[str | None] = orm.mapped_column(Text, comment="The language that was chosen.")
    time_zone: orm.Mapped[str | None] = orm.mapped_column(Text, comment="IANA name; null is UTC.")
    second_factor_required: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, server_default=sa.false(), comment="Whether it must have a second factor."
    )
    last_signed_in_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(
        UtcDateTime, comment="When it last signed in."
    )

    __table_args__ = ({"comment": "The people who may sign in to the audit view."},)


class GrantRow(Base):
    """The table of grants."""

    __tablename__ = "consentkit_grants"

    account_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False),
        sa.ForeignKey(AccountRow.id, ondelete="CASCADE"),
        primary_key=True,
        comment="Whose it is.",
    )
    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id, or * for all of them.")
    role: orm.Mapped[Role] = orm.mapped_column(EnumValue(Role), comment="What the account may do there.")

    __table_args__ = ({"comment": "What each account may do on which site. What is not here is not allowed."},)


class AccountSessionRow(Base):
    """The table of sessions."""

    __tablename__ = "consentkit_account_sessions"

    token_hash: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="SHA-256 of the cookie's token, hexadecimal. The token itself is not stored."
    )
    account_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), sa.ForeignKey(AccountRow.id, ondelete="CASCADE"), index=True, comment="Whose it is."
    )
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was signed in.")
    last_seen_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was last used, roughly.")
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(
        UtcDateTime, index=True, comment="When it ends at the latest."
    )
    locale: orm.Mapped[str | None] = orm.mapped_column(
        Text, comment="The language chosen; null as long as the browser's is followed."
    )
    device: orm.Mapped[str | None] = orm.mapped_column(Text, comment="The browser's family and kind.")

    __table_args__ = ({"comment": "Who is signed in to the audit view. Signing out removes the row."},)


class Accounts:
    """The accounts and their sessions, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    # ── accounts ──

    def add(self, account: Account) -> bool:
        """Store *account* and return ``True``, or ``False`` when its address has one already."""
        values = {field: getattr(account, field) for field in _STORED}
        added = insert_if_absent(self._session, AccountRow, {**values, "role": _role_of_before(account.grants)})
        if added:
            self._put_grants(account.id, account.grants)
        return added

    def by_email(self, email: str) -> Account | None:
        """Return the account of that address, in whatever form the address is written."""
        # PostgreSQL takes no NUL in a text, not even to look for.
        if "\x00" in email:
            return None
        row = self._session.scalar(sa.select(AccountRow).where(AccountRow.email == normal_email(email)))
        return None if row is None else self._account(row)

    def all(self) -> list[Account]:
        """Return all accounts, by address."""
        grants: dict[str, dict[str, Role]] = {}
        for grant in self._session.scalars(sa.select(GrantRow).order_by(GrantRow.site)):
            grants.setdefault(grant.account_id, {})[grant.site] = grant.role
        rows = self._session.scalars(sa.select(AccountRow).order_by(AccountRow.email))
        return [_account(row, grants.get(row.id, {})) for row in rows]

    def hold(self, account_id: str | None = None) -> None:
        """Let nobody else change an account or a grant before this transaction ends, who does so by this as well.

        Accounts are locked before all that belongs to them, so that no two transactions wait for each other.

        To be the first that is asked in its transaction: what was read before may have changed meanwhile. SQLite has
        one writer at a time in any case.

        :param account_id: only this one.
        """
        which = sa.select(AccountRow.id).order_by(AccountRow.id)
        if account_id is not None:
            which = which.where(AccountRow.id == account_id)
        self._session.execute(which.with_for_update(key_share=True)).all()

    def owners(self, site: str, *, besides: str) -> int:
        """Return how many accounts in use own that site, by itself or with all, other than the account *besides*."""
        which = (
            GrantRow.site.in_({site, ALL_SITES}),
            GrantRow.role == Role.OWNER,
            GrantRow.account_id != besides,
            AccountRow.disabled_at.is_(None),
        )
        counted = sa.select(sa.func.count(sa.distinct(GrantRow.account_id))).join(AccountRow).where(*which)
        return self._session.scalar(counted) or 0

    def get(self, account_id: str) -> Account | None:
        """Return the account of that id."""
        try:
            wanted = str(uuid.UUID(account_id))
        except ValueError:
            return None
        row = self._session.get(AccountRow, wanted)
        return None if row is None else self._account(row)

    def set_grants(self, account_id: str, grants: cabc.Mapping[str, Role]) -> None:
        """Put *grants* in the place of those that an account has."""
        self._session.execute(sa.delete(GrantRow).where(GrantRow.account_id == account_id))
        self._put_grants(account_id, grants)
        self._session.execute(
            sa.update(AccountRow).where(AccountRow.id == account_id).values(role=_role_of_before(grants))
        )

    def set_password_hash(self, account_id: str, password_hash: str) -> None:
        """Replace the hash of an account's password."""
        self._session.execute(
            sa.update(AccountRow).where(AccountRow.id == account_id).values(password_hash=password_hash)
        )

    def disable(self, account_id: str, at: dt.datetime) -> None:
        """Bar an account from signing in, and end its sessions. Disabled twice, the first time stays."""
        self._session.execute(
            sa.update(AccountRow)
            .where(AccountRow.id == account_id, AccountRow.disabled_at.is_(None))
            .values(disabled_at=at)
        )
        self.end_sessions(account_id)

    def enable(self, account_id: str) -> None:
        """Let an account that was disabled sign in again."""
        self._session.execute(sa.update(AccountRow).where(AccountRow.id == account_id).values(disabled_at=None))

    def set_preferences(self, account_id: str, *, locale: str | None, time_zone: str | None) -> None:
        """Remember an account's language and time zone."""
        self._session.execute(
            sa.update(AccountRow).where(AccountRow.id == account_id).values(locale=locale, time_zone=time_zone)
        )

    def note_sign_in(self, account_id: str, *, at: dt.datetime) -> None:
        """Note that an account has signed in."""
        self._session.execute(sa.update(AccountRow).where(AccountRow.id == account_id).values(last_signed_in_at=at))

    # ── sessions ──

    def start_session(self, session: AccountSession) -> None:
        """Store a session."""
        self._session.execute(
            sa.insert(AccountSessionRow).values(
                token_hash=session.token_hash,
                account_id=session.account.id,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                expires_at=session.expires_at,
                locale=session.locale,
                device=session.device,
            )
        )

    def session(self, token_hash: str) -> AccountSession | None:
        """Return the session of that hash, whether it still holds or not."""
        found = self._session.execute(
            sa.select(AccountSessionRow, AccountRow)
            .join(AccountRow, AccountRow.id == AccountSessionRow.account_id)
            .where(AccountSessionRow.token_hash == token_hash)
        ).first()
        if found is None:
            return None
        row, account = found
        return _account_session(row, self._account(account))

    def sessions_of(self, account: Account) -> list[AccountSession]:
        """Return the sessions of an account, the one last used first, whether they still hold or not."""
        rows = self._session.scalars(
            sa.select(AccountSessionRow)
            .where(AccountSessionRow.account_id == account.id)
            .order_by(AccountSessionRow.last_seen_at.desc(), AccountSessionRow.token_hash)
        )
        return [_account_session(row, account) for row in rows]

    def touch_session(self, token_hash: str, *, at: dt.datetime) -> None:
        """Note that a session was used."""
        self._change_session(token_hash, last_seen_at=at)

    def set_session_locale(self, token_hash: str, locale: str | None) -> None:
        """Remember the language that was chosen."""
        self._change_session(token_hash, locale=locale)

    def end_session(self, token_hash: str) -> None:
        """Remove a session: its token is worth nothing from now on."""
        self._session.execute(sa.delete(AccountSessionRow).where(AccountSessionRow.token_hash == token_hash))

    def end_sessions(self, account_id: str, *, but: str | None = None) -> None:
        """Remove all sessions of an account. :param but: the hash of one that goes on."""
        self._session.execute(
            sa.delete(AccountSessionRow).where(
                AccountSessionRow.account_id == account_id, AccountSessionRow.token_hash != (but or "")
            )
        )

    def forget_sessions(self, *, expired_at: dt.datetime) -> None:
        """Remove the sessions that had ended by then."""
        self._session.execute(sa.delete(AccountSessionRow).where(AccountSessionRow.expires_at <= expired_at))

    def _change_session(self, token_hash: str, **values: object) -> None:
        self._session.execute(
            sa.update(AccountSessionRow).where(AccountSessionRow.token_hash == token_hash).values(**values)
        )

    def _put_grants(self, account_id: str, grants: cabc.Mapping[str, Role]) -> None:
        rows = [{"account_id": account_id, "site": site, "role": role} for site, role in grants.items()]
        if rows:
            self._session.execute(sa.insert(GrantRow), rows)

    def _account(self, row: AccountRow) -> Account:
        found = self._session.execute(
            sa.select(GrantRow.site, GrantRow.role).where(GrantRow.account_id == row.id).order_by(GrantRow.site)
        )
        return _account(row, {row.site: row.role for row in found})


# What an account's own row holds.
_STORED = tuple(field.name for field in dataclasses.fields(Account) if field.name != "grants")


def _account(row: AccountRow, grants: cabc.Mapping[str, Role]) -> Account:
    values = {field: getattr(row, field) for field in _STORED}
    return Account(**{**values, "role": _highest(grants), "grants": grants})


def _account_session(row: AccountSessionRow, account: Account) -> AccountSession:
    return AccountSession(
        account=account,
        token_hash=row.token_hash,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        locale=row.locale,
        device=row.device or "",
    )


def _highest(grants: cabc.Mapping[str, Role]) -> Role:
    roles = list(Role)
    return max(grants.values(), key=roles.index, default=roles[0])


def _role_of_before(grants: cabc.Mapping[str, Role]) -> str:
    return grants.get(ALL_SITES, _SOME_SITES)
