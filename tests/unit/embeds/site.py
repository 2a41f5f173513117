"""A site that declares every provider of the catalogue, and one instance of the one that has many."""

from __future__ import annotations

import pathlib
import tomllib
import typing as t

from consentkit.consent.services import Service
from consentkit.embeds.article import Article
from consentkit.embeds.catalogue import catalogue
from consentkit.embeds.catalogue import declaration
from consentkit.embeds.declared import Declared
from consentkit.i18n.catalog import catalog
from consentkit.notice.texts import ELSEWHERE

CODES = pathlib.Path(__file__).with_name("codes")
OWN = "https://www.steppe-herald.example"
MASTODON = "social.example.org"


def service(name: str, *hosts: str, purpose: str = "embeds", **more: t.Any) -> Service:
    """A service of that *name* that loads from *hosts*."""
    needed = {"why_necessary": "Needed."} if purpose == "necessary" else {}
    return Service.model_validate(
        {"id": name, "name": name.title(), "provider": f"{name.title()} Ltd", "country": "KZ"}
        | {"purposes": [purpose], "hosts": list(hosts)}
        | needed
        | more
    )


def declare(*names: str) -> list[Service]:
    """The services that ``consentkit embeds`` prints for these providers."""
    providers = catalogue().providers
    text = "".join(declaration(providers[name]) for name in names)
    return [Service.model_validate(one) for one in tomllib.loads(text)["services"]] if text else []


EVERY = [*declare(*(name for name in catalogue().providers if name != "mastodon")), service("mastodon", MASTODON)]


def article(
    *services: Service, locale: str = "en", sandbox: bool = False, own: str = OWN, name: str = "steppe-herald"
) -> Article:
    """What makes placeholders for a site with *services*."""
    words = catalog(locale)
    return Article(
        Declared(services, name=name, own=own, origins=["https://m.steppe-herald.example"]),
        {name: words.gettext(text) for name, text in ELSEWHERE.items()},
        locale,
        sandbox=sandbox,
    )
