"""The rule by which a post is taken or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.enforcement.origins import origin_of
from consentkit.enforcement.origins import post_allowed

SITE = "https://www.steppe-herald.example"
ALLOWED = (SITE, "http://127.0.0.1:8000")


def allowed(
    origin: str | None = None, fetch: str | None = None, referer: str | None = None, *, is_form: bool = True
) -> bool:
    """Ask the rule, with what is not said absent."""
    return post_allowed(origin=origin, sec_fetch_site=fetch, referer=referer, allowed=ALLOWED, is_form=is_form)


@pytest.mark.parametrize("is_form", [True, False])
def test_an_allowed_origin_is_taken(is_form: bool) -> None:
    """A listed origin suffices, whatever the other headers say."""
    assert allowed(SITE, is_form=is_form)
    assert allowed(SITE, "cross-site", "https://elsewhere.example/", is_form=is_form)


@pytest.mark.parametrize("is_form", [True, False])
@pytest.mark.parametrize(
    "origin",
    [
        "https://elsewhere.example",
        "http://www.steppe-herald.example",
        "https://www.steppe-herald.example:8443",
        "https://www.steppe-herald.example.evil.example",
        "https://evil.example/https://www.steppe-herald.example",
        "https://www.steppe-herald.example/path",
        "https://user@www.steppe-herald.example",
        "https://www.steppe-herald.example\\@evil.example",
        "www.steppe-herald.example",
        "file://",
        "NULL",
        "https://[::1",
        "https://www.steppe-herald.example:port",
        "\x00",
    ],
)
def test_another_origin_is_refused(origin: str, is_form: bool) -> None:
    """No look-alike passes, and no later header rescues it."""
    assert not allowed(origin, "same-origin", SITE + "/", is_form=is_form)


def test_case_and_default_port_do_not_matter() -> None:
    """Scheme and host are compared as browsers write them."""
    assert allowed("HTTPS://WWW.Steppe-Herald.example:443")


@pytest.mark.parametrize("origin", [None, "", "null"])
def test_without_origin_the_browsers_word_decides(origin: str | None) -> None:
    """``same-origin`` is taken; every other value is refused, even with a good referer."""
    assert allowed(origin, "same-origin")
    for value in ("same-site", "cross-site", "none", "Same-Origin", "x"):
        assert not allowed(origin, value, SITE + "/")
        assert not allowed(origin, value, SITE + "/", is_form=False)


def test_without_both_the_referer_decides() -> None:
    """The referer's origin must be listed."""
    assert allowed(referer=SITE + "/news/1?a=b#c")
    assert not allowed(referer="https://elsewhere.example/" + SITE)
    assert not allowed(referer="https://elsewhere.example/", is_form=False)


def test_a_null_origin_gains_nothing_from_a_referer() -> None:
    """A sandboxed frame sends the address of its document; it is still not the site."""
    assert not allowed("null", None, SITE + "/")


@pytest.mark.parametrize("origin", [None, "null"])
def test_with_none_of_the_three_only_json_passes(origin: str | None) -> None:
    """A form is refused, a program is not."""
    assert not allowed(origin)
    assert allowed(origin, is_form=False)


@given(st.text(max_size=300))
def test_no_text_breaks_the_rule_or_passes_it(text: str) -> None:
    """Whatever the header holds, the answer is a refusal."""
    if text not in ("", "null"):
        assert not allowed(text) or origin_of(text) in ALLOWED
    if text:
        assert not allowed(referer=text) or origin_of(text) in ALLOWED


@given(st.text(max_size=300))
def test_an_origin_is_its_own_origin(text: str) -> None:
    """What comes out goes in again unchanged."""
    if (origin := origin_of(text)) is not None:
        assert origin_of(origin, bare=True) == origin
