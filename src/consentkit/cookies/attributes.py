"""Names and attributes of the cookies that a decision sets."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..consent.site import Site

STATE_COOKIE = "consentkit"
SUBJECT_COOKIE = "consentkit_id"
CLASS_COOKIE = "consentkit_class"
#: The audit view's: the session's token, and the name of a browser that has signed in before.
ADMIN_SESSION_COOKIE = "consentkit_admin"
ADMIN_DEVICE_COOKIE = "consentkit_admin_device"
#: Between the two steps of signing in.
ADMIN_STEP_COOKIE = "consentkit_admin_step"
#: All that we set ourselves.
OWN_COOKIES = frozenset(
    {STATE_COOKIE, SUBJECT_COOKIE, CLASS_COOKIE, ADMIN_SESSION_COOKIE, ADMIN_DEVICE_COOKIE, ADMIN_STEP_COOKIE}
)

_LONGEST_HOST = 253
_MOST_LABELS = 10


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
    # A request can name a host of thousands of labels.
    labels = bare.split(".")[-_MOST_LABELS:] if len(bare) <= _LONGEST_HOST else []
    variants: list[str | None] = [None]
    if not bare.replace(".", "").isdigit() and ":" not in bare:
        variants += [".".join(labels[i:]) for i in range(len(labels) - 1)]
    return [variant for variant in variants if variant != domain]
