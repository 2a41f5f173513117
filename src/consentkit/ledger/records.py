"""What the log commits to of a record: its fields as every export has them."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt

from ..consent.decisions import Record
from .entries import Entry
from .entries import EntryType
from .entries import canonical
from .entries import commit

#: The fields in the order in which they are written; it only ever grows at the end. Neither the salt nor the place in
#: the log is among them: the one hides what the entry commits to, the other is not known before.
FIELDS = (
    "id",
    "site",
    "subject_id",
    "previous_id",
    "action",
    "purposes",
    "services",
    "regime",
    "country",
    "locale",
    "notice_version",
    "revision",
    "config_version",
    "policy_versions",
    "layout",
    "layer",
    "method",
    "section",
    "user_agent_family",
    "device_class",
    "gpc",
    "tc_string",
    "gvl_version",
    "gpp_string",
    "decided_at",
    "expires_at",
    "sample",
)


def fields_of(record: Record) -> dict[str, object]:
    """Return *record* as JSON has it: all :data:`FIELDS` in their order, times in ISO 8601 in UTC."""
    return {name: json_value(getattr(record, name)) for name in FIELDS}


def json_value(value: object) -> object:
    """Return one field's value as JSON has it."""
    if isinstance(value, dt.datetime):
        # Always to the microsecond, so that texts sort like times.
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, cabc.Mapping):
        return dict(sorted(value.items()))
    if isinstance(value, str):
        # Members of enumerations become what they stand for.
        return str(value)
    return value


def content_of(fields: cabc.Mapping[str, object]) -> bytes:
    """Return the canonical bytes of a record, given as :func:`fields_of` returns it, or as read from JSON.

    What is absent is left out, so that a field that a later release adds changes no entry of an older record.

    :raises TypeError, ValueError: it holds what no record does.
    """
    return canonical({name: value for name, value in fields.items() if value is not None})


def entry_of(fields: cabc.Mapping[str, object], salt: bytes) -> Entry:
    """Return the entry of a record, given as :func:`content_of` takes it."""
    return Entry(EntryType.RECORD, commit(salt, content_of(fields)))
