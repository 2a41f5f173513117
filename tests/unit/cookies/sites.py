"""A site whose services do not all follow one purpose each."""

from __future__ import annotations

import typing as t

from consentkit.consent.site import Site
from tests.factories import make_site


def service(name: str, *purposes: str, **more: t.Any) -> dict[str, t.Any]:
    """A service of that *name* for these *purposes*."""
    return {"id": name, "name": name.title(), "provider": f"{name.title()} Ltd", "country": "KZ"} | {
        "purposes": list(purposes),
        **more,
    }


def site_with(*services: dict[str, t.Any], purposes: tuple[str, ...] = ("preferences", "analytics", "embeds")) -> Site:
    """A site with these *services*, and ``necessary`` beside the *purposes*."""
    return make_site(
        purposes=[
            {"id": "necessary", "legal_basis": "legitimate_interest"},
            *(
                {"id": purpose, "legal_basis": "consent", "name": purpose, "description": purpose}
                for purpose in purposes
            ),
        ],
        services=list(services),
    )


#: Four optional services, one of them for two purposes, and one that needs no agreement.
SITE = site_with(
    service("counter", "analytics"),
    service("heatmap", "analytics", "preferences"),
    service("login", "necessary", why_necessary="Readers could not sign in."),
    service("video", "embeds"),
    service("posts", "embeds"),
)
ORDER = tuple(entry.id for entry in SITE.optional_services)
