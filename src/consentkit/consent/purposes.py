"""Purposes: what data is used for, and on which legal ground."""

from __future__ import annotations

import enum
import typing as t

import pydantic

from .model import Identifier
from .model import Localized
from .model import Model
from .model import Pattern

#: The purpose that needs no agreement and is always on (ePrivacy directive, Art. 5(3), second sentence).
NECESSARY = "necessary"

#: The purposes whose names and descriptions the catalogs hold, in the order in which they are shown.
KNOWN_PURPOSES = (NECESSARY, "preferences", "analytics", "advertising", "embeds")


#: How long data is kept. Not shorter than two characters: ``P`` alone is no duration.
RETENTION = Pattern(
    r"^(session|P([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?)$", "an ISO 8601 duration such as 'P13M', or 'session'"
)


class LegalBasis(enum.StrEnum):
    """The grounds of GDPR Art. 6(1) that a purpose of a news site's page can stand on."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Purpose(Model):
    """One purpose of a site.

    A purpose other than ``necessary`` always needs the reader's consent: reading from or storing on their device does
    (ePrivacy directive, Art. 5(3)), whatever the later processing stands on.
    """

    id: Identifier = pydantic.Field(description="Its name in markup, cookies and records, e.g. `analytics`.")
    name: Localized = pydantic.Field(
        default={}, description="What readers see, by locale. The known purposes have one already."
    )
    description: Localized = pydantic.Field(
        default={}, description="One plain sentence for readers, by locale. The known purposes have one already."
    )
    legal_basis: LegalBasis = pydantic.Field(description="The ground of GDPR Art. 6(1).")
    data_categories: tuple[Localized, ...] = pydantic.Field(
        default=(), description='Which data: `[{ru = "IP-адрес", en = "IP address"}]`, or plain strings.'
    )
    retention: t.Annotated[str, pydantic.StringConstraints(pattern=RETENTION.regex, min_length=2, max_length=40)] = (
        pydantic.Field(
            default="P13M", description="How long the data is kept: an ISO 8601 duration such as `P13M`, or `session`."
        )
    )
