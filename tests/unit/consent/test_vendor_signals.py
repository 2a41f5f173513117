"""What other tools are told: off until written, resting on what readers are asked, and no reason to ask again."""

from __future__ import annotations

import tomllib
import typing as t

import jsonschema
import pytest

from consentkit.consent.load import parse_site
from consentkit.consent.revisions import changes_between
from consentkit.consent.revisions import material_of
from consentkit.consent.schema import json_schema
from consentkit.consent.vendor_signals import NEEDS
from consentkit.consent.vendor_signals import Signals
from tests.unit.consent.example import GOOD
from tests.unit.consent.example import problems_of

PURPOSES = {"necessary", "preferences", "analytics", "advertising"}

ALL = """
[signals.google_consent_mode]
mode = "advanced"
ad_storage = { purpose = "analytics", service = "counter" }
ad_user_data = "analytics"
[[signals.google_consent_mode.regions]]
codes = ["US", "BR"]
granted = ["analytics_storage"]
[[signals.google_consent_mode.regions]]
codes = ["US-CA"]
[signals.microsoft_uet]
[signals.microsoft_clarity]
[signals.matomo]
[signals.piano]
queue = "_paQueue"
[signals.data_layer]
"""


def facts(text: str) -> dict[str, t.Any]:
    """What the page is told for the signals of *text*."""
    return Signals.model_validate(tomllib.loads(text).get("signals", {})).page_facts(PURPOSES)


def test_nothing_is_told_until_a_table_is_there() -> None:
    """Not by default, and not by one table for another tool."""
    assert not parse_site(GOOD, "site.toml").signals.enabled
    assert facts("") == {}
    assert list(facts("[signals.matomo]")) == ["matomo"]
    assert parse_site(GOOD + "[signals.matomo]", "site.toml").signals.enabled


def test_the_defaults_are_those_that_are_usual() -> None:
    """All seven types of Google's, and what the others have; security needs no agreement."""
    found = facts("\n".join(f"[signals.{name}]" for name in (*NEEDS, "data_layer") if name != "piano"))
    assert found["google"] == {
        "layer": "dataLayer",
        "types": {
            "ad_storage": ["advertising"],
            "ad_user_data": ["advertising"],
            "ad_personalization": ["advertising"],
            "analytics_storage": ["analytics"],
            "functionality_storage": ["preferences"],
            "personalization_storage": ["preferences"],
            "security_storage": ["necessary"],
        },
        "wait": 500,
        "redact": True,
        "pass": False,
        "regions": [],
    }
    assert found["uet"] == ["advertising"]
    assert found["clarity"] == {"ad_Storage": ["advertising"], "analytics_Storage": ["analytics"]}
    assert found["matomo"] == {"cookies": False, "needs": ["analytics"]}
    assert found["layer"] == {"name": "dataLayer", "event": "consentkit_consent"}
    assert facts("[signals.piano]")["piano"] == {"queue": "_paq", "needs": ["analytics"]}


def test_a_default_that_the_site_has_not_is_never_met() -> None:
    """The site of the example asks about analytics alone."""
    site = parse_site(GOOD + "[signals.google_consent_mode]", "site.toml")
    types = site.signals.page_facts({purpose.id for purpose in site.purposes})["google"]["types"]
    assert types["ad_storage"] == []
    assert types["analytics_storage"] == ["analytics"]


def test_each_mapping_can_be_written_and_can_need_a_service() -> None:
    """What is written is what the page gets, and the editor's schema takes it."""
    site = parse_site(GOOD + ALL, "site.toml")
    google = site.signals.page_facts({"necessary", "analytics"})["google"]
    assert google["types"]["ad_storage"] == ["analytics", "counter"]
    assert google["types"]["ad_user_data"] == ["analytics"]
    assert google["advanced"] is True
    assert google["regions"] == [
        {"codes": ["US", "BR"], "granted": ["analytics_storage"], "wait": 500},
        {"codes": ["US-CA"], "granted": [], "wait": 500},
    ]
    jsonschema.Draft202012Validator(json_schema()).validate(tomllib.loads(GOOD + ALL))


