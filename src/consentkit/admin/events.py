"""What each route of the audit view is in the log of access."""

from __future__ import annotations

import collections.abc as cabc
import typing as t

from ..ledger.events import What

#: By endpoint: what GET does and what POST does. ``None`` for what shows nothing of anybody. A test wants each route
#: that needs an account here.
EVENTS: cabc.Mapping[str, tuple[What | None, What | None]] = {
    "index": (What.OVERVIEW_VIEW, None),
    "overview_csv": (What.OVERVIEW_EXPORT, None),
    "records": (What.RECORDS_VIEW, None),
    "export": (What.RECORDS_EXPORT, None),
    "export_jsonl": (What.RECORDS_EXPORT, None),
    "export_parquet": (What.RECORDS_EXPORT, None),
    "audit_pack": (What.PACK_EXPORT, None),
    "record": (What.RECORD_VIEW, None),
    "find": (None, What.RECORDS_FIND),
    "save_filter": (None, What.FILTER_SAVE),
    "forget_filter": (None, What.FILTER_DELETE),
    "erase": (What.RECORD_ERASE_ASK, What.RECORD_ERASE),
    "hold": (None, What.RECORD_HOLD),
    "release": (None, What.RECORD_RELEASE),
    "notice": (What.NOTICE_VIEW, None),
    "configuration": (What.CONFIGURATION_VIEW, None),
    "policy": (What.POLICY_VIEW, None),
    "services": (What.SERVICES_VIEW, None),
    "services_json": (What.SERVICES_EXPORT, None),
    "log": (What.LOG_VIEW, None),
    "verify_log": (None, What.LOG_VERIFY),
    "people": (What.PEOPLE_VIEW, None),
    "invite": (None, What.PERSON_INVITE),
    "withdraw_invitation": (None, What.PERSON_CHANGE),
    "grant": (None, What.PERSON_CHANGE),
    "disable": (None, What.PERSON_CHANGE),
    "enable": (None, What.PERSON_CHANGE),
    "reset_second_factor": (None, What.PERSON_CHANGE),
    "account": (What.ACCOUNT_VIEW, None),
    "second_factor": (What.ACCOUNT_VIEW, What.ACCOUNT_CHANGE),
    "second_factor_picture": (None, None),
    "change_password": (None, What.ACCOUNT_CHANGE),
    "set_preferences": (None, What.ACCOUNT_CHANGE),
    "end_sessions": (None, What.SESSION_END),
    "confirm_second_factor": (None, What.ACCOUNT_CHANGE),
    "new_recovery_codes": (None, What.ACCOUNT_CHANGE),
    "remove_second_factor": (None, What.ACCOUNT_CHANGE),
    "access": (What.ACCESS_VIEW, None),
}


def event_of(endpoint: str, method: t.Literal["GET", "POST"]) -> What | None:
    """Return what this is; a route that nobody named is :attr:`What.OTHER`, so that it is heard of all the same."""
    return EVENTS.get(endpoint, (What.OTHER, What.OTHER))[method == "POST"]
