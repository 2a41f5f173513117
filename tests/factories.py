"""Ready-made nouns for tests: whole, valid, and different where the test says so."""

from __future__ import annotations

import datetime as dt
import typing as t

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Layer
from consentkit.consent.decisions import Method
from consentkit.consent.decisions import Record
from consentkit.consent.record_ids import new_record_id

#: When things happen in tests that do not care.
NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def make_record(**changes: t.Any) -> Record:
    """Return a record of one agreement, with *changes*. Its id is of its ``decided_at``."""
    decided_at = changes.get("decided_at", NOON)
    fields: dict[str, t.Any] = {
        "id": new_record_id(decided_at),
        "site": "steppe-herald",
        "subject_id": None,
        "action": Action.ACCEPT_ALL,
        "purposes": {"preferences": True, "analytics": True, "embeds": True},
        "services": {"youtube": True},
        "regime": "gdpr",
        "country": "KZ",
        "locale": "ru",
        "notice_version": "abcdefghijklmnop",
        "revision": 1,
        "config_version": "0123456789abcdef",
        "policy_versions": {"privacy": "fedcba9876543210"},
        "layout": "bar",
        "layer": Layer.FIRST,
        "method": Method.WIDGET,
        "section": "news",
        "user_agent_family": "Firefox",
        "device_class": "mobile",
        "gpc": False,
        "decided_at": decided_at,
        "expires_at": decided_at + dt.timedelta(days=180),
    }
    return Record(**(fields | changes))
