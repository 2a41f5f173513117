"""The content of a notice: every word and fact in one language, as plain data."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from consentkit.consent.evidence import Revision
from consentkit.consent.site import Site
from consentkit.notice.model import PolicyLink
from consentkit.notice.model import compose
from consentkit.notice.texts import TEXTS
from tests.factories import NOON
from tests.factories import make_site

LOCALES = ("ru", "kk", "en", "ar")
LINKS = {
    kind: PolicyLink(f"%BASE%{kind}?site=steppe-herald", "0123456789abcdef") for kind in ("privacy", "terms", "cookies")
}


def content(site: Site | None = None, locale: str = "ru", **changes: t.Any) -> dict[str, t.Any]:
    """The content of a notice."""
    options: dict[str, t.Any] = {"revision": 1, "history": [], "policies": LINKS} | changes
    return compose(site or make_site(), locale, **options)


def revision(number: int, *changes: dict[str, str]) -> Revision:
    """A revision with these changes."""
    return Revision(
        site="steppe-herald",
        number=number,
        material={},
        changes=changes,
        services_order=(),
        config_version="0" * 16,
        created_at=NOON + dt.timedelta(days=number),
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_there_in_every_language(locale: str) -> None:
    """Nothing is empty, nothing is left to fill in that the notice itself knows."""
    notice = content(locale=locale)
    assert notice["texts"].keys() == TEXTS.keys()
    for key, text in notice["texts"].items():
        assert text.strip(), key
        if not key.startswith("embed_"):
            assert "%(" not in text, key
    for purpose in notice["purposes"]:
        assert purpose["name"]
        assert purpose["description"]
        assert purpose["retention_text"]


@pytest.mark.parametrize("locale", ["ru", "kk", "ar"])
def test_no_text_is_left_in_english(locale: str) -> None:
    """A catalog without gaps."""
    english = content(locale="en")["texts"]
    same = {key for key, text in content(locale=locale)["texts"].items() if text == english[key]}
    assert same == set()


def test_directions_are_the_languages() -> None:
    """Arabic is read from the right."""
    assert {locale: content(locale=locale)["dir"] for locale in LOCALES} == {
        "ru": "ltr",
        "kk": "ltr",
        "en": "ltr",
        "ar": "rtl",
    }


def test_the_purposes_are_named_in_the_sentence() -> None:
    """Consent is specific: the first layer says what for."""
    body = content(locale="en")["texts"]["body"]
    assert "audience statistics" in body
    assert "embedded media from other sites" in body
    assert "advertising" not in body


def test_what_is_necessary_comes_first() -> None:
    """Whatever the order of the file."""
    purposes = list(make_site().model_dump(mode="json")["purposes"])
    turned = make_site(purposes=purposes[::-1])
    assert [purpose["id"] for purpose in content(turned)["purposes"]] == ["necessary", "embeds", "analytics"]
    assert [purpose["required"] for purpose in content(turned)["purposes"]] == [True, False, False]


def test_texts_can_be_replaced() -> None:
    """For one language, one by one; per cent signs are only that, placeholders are filled in."""
    own = {"ru": {"title": "100 % ваше решение", "body": "Вы решаете: %(purposes)s. 5%"}}
    site = make_site(notice={"texts": own})
    russian = content(site)["texts"]
    assert russian["title"] == "100 % ваше решение"
    assert russian["body"].startswith("Вы решаете: ")
    assert russian["body"].endswith(". 5%")
    assert "%(" not in russian["body"]
    assert russian["accept"] == content()["texts"]["accept"]
    assert content(site, "en")["texts"] == content(locale="en")["texts"]


def test_purposes_have_names_of_the_sites_own() -> None:
    """By language, else in the site's first one."""
    purposes = make_site().model_dump(mode="json")["purposes"]
    purposes[1] |= {"name": {"ru": "Счётчик", "en": "Counting"}, "description": {"ru": "Считаем."}}
    site = make_site(purposes=purposes)
    assert content(site, "en")["purposes"][1]["name"] == "Counting"
    assert content(site, "kk")["purposes"][1]["name"] == "Счётчик"
    assert content(site, "en")["purposes"][1]["description"] == "Считаем."


def test_services_say_who_and_where() -> None:
    """Provider, country, transfer, hosts, cookies with their lifetimes, in the reader's words."""
    [service] = content(locale="en")["services"]
    assert (service["provider"], service["country_text"]) == ("Google Ireland Limited", "Ireland")
    assert service["transfer_text"]
    [cookie] = service["cookies"]
    assert cookie["name"] == "VISITOR_*"
    assert cookie["lifetime_text"] == "6 months"


def test_changes_are_told_by_revision() -> None:
    """In words, with the names that the reader knows."""
    history = [
        revision(1),
        revision(2, {"kind": "purpose_added", "purpose": "analytics"}, {"kind": "policy_changed", "policy": "privacy"}),
        revision(3, {"kind": "recipient_added", "service": "x", "name": "Adverts"}),
    ]
    told = content(locale="en", revision=3, history=history)["changes"]
    assert [change["revision"] for change in told] == [2, 2, 3]
    assert told[0]["text"] == "A new purpose: Audience statistics."
    assert told[2]["text"] == "A new recipient of data: Adverts."


def test_changes_of_long_ago_are_not_told() -> None:
    """Decisions that old have expired."""
    history = [revision(n, {"kind": "recipient_added", "service": "x", "name": f"N{n}"}) for n in range(1, 60)]
    assert len(content(history=history)["changes"]) == 20
    assert content(history=history)["changes"][-1]["revision"] == 59


def test_a_purpose_that_is_gone_can_still_be_told() -> None:
    """By its id."""
    history = [revision(2, {"kind": "purpose_added", "purpose": "gone"})]
    assert "gone" in content(history=history)["changes"][0]["text"]


def test_the_content_is_plain_data() -> None:
    """It is hashed as JSON, so JSON must give it back."""
    notice = content()
    assert json.loads(json.dumps(notice)) == notice
