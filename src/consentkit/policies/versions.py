"""Published versions of policies: what readers can look up, for good, as it was in force."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import hashlib


class PolicyKind(enum.StrEnum):
    """The documents that a notice rests on."""

    PRIVACY = "privacy"
    TERMS = "terms"
    COOKIES = "cookies"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One published text of one policy in one language. It never changes.

    The same text may be published again after another one was in force: then *version* is the same and
    *publication* is another. Publication and locale together name a row.
    """

    site: str
    #: One of :class:`PolicyKind`, as a plain string.
    kind: str
    locale: str
    #: The first 16 hexadecimal digits of the SHA-256 of *source*.
    version: str
    title: str
    #: The Markdown, placeholders filled in, line ends normalised.
    source: str
    #: The sanitised fragment that was shown.
    html: str
    #: From this day on (UTC) the text holds.
    effective_on: dt.date
    #: Whether readers who decided before must be asked again.
    material: bool
    #: Aware, in UTC.
    published_at: dt.datetime
    #: What was published together, in several languages, shares this.
    publication: str


def version_of(source: str) -> str:
    """Return the version of a text: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def publication_of(
    site: str, kind: str, *, before: cabc.Iterable[PolicyVersion], versions: cabc.Mapping[str, str]
) -> str:
    """Return the name of the publication that puts *versions* (by locale) in the place of *before*.

    The same step gives the same name, so that two processes which take it at the same time agree; and a text that
    comes back after another was in force gets a new name, for the step is another.
    """
    steps = [
        site,
        kind,
        *sorted(f"-{old.locale}={old.publication}" for old in before),
        *sorted(f"+{locale}={version}" for locale, version in versions.items()),
    ]
    return hashlib.sha256("\n".join(steps).encode()).hexdigest()[:16]
