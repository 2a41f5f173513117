"""A record as a consent receipt of the Kantara Initiative, version 1.1: older, and still asked for.

The form knows agreement alone. What was refused is not in it, and of who refused everything it has no services.
"""

from __future__ import annotations

import typing as t

from ..consent.decisions import Record
from .iso27560 import Background
from .iso27560 import find
from .iso27560 import jurisdiction
from .notes import Verifier

#: A JSON object.
Json: t.TypeAlias = dict[str, t.Any]

VERSION = "KI-CR-v1.1.0"

# The categories are those of the specification's appendix.
_CATEGORIES = {
    "preferences": "Personalized Experience",
    "analytics": "Improve Performance",
    "advertising": "Marketing",
    "embeds": "Contracted Service",
}


def kantara_receipt(record: Record, background: Background, *, key: Verifier, issued_at: int) -> Json:
    """Return the claims of the receipt.

    :param key: what will sign it. :param issued_at: seconds since 1970, UTC.
    """
    controller = background.controller(record.locale)
    officer = controller.get("data_protection_officer") or {}
    return {
        "iss": key.name,
        "iat": issued_at,
        "jti": record.id,
        "version": VERSION,
        "jurisdiction": jurisdiction(record),
        "consentTimestamp": int(record.decided_at.timestamp()),
        "collectionMethod": f"{record.action.value}, {record.method.value}",
        "consentReceiptID": record.id,
        "publicKey": str(key),
        "language": record.locale,
        "piiPrincipalId": record.subject_id or f"urn:uuid:{record.id}",
        "piiControllers": [
            {
                "piiController": controller.get("name") or "",
                "contact": officer.get("name") or controller.get("name") or "",
                "address": {"streetAddress": controller.get("address") or ""},
                "email": controller.get("email") or "",
                "phone": controller.get("phone") or "",
            }
        ],
        "policyUrl": background.policy_url("privacy", record),
        "services": _services(record, background),
        "sensitive": False,
        "spiCat": [],
    }


def _services(record: Record, background: Background) -> list[Json]:
    found: list[Json] = []
    for name in sorted(record.services):
        service = find(background.content, "services", name)
        purposes = [one for one in service.get("purposes") or () if one in record.purposes]
        if record.services[name] and purposes:
            found.append({"service": service["name"], "purposes": [_purpose(p, service, background) for p in purposes]})
    # What the site does by itself, with no service of its own to name.
    named = {
        one for name in record.services for one in find(background.content, "services", name).get("purposes") or ()
    }
    own = sorted(name for name, allowed in record.purposes.items() if allowed and name not in named)
    if own:
        site = background.controller(record.locale).get("name") or record.site
        found.append({"service": site, "purposes": [_purpose(p, {}, background) for p in own]})
    return found


def _purpose(name: str, service: Json, background: Background) -> Json:
    shown = find(background.content, "purposes", name)
    provider = service.get("provider") or ""
    discloses = bool(provider) and not background.is_own(provider)
    return {
        "purpose": shown.get("name") or name,
        "purposeCategory": [_CATEGORIES.get(name, shown.get("name") or name)],
        "consentType": "EXPLICIT",
        "piiCategory": list(shown.get("data_categories") or ()),
        "primaryPurpose": False,
        "termination": shown.get("retention") or "",
        "thirdPartyDisclosure": discloses,
        **({"thirdPartyName": provider} if discloses else {}),
    }