@pytest.mark.parametrize(
    ("text", "path", "message", "hint"),
    [
        (
            '[signals.google_consent_mode]\nad_storage = "analytcs"',
            "signals.google_consent_mode.ad_storage",
            "found 'analytcs', expected a purpose of this site.",
            "Did you mean 'analytics'?",
        ),
        (
            '[signals.google_consent_mode]\nad_storage = "advertising"',
            "signals.google_consent_mode.ad_storage",
            "found 'advertising', expected a purpose of this site.",
            "",
        ),
        (
            '[signals.matomo]\nneeds = { purpose = "analytics", service = "count" }',
            "signals.matomo.needs.service",
            "found 'count', expected a service of this site.",
            "Did you mean 'counter'?",
        ),
        (
            '[signals.matomo]\nneeds = { purpose = "analytcs" }',
            "signals.matomo.needs.purpose",
            "found 'analytcs', expected a purpose of this site.",
            "Did you mean 'analytics'?",
        ),
        (
            '[signals.microsoft_uet]\nad_storage = "necessary"',
            "signals.microsoft_uet.ad_storage",
            "found 'necessary', expected a purpose that readers can refuse.",
            "",
        ),
        (
            "[signals.google_consent_mod]",
            "signals.google_consent_mod",
            (
                "found the unknown key 'google_consent_mod', expected one of google_consent_mode, microsoft_uet, "
                "microsoft_clarity, matomo, piano, data_layer."
            ),
            "Did you mean 'google_consent_mode'?",
        ),
        (
            "[signals.google_consent_mode]\nad_storrage = true",
            "signals.google_consent_mode.ad_storrage",
            (
                "found the unknown key 'ad_storrage', expected one of mode, data_layer, wait_for_update, "
                "ads_data_redaction, url_passthrough, ad_storage, ad_user_data, ad_personalization, analytics_storage, "
                "functionality_storage, personalization_storage, security_storage, regions."
            ),
            "Did you mean 'ad_storage'?",
        ),
        (
            '[signals.google_consent_mode]\n[[signals.google_consent_mode.regions]]\ncodes = ["us", "DE"]',
            "signals.google_consent_mode.regions[0].codes[0]",
            (
                "found 'us', expected a country or a part of one in capital letters (ISO 3166-1 or 3166-2), such as "
                "'US' or 'US-CA'."
            ),
            "Did you mean 'US'?",
        ),
        (
            '[signals.google_consent_mode]\n[[signals.google_consent_mode.regions]]\ncodes = ["US", "DE", "US"]',
            "signals.google_consent_mode.regions[0].codes[2]",
            "found 'US' a second time, expected each once.",
            "",
        ),
        (
            (
                '[signals.google_consent_mode]\n[[signals.google_consent_mode.regions]]\ncodes = ["US"]\n'
                'granted = ["ad_storage"]'
            ),
            "signals.google_consent_mode.regions[0].granted",
            "found types, expected none in basic mode: nothing of Google's is there before the reader agrees.",
            "",
        ),
        (
            '[signals.data_layer]\nname = "data-layer"',
            "signals.data_layer.name",
            (
                "found 'data-layer', expected the name of a variable of the page such as 'dataLayer': Latin letters, "
                "digits."
            ),
            "",
        ),
        (
            "[signals.matomo]\n[signals.piano]",
            "signals.piano.queue",
            "found '_paq', expected another name: it is Matomo's. Give Piano another 'queueVarName', and say it here.",
            "",
        ),
        (
            "[signals.matomo]\nneeds = 3",
            "signals.matomo.needs",
            "found 3, expected a purpose in quotes, or a table of 'purpose' and 'service'.",
            "",
        ),
    ],
)
def test_what_rests_on_nothing_is_refused(text: str, path: str, message: str, hint: str) -> None:
    """With its place, what was found, what was expected, and the nearest name."""
    found = problems_of(f"{GOOD}\n{text}\n")
    assert set(found) == {path}
    assert (found[path].message, found[path].hint) == (message, hint)


def test_another_mapping_asks_nobody_again() -> None:
    """Readers are asked about purposes and recipients; these do not change, so asking again would tell nothing new."""
    before = material_of(parse_site(GOOD, "site.toml"), {})
    after = material_of(parse_site(GOOD + ALL, "site.toml"), {})
    assert changes_between(before, after) == ()
