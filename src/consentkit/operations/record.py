"""Record a decision: check what was sent, work out what follows from it, make it durable, and only then say so."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

from ..clock import Clock
from ..consent.decisions import Action
from ..consent.decisions import Choice
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..consent.decisions import Nonce
from ..consent.decisions import Record
from ..consent.decisions import Recorded
from ..consent.pages import first_segment
from ..consent.pages import in_words
from ..consent.purposes import NECESSARY
from ..consent.record_ids import new_record_id
from ..consent.site import Site
from ..consent.subjects import new_subject_id
from ..cookies.codec import State
from ..cookies.codec import make_state
from ..cookies.codec import to_day
from ..errors import BadDecision
from ..errors import NoticeChanged
from ..ledger.entries import new_salt
from .publish_site import SiteSnapshot


class Recorder(t.Protocol):
    """How a decision becomes durable: directly, in a group commit, or on a stream."""

    def record(self, record: Record, *, nonce: Nonce | None) -> Recorded:
        """Return when *record* is durable, or when an earlier one with the same nonce is.

        :raises StoreUnavailable: it is not durable, and will not become so later.
        :raises NonceReused: the nonce was used within 48 hours for another body.
        """
        ...

    def recall(self, nonce: Nonce, *, site: str) -> Record | None:
        """Return what :meth:`record` stored for the same nonce and body within 48 hours, if it did.

        :raises NonceReused, StoreUnavailable: as :meth:`record` does.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A decision as a door took it in: the sender's words, and what the server itself knows."""

    action: Action
    purposes: cabc.Mapping[str, bool]
    services: cabc.Mapping[str, bool]
    notice: str
    locale: str
    #: The path of the page, if it was told.
    page: str | None
    nonce: Nonce | None
    layer: Layer | None
    method: Method
    #: From the signed cookie.
    subject_id: str | None
    #: Whether cookies of ours can reach the reader's browser: not from another site (contract, 4).
    identifiable: bool
    country: str | None
    gpc: bool
    user_agent_family: str
    device_class: str

    @property
    def refuses(self) -> bool:
        """Whether it agrees to nothing, whatever else may be wrong with it."""
        if self.action in {Action.REJECT_ALL, Action.WITHDRAW}:
            return True
        if self.action is Action.GPC:
            return self.gpc
        # What is always on is not an answer.
        ticked = [value for name, value in self.purposes.items() if name != NECESSARY] + [*self.services.values()]
        return self.action is Action.SAVE and not any(ticked)


@dataclasses.dataclass(frozen=True, slots=True)
class Decided:
    """A decision that is in force and durable."""

    record: Record
    state: State
    fresh: bool


def refusal_state(snapshot: SiteSnapshot, at: dt.datetime) -> State:
    """Return the state of a reader who refuses everything: it needs no record to be in force."""
    return make_state(
        snapshot.site,
        snapshot.site.refuse_all(),
        action=Action.REJECT_ALL,
        notice="",
        revision=snapshot.revision,
        services_order=snapshot.services_order,
        at=at,
    )


