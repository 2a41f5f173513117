"""Regimes: what a law demands of the notice and of what counts as an answer."""

from __future__ import annotations

import dataclasses
import enum

from .decisions import Action


class RegimeId(enum.StrEnum):
    """The rule sets that the contract names. Only ``gdpr`` is built so far."""

    GDPR = "gdpr"


@dataclasses.dataclass(frozen=True, slots=True)
class Regime:
    """A rule set.

    :param id: its name in cookies and records.
    :param actions: the buttons of the first layer, in reading order.
    :param opt_in: whether nothing optional may happen before the reader agrees.
    """

    id: RegimeId
    actions: tuple[str, ...]
    opt_in: bool


#: Opt-in: GDPR Art. 4(11) and 7, ePrivacy directive Art. 5(3). Accepting and refusing stand on the first layer with
#: equal weight (EDPB cookie banner taskforce, report of 17 January 2023, §§ 6-9).
GDPR = Regime(
    id=RegimeId.GDPR,
    actions=(Action.ACCEPT_ALL.value, Action.REJECT_ALL.value, "customize"),
    opt_in=True,
)

REGIMES = {regime.id: regime for regime in (GDPR,)}
