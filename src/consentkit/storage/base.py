"""The one metadata of all tables, and the types of their columns."""

from __future__ import annotations

import datetime as dt
import enum
import json
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    """The root of the tables. All of them are named ``consentkit_…``, as they may stand beside a host's own."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Text(sa.types.TypeDecorator[str]):
    """Text, whatever a reader may have sent.

    What a database cannot hold (NUL in PostgreSQL; halves of surrogate pairs, which JSON can spell, in either) becomes
    U+FFFD: stored it does no harm, and looked up it finds nothing.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """Return what can be held."""
        return None if value is None else _storable(value)


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An aware time. It is stored in UTC, to the microsecond, and comes back in UTC, whatever the server's zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Refuse naive times; SQLite keeps no zone, so UTC it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A stored time must be aware.")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> dt.datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class CanonicalJson(sa.types.TypeDecorator[t.Any]):
    """JSON as text: sorted keys, no spaces, so that equal values are equal bytes.

    Not the database's own JSON type, which would print it anew in its own way.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: object, _dialect: sa.Dialect) -> str | None:
        """Print the value."""
        return None if value is None else _storable(canonical_json(value))

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> t.Any:
        """Parse the text."""
        return None if value is None else json.loads(value)


class EnumValue(sa.types.TypeDecorator[enum.StrEnum]):
    """A member of an enumeration, stored as its value in plain text.

    Neither a type nor a check of the database's: a release may add a member while the one before still runs.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """Refuse what is no member."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> enum.StrEnum | None:
        """Return the member."""
        return None if value is None else self.members(value)


def canonical_json(value: object) -> str:
    """Return *value* as JSON with sorted keys and no spaces, UTF-8 kept (in the manner of RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
