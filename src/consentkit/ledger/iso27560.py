"""A record as ISO/IEC TS 27560:2023 structures it: JSON-LD in the terms of the Data Privacy Vocabulary (DPV, 2.x).

What the reader was asked comes from the notice, in the words that they saw; who answers for the data comes from the
configuration of then. Both are read as the plain JSON that was stored, so that one from an older release, which today's
model may not take any more, can still be told of. docs/reference/receipt.md has the mapping.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t
import urllib.parse

from ..consent.decisions import Action
from ..consent.decisions import Record
from ..consent.evidence import StoredNotice
from ..consent.model import localize

#: A JSON object.
Json: t.TypeAlias = dict[str, t.Any]

CONTEXT: Json = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "legal-eu": "https://w3id.org/dpv/legal/eu#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    # What a receipt adds, as far as the vocabulary has words for it.
    "consent": "dpv:hasRecordOfActivity",
    "issued_at": {"@id": "dct:created", "@type": "xsd:dateTime"},
}

# Purposes of a site's own are just a purpose.
_PURPOSES = {
    "preferences": "dpv:UserInterfacePersonalisation",
    "analytics": "dpv:ServiceUsageAnalytics",
    "advertising": "dpv:Advertising",
    "embeds": "dpv:RequestedServiceProvision",
}
# GDPR Art. 6(1).
_LEGAL_BASES = {
    "consent": "eu-gdpr:A6-1-a",
    "contract": "eu-gdpr:A6-1-b",
    "legal_obligation": "eu-gdpr:A6-1-c",
    "legitimate_interest": "eu-gdpr:A6-1-f",
}
# What a reader whose consent is asked can always do: GDPR Art. 7(3), 15 to 18, 20, 77.
_RIGHTS = ("A7-3", "A15", "A16", "A17", "A18", "A20", "A77")
_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What was in force when a record was made.

    :param notice: ``None`` where it is gone. :param configuration: the stored JSON of the site's configuration;
        likewise. :param base: where the service is, up to and including the slash.
    """

    notice: StoredNotice | None
    content: Json
    configuration: Json
    base: str

    def controller(self, locale: str) -> Json:
        """Return the controller, its texts in *locale*; empty where the configuration is gone."""
        found: Json = dict(self.configuration.get("controller") or {})
        locales = (self.configuration.get("site") or {}).get("locales") or ()
        for name in ("name", "address"):
            if isinstance(found.get(name), dict):
                found[name] = localize(found[name], locale, *locales)
        return found

    def is_own(self, provider: str) -> bool:
        """Whether *provider* is the controller itself, by any of its names."""
        names = (self.configuration.get("controller") or {}).get("name") or {}
        return any(name in provider for name in names.values())

    def policy_url(self, kind: str, record: Record) -> str:
        """Return where the policy of that version is read; ``""`` where the notice is gone."""
        link = (self.content.get("policies") or {}).get(kind) or {}
        url: str = link.get("url") or ""
        version = record.policy_versions.get(kind)
        if version and url.startswith("%BASE%"):
            url += f"&version={version}"
        return url.replace("%BASE%", self.base)

    def preferences_url(self, record: Record) -> str:
        """Return where the reader changes their mind."""
        query = urllib.parse.urlencode({"site": record.site, "locale": record.locale})
        return f"{self.base}preferences?{query}"


def consent_record(record: Record, background: Background) -> Json:
    """Return *record* in that structure, with its ``@context``."""
    under_gdpr = record.regime == "gdpr"
    controller = background.controller(record.locale)
    refused = sorted(name for name, allowed in record.purposes.items() if not allowed)
    given = sorted(name for name, allowed in record.purposes.items() if allowed)
    found: Json = _without_null(
        {
            "@context": CONTEXT,
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": f"https://w3id.org/dpv/schema/dpv-27560#{'record-eu-gdpr' if under_gdpr else 'record'}",
            "dct:identifier": record.id,
            "dct:language": record.locale,
            "dpv:hasDataSubject": {
                "@type": "dpv:DataSubject",
                # Who never agreed to anything has no identifier. The record's own is all there is to name them by.
                "dct:identifier": record.subject_id or f"urn:uuid:{record.id}",
            },
            "dpv:hasDataController": _party("dpv:DataController", controller, "#controller"),
            "dpv:hasRepresentative": _party("dpv:Representative", controller.get("representative")),
            "dpv:hasDataProtectionOfficer": _party(
                "dpv:DataProtectionOfficer", controller.get("data_protection_officer")
            ),
            "dpv:hasAuthority": _party("dpv:SupervisoryAuthority", controller.get("supervisory_authority")),
            "dpv:hasJurisdiction": _id(f"loc:{jurisdiction(record)}"),
            "dpv:hasApplicableLaw": _id("legal-eu:law-GDPR") if under_gdpr else None,
            "dpv:hasNotice": [
                {
                    "@type": "dpv:ConsentNotice",
                    "dct:identifier": record.notice_version,
                    "dct:language": record.locale,
                },
                *(
                    {
                        "@type": "dpv:PrivacyNotice" if kind == "privacy" else "dpv:Notice",
                        "dct:title": kind,
                        "dct:identifier": version,
                        "dct:source": background.policy_url(kind, record),
                    }
                    for kind, version in sorted(record.policy_versions.items())
                ),
            ],
            "dpv:hasProcess": [_process(name, record, background) for name in sorted(record.purposes)],
            "dpv:hasConsentStatus": [
                _event(status, names, record)
                for status, names in (("dpv:ConsentGiven", given), (_refusal(record), refused))
                if names
            ],
        }
    )
    return found


