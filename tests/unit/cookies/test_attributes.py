"""Where a cookie lies, and where copies of it could lie."""

from __future__ import annotations

import pytest

from consentkit.cookies.attributes import domain_for
from consentkit.cookies.attributes import other_variants
from tests.factories import make_site

SITE = make_site(
    site={
        "id": "steppe-herald",
        "name": "Steppe Herald",
        "origins": ["https://www.steppe-herald.example"],
        "locales": ["ru"],
        "cookie_domain": "steppe-herald.example",
    },
    policies={
        "privacy": {"urls": "/privacy"},
        "terms": {"urls": "/terms"},
    },
)


@pytest.mark.parametrize(
    "host",
    [
        "steppe-herald.example",
        "www.steppe-herald.example",
        "WWW.Steppe-Herald.example",
        "consent.steppe-herald.example:8443",
        "a.b.steppe-herald.example",
    ],
)
def test_hosts_of_the_domain_share_the_cookie(host: str) -> None:
    """The configured domain is named for each of them."""
    assert domain_for(SITE, host) == "steppe-herald.example"


@pytest.mark.parametrize(
    "host", ["localhost", "evilsteppe-herald.example", "steppe-herald.example.evil.example", "example", "", "[::1]"]
)
def test_other_hosts_keep_it_to_themselves(host: str) -> None:
    """A look-alike gets no Domain: the browser would throw the cookie away."""
    assert domain_for(SITE, host) is None


def test_without_a_domain_the_cookie_is_the_hosts() -> None:
    """That is the default."""
    assert domain_for(make_site(), "www.steppe-herald.example") is None


@pytest.mark.parametrize(
    ("host", "domain", "variants"),
    [
        ("www.example.org", None, ["www.example.org", "example.org"]),
        ("www.example.org:8000", "example.org", [None, "www.example.org"]),
        ("WWW.Example.org", "example.org", [None, "www.example.org"]),
        ("localhost", None, []),
        ("127.0.0.1:5000", None, []),
        ("[::1]:5000", None, []),
    ],
)
def test_copies_lie_at_the_host_and_above(host: str, domain: str | None, variants: list[str | None]) -> None:
    """Every place but the one that is written to, and no address cut in pieces."""
    assert other_variants(host, domain) == variants
