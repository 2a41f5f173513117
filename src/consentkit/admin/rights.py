"""On which sites the signed-in account may do what. Every view takes its sites from here.

A site that an account may not read is a site that is not there: its records answer 404, as ids do that nobody has.
"""

from __future__ import annotations

import dataclasses

from ..errors import NotFound
from ..errors import RightMissing
from ..operations.publish_site import SiteSnapshot
from ..runtime import current_runtime
from ..storage.accounts import ALL_SITES
from ..storage.records import RecordFilter
from .access_events import tell
from .rendering import current_session
from .roles import Right
from .roles import allows


def allowed_sites(right: Right) -> frozenset[str] | None:
    """Return the sites on which the account may do this; ``None`` means all of them, those of tomorrow too."""
    session = current_session()
    if session is None:
        return frozenset()
    grants = session.account.grants
    if ALL_SITES in grants and allows(grants[ALL_SITES], right):
        return None
    return frozenset(site for site, role in grants.items() if site != ALL_SITES and allows(role, right))


def may(site: str, right: Right) -> bool:
    """Whether the account may do this on that site."""
    allowed = allowed_sites(right)
    return allowed is None or site in allowed


def require_site(site: str, right: Right) -> None:
    """Go on only where the account may do this on that site.

    :raises NotFound: it may not even read there. :raises RightMissing: it may read there, but not do this.
    """
    if not may(site, Right.READ):
        raise NotFound("There is no such site.")
    tell(sites=(site,))
    if not may(site, right):
        raise RightMissing(f"This account may not {right} on '{site}'.")


def configured_sites(right: Right = Right.READ) -> dict[str, SiteSnapshot]:
    """Return the configured sites on which the account may do this, by id, in their order."""
    return {name: one for name, one in current_runtime().sites.items() if may(name, right)}


def narrowed(which: RecordFilter, right: Right) -> RecordFilter:
    """Return *which* for the sites alone on which the account may do this.

    :raises NotFound: it names a site that the account may not read. :raises RightMissing: it may read it, not do this.
    """
    if which.site is not None:
        require_site(which.site, right)
        return which
    allowed = allowed_sites(right)
    return which if allowed is None else dataclasses.replace(which, sites=allowed)
