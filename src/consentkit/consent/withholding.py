"""How far the server and the browser are made to keep what a reader chose: ``[enforcement]``."""

from __future__ import annotations

import enum
import typing as t

import pydantic

from .model import Model
from .model import Pattern

HEADER = Pattern(r"^[A-Za-z][A-Za-z0-9-]*$", "the name of a header such as 'X-Consentkit-Class' or 'CF-IPCountry'")


# What every browser sends: a page would vary from reader to reader, and none is a class.
_BROWSERS_OWN = frozenset(
    {"accept", "accept-encoding", "accept-language", "cookie", "host", "origin", "referer", "user-agent"}
)


def _a_cdns_own(value: str) -> str:
    if value.lower() in _BROWSERS_OWN:
        raise ValueError(f"found '{value}', which browsers send, expected one that the CDN sets: 'X-Consentkit-Class'")
    return value


class CookieMode(enum.StrEnum):
    """What becomes of the cookies that the site's own responses set."""

    OFF = "off"
    #: They are counted by name.
    OBSERVE = "observe"
    #: Those that the reader did not agree to are withheld.
    ENFORCE = "enforce"


class Undeclared(enum.StrEnum):
    """What becomes of a cookie that no service declares."""

    WITHHOLD = "withhold"
    PASS = "pass"  # noqa: S105 - no password


class PolicyMode(enum.StrEnum):
    """What becomes of the Content-Security-Policy that follows from the declared hosts."""

    OFF = "off"
    #: Browsers tell what it would block.
    REPORT_ONLY = "report-only"
    ENFORCE = "enforce"


class Pages(enum.StrEnum):
    """Who may keep the site's pages."""

    #: A CDN or another cache, one for everybody, unless a page itself says otherwise.
    SHARED = "shared"
    #: The reader's browser alone.
    PRIVATE = "private"


class Enforcement(Model):
    """What a reader refused is withheld by the server and the browser as well: ``[enforcement]``."""

    cookies: CookieMode = pydantic.Field(
        default=CookieMode.OBSERVE,
        description="The cookies that the site's own responses set: `observe` counts them by name, `enforce` withholds "
        "what the reader did not agree to, `off` does neither.",
    )
    undeclared_cookies: Undeclared = pydantic.Field(
        default=Undeclared.WITHHOLD,
        description="What `enforce` does with a cookie that no service declares: `withhold` or `pass`.",
    )
    csp: PolicyMode = pydantic.Field(
        default=PolicyMode.OFF,
        description="A Content-Security-Policy of the hosts that the reader agreed to, beside the site's own: "
        "`enforce`, `report-only` or `off`.",
    )
    pages: Pages = pydantic.Field(
        default=Pages.SHARED,
        description="Where `csp` is on. `shared`: a CDN may keep a page for everybody, so its policy is the widest and "
        "is tightened in the head. `private`: pages are never shared, and each has its reader's policy.",
    )
    class_header: (
        t.Annotated[
            str,
            pydantic.StringConstraints(pattern=HEADER.regex, max_length=80),
            pydantic.AfterValidator(_a_cdns_own),
        ]
        | None
    ) = pydantic.Field(
        default=None,
        description="The header in which a CDN that varies on the class of consent tells it: `X-Consentkit-Class`. "
        "Pages then have the policy of that class.",
    )

    @property
    def narrows_pages(self) -> bool:
        """Whether a page narrows its policy to what its reader agreed to, before it loads anything."""
        return self.csp is PolicyMode.ENFORCE
