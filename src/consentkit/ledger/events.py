"""What people did in the audit view and by commands: one event each, and what its log commits to."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import typing as t

from .entries import Entry
from .entries import EntryType
from .entries import commit
from .records import content_of
from .records import json_value

#: The name of the log of access events. No site's id begins like this.
ACCESS_LOG = "@access"

#: In place of the sites: all there are.
ALL_SITES = "*"


class What(enum.StrEnum):
    """What was done: the closed vocabulary. A value is never changed, for old entries commit to it."""

    SIGN_IN = "session.sign_in"
    SIGN_OUT = "session.sign_out"
    SESSION_END = "session.end"
    OVERVIEW_VIEW = "overview.view"
    OVERVIEW_EXPORT = "overview.export"
    RECORDS_VIEW = "records.list"
    RECORDS_FIND = "records.find"
    RECORDS_EXPORT = "records.export"
    RECORD_VIEW = "record.view"
    RECORD_ERASE_ASK = "record.erase_ask"
    RECORD_ERASE = "record.erase"
    RECORD_HOLD = "record.hold"
    RECORD_RELEASE = "record.release"
    RETENTION_RUN = "records.retention"
    FILTER_SAVE = "filter.save"
    FILTER_DELETE = "filter.delete"
    NOTICE_VIEW = "notice.view"
    CONFIGURATION_VIEW = "configuration.view"
    POLICY_VIEW = "policy.view"
    SERVICES_VIEW = "services.list"
    SERVICES_EXPORT = "services.export"
    LOG_VIEW = "log.view"
    LOG_VERIFY = "log.verify"
    PACK_EXPORT = "pack.export"
    PEOPLE_VIEW = "people.list"
    PERSON_CREATE = "person.create"
    PERSON_INVITE = "person.invite"
    PERSON_JOIN = "person.join"
    PERSON_CHANGE = "person.change"
    ACCOUNT_VIEW = "account.view"
    ACCOUNT_CHANGE = "account.change"
    ACCESS_VIEW = "access.list"
    ACCESS_VERIFY = "access.verify"
    #: A way in that nobody named. A test fails for it; the log has it all the same.
    OTHER = "other"


class Result(enum.StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was done.

    :param id: UUIDv7. :param account_id: ``None`` for a command, and for who is nobody here. :param actor: the
        account's address as it was then; ``command`` and the user of the operating system; empty for nobody.
    :param sites: canonical JSON: the sites it reached, ``["*"]`` for all. :param filter: canonical JSON: what was asked
        for, never an id or a secret. :param about: a keyed hash of the record, subject or address it was about.
    :param part_of: the event of the download that this one is the end of.
    """

    id: str
    at: dt.datetime
    account_id: str | None = None
    actor: str
    what: What
    sites: str = "[]"
    filter: str = "{}"
    about: str | None = None
    result: Result
    part_of: str | None = None
    salt: bytes = dataclasses.field(repr=False)


#: What an entry commits to. It only ever grows at the end.
FIELDS = ("id", "at", "account_id", "actor", "what", "sites", "filter", "about", "result", "part_of")


def fields_of_event(event: Event) -> dict[str, object]:
    """Return *event* as JSON has it, times in ISO 8601 in UTC."""
    return {name: json_value(getattr(event, name)) for name in FIELDS}


def content_of_event(event: Event) -> bytes:
    """Return the canonical bytes of an event."""
    return content_of(fields_of_event(event))


def entry_of_event(event: Event) -> Entry:
    """Return the entry of an event: type, and a commitment under its own salt, which is erased with it."""
    return Entry(EntryType.EVENT, commit(event.salt, content_of_event(event)))


def site_list(sites: str) -> t.Sequence[str]:
    """Return the sites of an event."""
    return t.cast("list[str]", json.loads(sites))
