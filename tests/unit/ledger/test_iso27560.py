"""A record in the words of others: ISO/IEC TS 27560 in DPV, and Kantara's receipt."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.ledger.iso27560 import Background
from consentkit.ledger.iso27560 import consent_record
from consentkit.ledger.kantara import kantara_receipt
from tests import receipts as made

Body: t.TypeAlias = dict[str, t.Any]

SHOWN = made.notice()


def told(**changes: t.Any) -> Body:
    """Return a record as ISO/IEC TS 27560 has it."""
    return consent_record(made.record(SHOWN, **changes), made.background(SHOWN))


def process(body: Body, name: str) -> Body:
    """Return what it says of one purpose."""
    found: Body = next(one for one in body["dpv:hasProcess"] if one["@id"] == f"#{name}")
    return found


def test_what_the_standard_makes_mandatory_is_there() -> None:
    """By the numbers of ISO/IEC TS 27560:2023 and the duties of the GDPR: header, processing, parties, events."""
    body = told()
    assert body["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
    assert {"dct:identifier", "dct:language", "dpv:hasDataSubject", "dpv:hasNotice", "dpv:hasAuthority"} <= body.keys()
    assert {"dpv:hasName", "dpv:hasAddress", "dpv:hasContact"} <= body["dpv:hasDataController"].keys()
    for one in body["dpv:hasProcess"]:
        assert {
            "dpv:hasPurpose",
            "dpv:hasLegalBasis",
            "dpv:hasPersonalData",
            "dpv:hasDataController",
            "dpv:hasDataSource",
            "dpv:hasProcessing",
            "dpv:hasStorageCondition",
            "dpv:hasJurisdiction",
            "dpv:hasConsentControl",
            "dpv:hasRight",
        } <= one.keys()
    for event in body["dpv:hasConsentStatus"]:
        assert event["dpv:hasDuration"] == "P180D"
        assert event["dpv:isIndicatedAtTime"]["@value"] == "2025-11-23T12:00:00.123456Z"


def test_it_says_what_was_agreed_and_what_was_refused() -> None:
    """Each purpose by itself, and each service, in the words that the reader saw."""
    body = told()
    status = {one["@id"]: one["dpv:hasConsentStatus"]["@id"] for one in body["dpv:hasProcess"]}
    assert status == {
        "#advertising": "dpv:ConsentRefused",
        "#analytics": "dpv:ConsentGiven",
        "#embeds": "dpv:ConsentRefused",
        "#preferences": "dpv:ConsentGiven",
    }
    # The video was agreed to by itself.
    (video,) = process(body, "embeds")["dpv:hasService"]
    assert video["dpv:hasConsentStatus"] == {"@id": "dpv:ConsentGiven"}
    analytics = process(body, "analytics")
    assert analytics["dpv:hasPurpose"]["@type"] == "dpv:ServiceUsageAnalytics"
    assert analytics["dpv:hasPurpose"]["dct:title"] == "Статистика посещений"
    assert analytics["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A6-1-a"}
    # The paper itself, whose search it is, is nobody else.
    assert [one["dpv:hasName"] for one in analytics["dpv:hasRecipient"]] == ["Dala Statistics LLP"]
    assert {"@type": "dpv:StorageDuration", "dpv:hasDuration": "P13M"} in analytics["dpv:hasStorageCondition"]
    assert analytics["dpv:hasConsentControl"]["dpv:isExercisedAt"].startswith(f"{made.BASE}preferences?")


def test_a_withdrawal_is_one() -> None:
    """And no refusal; a signal's refusal is one."""
    nothing = {"purposes": {"analytics": False}, "services": {}}
    assert [e["@type"] for e in told(action=Action.WITHDRAW, **nothing)["dpv:hasConsentStatus"]] == [
        "dpv:ConsentWithdrawn"
    ]
    assert [e["@type"] for e in told(action=Action.GPC, **nothing)["dpv:hasConsentStatus"]] == ["dpv:ConsentRefused"]


def test_who_refused_everything_has_no_identifier() -> None:
    """The record's own stands in for it, for the standard wants one."""
    assert told(subject_id=None)["dpv:hasDataSubject"]["dct:identifier"] == f"urn:uuid:{told()['dct:identifier']}"


def test_it_is_told_of_without_its_background() -> None:
    """A notice and a configuration that are gone, or of another form, leave the record itself."""
    record = made.record(SHOWN)
    for configuration in ({}, {"controller": None, "site": None}, {"controller": {"name": {"ru": "Х"}}}):
        nothing = Background(notice=None, content={}, configuration=configuration, base="/consent/")
        body = consent_record(record, nothing)
        assert len(body["dpv:hasProcess"]) == 4
        assert kantara_receipt(record, nothing, key=made.signer().verifier, issued_at=0)["jti"] == record.id


def test_nothing_of_it_is_null_and_every_name_has_a_prefix() -> None:
    """Or a reader of JSON-LD would drop it, or take it for something else."""
    body = told()
    known = body["@context"].keys()

    def walk(value: object) -> None:
        assert value not in (None, "", [], {})
        if isinstance(value, dict):
            for name, inner in value.items():
                assert name.startswith("@") or name.partition(":")[0] in known, name
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk({name: value for name, value in body.items() if name != "@context"})


def kantara(record: Record) -> Body:
    """Return a record as Kantara has it."""
    return kantara_receipt(record, made.background(SHOWN), key=made.signer().verifier, issued_at=1_763_899_230)


def test_kantara_has_what_was_agreed_to_alone() -> None:
    """Its form has no word for a refusal (KI-CR-v1.1.0)."""
    body = kantara(made.record(SHOWN))
    assert body["version"] == "KI-CR-v1.1.0"
    assert body["consentTimestamp"] == 1_763_899_200
    assert body["consentReceiptID"] == body["jti"]
    assert [one["service"] for one in body["services"]] == [
        "Reading settings",
        "Search statistics",
        "Steppe Counter",
        "Steppe Video",
    ]
    counter = body["services"][2]["purposes"][0]
    assert (counter["consentType"], counter["thirdPartyDisclosure"], counter["thirdPartyName"]) == (
        "EXPLICIT",
        True,
        "Dala Statistics LLP",
    )
    assert body["services"][1]["purposes"][0]["thirdPartyDisclosure"] is False
    (controller,) = body["piiControllers"]
    assert controller["email"] == "privacy@steppe-herald.example"
    assert controller["address"]["streetAddress"].startswith("Казахстан")
    json.dumps(body, allow_nan=False)
    refused = dataclasses.replace(
        made.record(SHOWN), purposes=dict.fromkeys(("analytics", "embeds"), False), services={"steppe-video": False}
    )
    assert kantara(refused)["services"] == []


def test_a_purpose_without_services_is_the_sites_own() -> None:
    """Kantara lists purposes by service only."""
    record = dataclasses.replace(made.record(SHOWN), services={})
    (own,) = kantara(record)["services"]
    assert own["service"] == "ТОО «Степной вестник»"
    assert [one["purpose"] for one in own["purposes"]] == ["Статистика посещений", "Настройки"]
