"""Ready-made nouns for tests: whole, valid, and different where the test says so."""

from __future__ import annotations

import datetime as dt
import typing as t

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Layer
from consentkit.consent.decisions import Method
from consentkit.consent.decisions import Record
from consentkit.consent.record_ids import new_record_id
from consentkit.consent.site import Site
from consentkit.policies.versions import PolicyVersion

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


def make_site(**changes: t.Any) -> Site:
    """Return a site in four languages with two optional purposes and one service, with *changes* to its sections."""
    sections: dict[str, t.Any] = {
        "site": {
            "id": "steppe-herald",
            "name": {"kk": "Дала хабаршысы", "ru": "Степной вестник", "en": "Steppe Herald", "ar": "رسول السهب"},
            "origins": ["https://www.steppe-herald.example"],
            "locales": ["ru", "kk", "en", "ar"],
        },
        "controller": {
            "name": {"ru": "ТОО «Степной вестник»", "en": "Steppe Herald LLP"},
            "address": "Алматы,\nул. Садовая, 1",
            "email": "privacy@steppe-herald.example",
            "registration_number": "БИН 000000000000",
            "data_protection_officer": {"name": "А. Серик", "email": "dpo@steppe-herald.example"},
            "supervisory_authority": {"name": "Комитет", "url": "https://authority.example/complaints"},
        },
        "purposes": [
            {"id": "necessary", "legal_basis": "legitimate_interest"},
            {"id": "analytics", "legal_basis": "consent", "data_categories": [{"ru": "IP-адрес", "en": "IP address"}]},
            {"id": "embeds", "legal_basis": "consent", "retention": "P180D"},
        ],
        "services": [
            {
                "id": "youtube",
                "name": "YouTube",
                "provider": "Google Ireland Limited",
                "country": "IE",
                "transfer": "adequacy",
                "purposes": ["embeds"],
                "hosts": ["www.youtube-nocookie.com", "*.ytimg.com"],
                "cookies": [{"name": "VISITOR_*", "lifetime": "P6M", "party": "third", "why": {"ru": "Защита"}}],
                "policy_url": "https://policies.google.com/privacy",
            }
        ],
        "policies": {
            "privacy": {"files": {tag: f"privacy.{tag}.md" for tag in ("kk", "ru", "en", "ar")}},
            "terms": {"files": {tag: f"terms.{tag}.md" for tag in ("kk", "ru", "en", "ar")}},
        },
    }
    return Site.model_validate(sections | changes)


def make_policy_version(**changes: t.Any) -> PolicyVersion:
    """Return a published privacy policy in Russian, with *changes*."""
    fields: dict[str, t.Any] = {
        "site": "steppe-herald",
        "kind": "privacy",
        "locale": "ru",
        "version": "0123456789abcdef",
        "title": "Политика конфиденциальности",
        "source": "# Политика конфиденциальности\n\nТекст.\n",
        "html": "<p>Текст.</p>\n",
        "effective_on": NOON.date(),
        "material": False,
        "published_at": NOON,
        "publication": "fedcba9876543210",
    }
    return PolicyVersion(**(fields | changes))
