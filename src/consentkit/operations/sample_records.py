"""Fill an empty store with records that were made up, so that the audit view has something to show."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import random
import typing as t

from ..clock import Clock
from ..consent.decisions import Action
from ..consent.decisions import Choice
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..consent.decisions import Record
from ..consent.record_ids import new_record_id
from ..consent.subjects import new_subject_id
from .publish_site import SiteSnapshot

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

#: Over how many days before now the records are spread.
DAYS = 60

# Shares in parts of a hundred. Made up, but such as a local paper could have.
_FIRST_DECISIONS = {Action.ACCEPT_ALL: 50, Action.REJECT_ALL: 36, Action.SAVE: 14}
_LATER_DECISIONS = {Action.WITHDRAW: 55, Action.SAVE: 30, Action.REJECT_ALL: 15}
_CHANGE_THEIR_MIND = 0.08
_PURPOSE_CHOSEN = {"preferences": 0.75, "analytics": 0.55, "embeds": 0.6, "advertising": 0.12}
_OTHER_PURPOSE_CHOSEN = 0.3
_LOCALES = {"ru": 56, "kk": 36, "en": 6, "ar": 2}
_OTHER_LOCALE = 10
_COUNTRIES: dict[str | None, int] = {"KZ": 79, "RU": 7, "UZ": 3, "KG": 3, "DE": 2, "TR": 2, "US": 1, None: 3}
_DEVICES = {
    ("mobile", "Chrome"): 42,
    ("mobile", "Safari"): 17,
    ("mobile", "Samsung Internet"): 6,
    ("mobile", "Yandex Browser"): 4,
    ("desktop", "Chrome"): 15,
    ("desktop", "Yandex Browser"): 5,
    ("desktop", "Firefox"): 4,
    ("desktop", "Edge"): 3,
    ("tablet", "Safari"): 3,
    ("tablet", "Chrome"): 1,
}
_METHODS = {Method.WIDGET: 97, Method.FORM: 3}
_GPC = 0.02
# How busy each hour of the day is, in UTC: a morning and a long evening, five hours east of Greenwich.
_HOURS = (6, 8, 9, 8, 7, 7, 8, 8, 7, 7, 8, 9, 10, 12, 13, 13, 11, 8, 5, 3, 1, 1, 2, 4)
_WEEKEND = 0.7

_Key = t.TypeVar("_Key")


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    """Who decides: what stays the same when they decide again."""

    locale: str
    country: str | None
    device: str
    family: str
    gpc: bool


def add_sample_records(uow: UnitOfWork, snapshot: SiteSnapshot, *, count: int, clock: Clock) -> int:
    """Store about *count* sample records of the last :data:`DAYS` days, and return how many they are.

    A site that has a record already gets none. Every sample says of itself that it is one, and none enters the log.
    """
    if uow.records.any(snapshot.site.id):
        return 0
    records = make_sample_records(snapshot, count=count, now=clock.now())
    uow.records.add_samples(records)
    # The log's writer counts what it integrates, and no sample comes by it.
    uow.rollups.add(snapshot.site.id, uow.rollups.tally([record.id for record in records]))
    return len(records)


def make_sample_records(snapshot: SiteSnapshot, *, count: int, now: dt.datetime, seed: int = 1) -> list[Record]:
    """Return *count* records, oldest first. All but their ids follow from the *seed*."""
    dice = random.Random(seed)  # noqa: S311 - nothing here is a secret
    decisions: list[tuple[dt.datetime, _Reader, Action, Choice, int | None]] = []
    while len(decisions) < count:
        reader = _reader(dice, tuple(snapshot.notices))
        at = _moment(dice, now)
        action = _pick(dice, _FIRST_DECISIONS)
        choice = _choice(dice, snapshot, action)
        decisions.append((at, reader, action, choice, None))
        if choice.agrees and dice.random() < _CHANGE_THEIR_MIND and len(decisions) < count:
            later = at + (now - at) * dice.random()
            action = _pick(dice, _LATER_DECISIONS)
            decisions.append((later, reader, action, _choice(dice, snapshot, action), len(decisions) - 1))
    return _in_time(dice, snapshot, decisions)


def _in_time(
    dice: random.Random,
    snapshot: SiteSnapshot,
    decisions: cabc.Sequence[tuple[dt.datetime, _Reader, Action, Choice, int | None]],
) -> list[Record]:
    made: dict[int, Record] = {}
    for index in sorted(range(len(decisions)), key=lambda i: (decisions[i][0], i)):
        at, reader, action, choice, first = decisions[index]
        previous = made[first] if first is not None else None
        subject = previous.subject_id if previous else new_subject_id() if choice.agrees else None
        made[index] = _record(
            dice, snapshot, reader, at=at, action=action, choice=choice, subject=subject, previous=previous
        )
    return list(made.values())


def _record(
    dice: random.Random,
    snapshot: SiteSnapshot,
    reader: _Reader,
    *,
    at: dt.datetime,
    action: Action,
    choice: Choice,
    subject: str | None,
    previous: Record | None,
) -> Record:
    site = snapshot.site
    method = _pick(dice, _METHODS)
    if previous is not None or (action is Action.SAVE and method is Method.FORM):
        layer = Layer.PAGE if method is Method.FORM else Layer.SECOND
    else:
        layer = Layer.SECOND if action is Action.SAVE else Layer.FIRST
    return Record(
        id=new_record_id(at),
        site=site.id,
        subject_id=subject,
        previous_id=previous.id if previous else None,
        action=action,
        purposes=choice.purposes,
        services=choice.services,
        regime=site.regimes.default.value,
        country=reader.country,
        locale=reader.locale,
        notice_version=snapshot.notices[reader.locale].version,
        revision=snapshot.revision,
        config_version=snapshot.config_version,
        policy_versions=snapshot.policy_versions(reader.locale),
        layout=site.notice.layout.value,
        layer=layer,
        method=method,
        section=f"/{reader.locale}" if dice.random() < 0.8 else "/",  # noqa: PLR2004 - most come to an article first
        user_agent_family=reader.family,
        device_class=reader.device,
        gpc=reader.gpc,
        decided_at=at,
        expires_at=at + dt.timedelta(days=site.site.max_age_days),
        sample=True,
    )


def _reader(dice: random.Random, locales: cabc.Sequence[str]) -> _Reader:
    device, family = _pick(dice, _DEVICES)
    return _Reader(
        locale=_pick(dice, {tag: _LOCALES.get(tag, _OTHER_LOCALE) for tag in locales}),
        country=_pick(dice, _COUNTRIES),
        device=device,
        family=family,
        gpc=dice.random() < _GPC,
    )


def _moment(dice: random.Random, now: dt.datetime) -> dt.datetime:
    """Return a moment of the last days, more likely at an hour and on a day when people read."""
    while True:
        days = dice.randrange(DAYS)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=days)
        hour = dice.choices(range(24), _HOURS)[0]
        at = midnight + dt.timedelta(hours=hour, microseconds=dice.randrange(3_600_000_000))
        if at < now and (at.weekday() < 5 or dice.random() < _WEEKEND):  # noqa: PLR2004 - Saturday is 5
            return at


def _choice(dice: random.Random, snapshot: SiteSnapshot, action: Action) -> Choice:
    site = snapshot.site
    match action:
        case Action.ACCEPT_ALL:
            return site.accept_all()
        case Action.SAVE:
            chosen = {
                purpose.id: dice.random() < _PURPOSE_CHOSEN.get(purpose.id, _OTHER_PURPOSE_CHOSEN)
                for purpose in site.optional_purposes
            }
            return site.choose(chosen, {})
        case _:
            return site.refuse_all()


def _pick(dice: random.Random, weights: cabc.Mapping[_Key, int]) -> _Key:
    return dice.choices(list(weights), list(weights.values()))[0]