def record_decision(
    snapshot: SiteSnapshot,
    submission: Submission,
    *,
    recorder: Recorder,
    is_published: cabc.Callable[[str, str], bool],
    clock: Clock,
) -> Decided:
    """Make *submission* durable and return the state that follows from it.

    A refusal is taken for any notice that was ever published; agreeing needs the current one, for one agrees to what
    one has seen (GDPR Art. 4(11)).

    :param is_published: whether the site ever published the notice of that version in that locale.
    :raises BadDecision: a field cannot be taken. :raises NoticeChanged: the notice is not the current one.
    :raises NonceReused, StoreUnavailable: as the recorder does.
    """
    site = snapshot.site
    current = snapshot.notices.get(submission.locale)
    if current is None and not submission.refuses:
        raise BadDecision("locale", "The site has no notice in this locale.")
    is_current = current is not None and submission.notice == current.version
    _check(snapshot, submission, is_current=is_current)
    if not is_current and not (submission.refuses and is_published(submission.notice, submission.locale)):
        if current is None:
            raise BadDecision("locale", "The site has no notice in this locale.")
        # An answer that got lost is given again, though the notice has changed since it was taken.
        earlier = recorder.recall(submission.nonce, site=site.id) if submission.nonce is not None else None
        if earlier is None:
            raise NoticeChanged(current.version)
        return Decided(earlier, state_of(snapshot, earlier), fresh=False)
    choice = _choice(snapshot, submission)
    now = clock.now()
    subject_id = submission.subject_id
    if subject_id is None and choice.agrees and submission.identifiable:
        subject_id = new_subject_id()
    recorded = recorder.record(
        Record(
            id=new_record_id(now),
            site=site.id,
            subject_id=subject_id,
            action=submission.action,
            purposes=choice.purposes,
            services=choice.services,
            regime=site.regimes.default.value,
            country=submission.country,
            locale=submission.locale,
            notice_version=submission.notice,
            revision=snapshot.revision,
            config_version=snapshot.config_version,
            policy_versions=snapshot.policy_versions(submission.locale),
            layout=site.notice.layout.value,
            layer=submission.layer,
            method=submission.method,
            section=section_of(submission.page, whole=site.site.record_path),
            user_agent_family=submission.user_agent_family,
            device_class=submission.device_class,
            gpc=submission.gpc,
            decided_at=now,
            expires_at=now + dt.timedelta(days=site.site.max_age_days),
            salt=new_salt(),
        ),
        nonce=submission.nonce,
    )
    return Decided(recorded.record, state_of(snapshot, recorded.record), recorded.fresh)


def state_of(snapshot: SiteSnapshot, record: Record) -> State:
    """Return the state that *record* gave its reader: always the same for the same record."""
    state = make_state(
        snapshot.site,
        Choice(purposes=record.purposes, services=record.services),
        action=record.action,
        notice=record.notice_version,
        revision=record.revision,
        services_order=snapshot.services_order,
        at=record.decided_at,
    )
    # The record's own end, should the site have another time limit by now.
    return dataclasses.replace(state, last_day=to_day(record.expires_at))


def section_of(page: str | None, *, whole: bool) -> str | None:
    """Return the first segment of a page's path, or the whole path, without query and fragment; at most 200 characters.

    A whole path together with a subject id is a reading history, so it is stored only where the site asks for it.
    """
    if not page or not page.startswith("/"):
        return None
    # Browsers write the path in ASCII; who reads the record reads words.
    kept = in_words(page.partition("?")[0].partition("#")[0]) if whole else "/" + first_segment(page)
    return kept[:200]


def _check(snapshot: SiteSnapshot, submission: Submission, *, is_current: bool) -> None:
    site = snapshot.site
    if submission.action is Action.GPC:
        _check_signal(site, submission)
    # An old notice may name what the site has dropped since; refusing it is refusing all the same.
    may_name_dropped = submission.refuses and not is_current
    known_purposes = {purpose.id for purpose in site.purposes}
    for name, value in submission.purposes.items():
        if name not in known_purposes and not may_name_dropped:
            raise BadDecision("purposes", "The site has no such purpose.")
        if submission.action is Action.ACCEPT_ALL and not value:
            raise BadDecision("purposes", "'accept_all' cannot refuse a purpose: send 'save'.")
    known = {service.id for service in site.services}
    for name, value in submission.services.items():
        if name not in known and not may_name_dropped:
            raise BadDecision("services", "The site has no such service.")
        if submission.action is Action.ACCEPT_ALL and not value:
            raise BadDecision("services", "'accept_all' cannot refuse a service: send 'save'.")


def _check_signal(site: Site, submission: Submission) -> None:
    """Check that the signal is there, as the server itself sees it, and that the site records it."""
    if not site.gpc.record:
        raise BadDecision("action", "The site does not record Global Privacy Control.")
    if submission.method is not Method.SIGNAL:
        raise BadDecision("action", "'gpc' is sent by script as JSON, not by a form.")
    if not submission.gpc:
        raise BadDecision("action", "'gpc' needs the request header 'Sec-GPC: 1', and it did not arrive.")
    if any([*submission.purposes.values(), *submission.services.values()]):
        raise BadDecision("purposes", "'gpc' cannot agree to anything.")


def _choice(snapshot: SiteSnapshot, submission: Submission) -> Choice:
    site = snapshot.site
    match submission.action:
        case Action.ACCEPT_ALL:
            return site.accept_all()
        case Action.SAVE:
            return site.choose(submission.purposes, submission.services)
        case _:
            return site.refuse_all()
