"""What the log commits to of a record, computed where the records are.

PostgreSQL builds the canonical bytes and hashes them for ten thousand records in the time in which a thousand would
have come over here. The bytes are those of :func:`consentkit.ledger.records.content_of`, which is what verification
computes; the tests hold the two against each other.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from ..ledger.records import FIELDS
from .base import CanonicalJson
from .base import UtcDateTime
from .records import RecordRow


def _member(name: str) -> str:
    """Return the SQL for one member of the canonical JSON, behind a comma; nothing for a field that is null."""
    column = t.cast("sa.Table", RecordRow.__table__).c[name]
    kind = column.type
    if isinstance(kind, CanonicalJson | sa.Integer | sa.BigInteger):
        # JSON is stored in its canonical form; numbers are whole.
        value = f"r.{name}::text"
    elif isinstance(kind, sa.Boolean):
        value = f"CASE WHEN r.{name} THEN 'true' ELSE 'false' END"
    elif isinstance(kind, UtcDateTime):
        value = f"'\"' || to_char(r.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '\"'"
    elif isinstance(kind, sa.Uuid):
        value = f"'\"' || r.{name}::text || '\"'"
    else:
        # It escapes what JSON must have escaped, and nothing else, as ours does.
        value = f"to_json(r.{name}::text)::text"
    member = f"',\"{name}\":' || {value}"
    return f"coalesce({member}, '')" if column.nullable else member


#: The SQL for the commitment of a record ``r``; null for one from before the log, which has no salt.
COMMITMENT = (
    "sha256(r.salt || convert_to('{' || substr("
    + " || ".join(_member(name) for name in sorted(FIELDS))
    + ", 2) || '}', 'UTF8'))"
)