def jurisdiction(record: Record) -> str:
    """Return the country that the reader was in, as far as it was told; else the area of the law that was applied."""
    return record.country or ("EU" if record.regime == "gdpr" else "US")


def duration(record: Record) -> str:
    """Return for how long the decision holds, as ISO 8601 writes it."""
    lasts = record.expires_at - record.decided_at
    days, rest = divmod(lasts, _DAY)
    return f"PT{int(lasts.total_seconds())}S" if rest else f"P{days}D"


def _process(name: str, record: Record, background: Background) -> Json:
    shown = find(background.content, "purposes", name)
    services = [find(background.content, "services", one) for one in shown.get("services") or ()]
    recipients = [service for service in services if not background.is_own(service.get("provider") or "")]
    allowed = record.purposes[name]
    places = sorted({service["country"] for service in services if service.get("country")})
    return {
        "@type": "dpv:Process",
        "@id": f"#{name}",
        "dpv:hasPurpose": {
            "@type": _PURPOSES.get(name, "dpv:Purpose"),
            "dct:identifier": name,
            "dct:title": shown.get("name"),
            "dct:description": shown.get("description"),
        },
        "dpv:hasLegalBasis": _id(_LEGAL_BASES.get(shown.get("legal_basis") or "consent", "dpv:LegalBasis")),
        "dpv:hasPersonalData": [
            {"@type": "dpv:PersonalData", "dct:title": category, "dpv:hasNecessity": _id("dpv:Optional")}
            for category in shown.get("data_categories") or ()
        ],
        "dpv:hasDataSource": _id("dpv:DataSubject"),
        "dpv:hasProcessing": [_id("dpv:Collect"), _id("dpv:Store"), _id("dpv:Use")],
        "dpv:hasDataController": _id("#controller"),
        "dpv:hasService": [
            {
                "@type": "dpv:Service",
                "dct:identifier": service["id"],
                "dct:title": service.get("name"),
                # A service can be refused by itself.
                "dpv:hasConsentStatus": _id(
                    "dpv:ConsentGiven" if record.services.get(service["id"], allowed) else _refusal(record)
                ),
            }
            for service in services
            if "id" in service
        ],
        "dpv:hasRecipient": [
            {
                "@type": "dpv:ThirdParty",
                "dct:identifier": service.get("id"),
                "dpv:hasName": service.get("provider"),
                "dpv:hasLocation": _id(f"loc:{service['country']}") if service.get("country") else None,
                "dpv:hasContact": service.get("policy_url"),
                "dct:description": service.get("transfer_text"),
            }
            for service in recipients
        ],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageDuration", "dpv:hasDuration": shown.get("retention")},
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": [_id(f"loc:{place}") for place in places]},
        ],
        "dpv:hasJurisdiction": _id(f"loc:{jurisdiction(record)}"),
        "dpv:hasRight": [_id(f"eu-gdpr:{right}") for right in _RIGHTS] if record.regime == "gdpr" else None,
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": background.preferences_url(record),
        },
        "dpv:hasConsentStatus": _id("dpv:ConsentGiven" if allowed else _refusal(record)),
    }


def _refusal(record: Record) -> str:
    return "dpv:ConsentWithdrawn" if record.action is Action.WITHDRAW else "dpv:ConsentRefused"


def _event(status: str, names: cabc.Iterable[str], record: Record) -> Json:
    where = f", layer {record.layer.value}" if record.layer is not None else ""
    return {
        "@type": status,
        "dpv:isIndicatedAtTime": {
            "@type": "xsd:dateTime",
            "@value": record.decided_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        },
        "dpv:hasDuration": duration(record),
        "dpv:isIndicatedBy": _id("dpv:DataSubject"),
        # By a button or a signal: what was done, where, and by which way it came.
        "dpv:hasIndicationMethod": f"{record.action.value}{where}, {record.method.value}",
        "dpv:hasPurpose": [_id(f"#{name}") for name in names],
    }


def _party(kind: str, party: cabc.Mapping[str, t.Any] | None, id_: str | None = None) -> Json | None:
    if not party:
        return None
    return {
        "@type": kind,
        "@id": id_,
        "dct:identifier": party.get("registration_number"),
        "dpv:hasName": party.get("name"),
        "dpv:hasAddress": party.get("address"),
        "dpv:hasContact": [
            *([f"mailto:{party['email']}"] if party.get("email") else []),
            *([f"tel:{party['phone'].replace(' ', '')}"] if party.get("phone") else []),
            *([party["url"]] if party.get("url") else []),
        ],
    }


def find(content: cabc.Mapping[str, t.Any], part: str, name: str) -> Json:
    """Return the purpose or service of that id as the notice has it, or an empty object."""
    return next((one for one in content.get(part) or () if one.get("id") == name), {})


def _id(iri: str) -> Json:
    return {"@id": iri}


def _without_null(value: t.Any) -> t.Any:
    """Return *value* without members that are null or empty: JSON-LD says nothing by either."""
    if isinstance(value, dict):
        cleaned = {name: _without_null(one) for name, one in value.items()}
        return {name: one for name, one in cleaned.items() if one not in (None, "", [], {})}
    if isinstance(value, list):
        return [one for one in map(_without_null, value) if one not in (None, "", [], {})]
    return value
