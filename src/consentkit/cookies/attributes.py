"""Names and attributes of the cookies that a decision sets."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from ..consent.site import Site

STATE_COOKIE = "consentkit"
SUBJECT_COOKIE = "consentkit_id"
CLASS_COOKIE = "consentkit_class"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One ``Set-Cookie`` header: always Path=/ and SameSite=Lax.

    :param max_age: seconds; 0 expires the cookie.
    """

    name: str
    value: str
    max_age: int
    domain: str | None
    secure: bool
    http_only: bool = False


def domain_for(site: Site, host: str) -> str | None:
    """Return the Domain attribute for a response from *host*: the configured one if it covers the host."""
    domain = site.site.cookie_domain
    bare = host.partition(":")[0].lower()
    if domain is not None and (bare == domain or bare.endswith("." + domain)):
        return domain
    return None


def other_variants(host: str, domain: str | None) -> list[str | None]:
    """Return the Domain attributes under which the same name could also lie: host-only and each parent domain.

    A browser ignores those of public suffixes, so naming one too many does no harm.
    """
    bare = host.partition(":")[0].lower()
    labels = bare.split(".")
    variants: list[str | None] = [None]
    if not bare.replace(".", "").isdigit() and ":" not in bare:
        variants += [".".join(labels[i:]) for i in range(len(labels) - 1)]
    return [variant for variant in variants if variant != domain]
