"""The cookies page says what the site's file declares."""

from __future__ import annotations

import pytest

from consentkit.cookies import attributes
from consentkit.policies.cookies_page import cookies_document
from tests.factories import make_site

# The four catalogs say these words each in its own way.
COUNTRIES = {"kk": "Ирландия", "ru": "Ирландия", "en": "Ireland", "ar": "أيرلندا"}
LIFETIMES = {"kk": "6 ай", "ru": "6 месяцев", "en": "6 months", "ar": "6 أشهر"}
BASES = {
    "kk": "қорғаудың жеткілікті деңгейі туралы шешім",
    "ru": "решение о достаточном уровне защиты",
    "en": "an adequacy decision",
    "ar": "قرار بكفاية الحماية",
}


@pytest.mark.parametrize("locale", COUNTRIES)
def test_every_declared_thing_is_listed_in_words(locale: str) -> None:
    """Provider, country, basis of transfer, hosts, names, lifetimes: GDPR Art. 13(1)(e), (f); Planet49, C-673/17."""
    html = cookies_document(make_site(), locale).html
    for expected in (
        "Google Ireland Limited",
        COUNTRIES[locale],
        BASES[locale],
        "www.youtube-nocookie.com",
        "*.ytimg.com",
        "VISITOR_*",
        LIFETIMES[locale],
        'href="https://policies.google.com/privacy"',
        "privacy@steppe-herald.example",
        "dpo@steppe-herald.example",
        "https://authority.example/complaints",
    ):
        assert expected in html


@pytest.mark.parametrize("locale", ["kk", "ru", "ar"])
def test_the_page_is_in_one_language(locale: str) -> None:
    """No label is left in English."""
    site = make_site(services=[])
    english = {line.split(":**")[0] for line in cookies_document(site, "en").source.splitlines() if ":**" in line}
    assert english
    assert not [label for label in english if label in cookies_document(site, locale).source]


def test_our_own_cookies_are_listed_under_the_names_they_are_set_by() -> None:
    """Also where the site's file does not mention them."""
    html = cookies_document(make_site(), "ru").html
    assert f">{attributes.STATE_COOKIE}<" in html
    assert f">{attributes.SUBJECT_COOKIE}<" in html
    assert f">{attributes.CLASS_COOKIE}<" not in html
    section = make_site().site.model_copy(update={"class_cookie": True})
    assert (
        f">{attributes.CLASS_COOKIE}<" in cookies_document(make_site().model_copy(update={"site": section}), "ru").html
    )


def test_a_site_that_declares_our_cookies_describes_them_itself() -> None:
    """They are not listed twice."""
    own = {
        "id": "consentkit",
        "name": "consentkit",
        "provider": "Steppe Herald LLP",
        "country": "KZ",
        "purposes": ["necessary"],
        "why_necessary": "It remembers the choice.",
        "cookies": [{"name": "consentkit*", "lifetime": "P180D"}],
    }
    html = cookies_document(make_site(services=[own]), "en").html
    assert "It remembers the choice." in html
    assert ">consentkit_id<" not in html


def test_a_service_of_several_purposes_is_described_once() -> None:
    """Under the first of them; the others name it."""
    service = make_site().services[0].model_dump(mode="json") | {"purposes": ["analytics", "embeds"]}
    html = cookies_document(make_site(services=[service]), "en").html
    assert html.count("Google Ireland Limited") == 1
    assert "described where they first appear: YouTube." in html


def test_script_in_the_file_is_text_on_the_page() -> None:
    """Every field of the configuration that the page shows."""
    evil = "<script>alert(1)</script>"
    service = make_site().services[0].model_dump(mode="json")
    service |= {"name": evil, "provider": evil, "why_necessary": {"*": evil}}
    service["cookies"][0] |= {"name": "a|b`<i>", "why": {"*": f"{evil} | [x](javascript:alert(1))"}}
    site = make_site(
        services=[service],
        controller={"name": evil, "address": evil, "email": "a@b.example", "registration_number": evil},
        purposes=[
            {"id": "necessary", "legal_basis": "legitimate_interest", "name": evil, "description": evil},
            {"id": "embeds", "legal_basis": "consent", "data_categories": [evil]},
        ],
    )
    html = cookies_document(site, "en").html
    assert "<script" not in html
    assert "<i>" not in html
    assert 'href="javascript' not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count("<th ") == 10


def test_the_same_file_gives_the_same_version() -> None:
    """So that it is published once."""
    assert cookies_document(make_site(), "ru").version == cookies_document(make_site(), "ru").version
    assert cookies_document(make_site(), "ru").version != cookies_document(make_site(services=[]), "ru").version
