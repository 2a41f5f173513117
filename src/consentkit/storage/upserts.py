"""``INSERT … ON CONFLICT``, which both databases know and SQLAlchemy spells once for each."""

from __future__ import annotations

import collections.abc as cabc
import json
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

if t.TYPE_CHECKING:
    from .base import Base


def insert(session: orm.Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an insert into *table* that has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_if_absent(session: orm.Session, table: type[Base], values: t.Mapping[str, object]) -> bool:
    """Insert a row unless one with the same key is there. Of several processes at once exactly one inserts.

    :returns: whether this call inserted it.
    """
    statement = insert(session, table).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(sa.literal(1))).first() is not None


def packed(session: orm.Session, ids: cabc.Iterable[str]) -> str:
    """Return ids as one parameter, whatever their number: an array for PostgreSQL, JSON of SQLite's own for SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        return f"{{{','.join(ids)}}}"
    # SQLite keeps a UUID in 32 digits.
    return json.dumps([item.replace("-", "") for item in ids])
