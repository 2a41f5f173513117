"""Keep what somebody did: an event of access, stored with its place in the queue of the log in one transaction."""

from __future__ import annotations

import collections.abc as cabc
import getpass
import json
import typing as t

from ..consent.record_ids import new_record_id
from ..ledger.entries import EntryType
from ..ledger.entries import canonical
from ..ledger.entries import new_salt
from ..ledger.events import ACCESS_LOG
from ..ledger.events import Event
from ..ledger.events import Result
from ..ledger.events import What

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

_LONGEST = 254


def keep_access(
    database: Database,
    what: What,
    *,
    actor: str,
    clock: Clock,
    account_id: str | None = None,
    sites: cabc.Iterable[str] = (),
    filter: cabc.Mapping[str, object] | None = None,  # noqa: A002 - the word that people use
    about: str | None = None,
    result: Result = Result.DONE,
    part_of: str | None = None,
) -> str:
    """Store an event and return its id. When this returns it is durable.

    :param filter: what was asked for, as it was understood. Never what was typed: an id or a secret may be in it.
    :raises StoreUnavailable: it is not stored, so what it is about must not be shown.
    """
    now = clock.now()
    event = Event(
        id=new_record_id(now),
        at=now,
        account_id=account_id,
        actor=actor[:_LONGEST],
        what=what,
        sites=_text(sorted(set(sites))),
        filter=canonical(dict(filter or {})).decode(),
        about=about,
        result=result,
        part_of=part_of,
        salt=new_salt(),
    )
    with database.unit_of_work() as uow:
        uow.access.add(event)
        uow.log_queue.add(ACCESS_LOG, event.id, EntryType.EVENT)
    return event.id


def keep_command(
    database: Database,
    what: What,
    *,
    clock: Clock,
    sites: cabc.Iterable[str] = (),
    filter: cabc.Mapping[str, object] | None = None,  # noqa: A002 - as above
    result: Result = Result.DONE,
    part_of: str | None = None,
) -> str:
    """Store what a command does, in the name of the operating system's user.

    :raises StoreUnavailable: it is not stored.
    """
    return keep_access(
        database,
        what,
        actor=f"command {_user()}",
        clock=clock,
        sites=sites,
        filter=filter,
        result=result,
        part_of=part_of,
    )


def _user() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container's user often has no name.
        return "unknown"
    return "".join(character if character.isprintable() else "?" for character in name)


def _text(sites: list[str]) -> str:
    return json.dumps(sites, ensure_ascii=False, separators=(",", ":"))
