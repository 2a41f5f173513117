"""``GET history``: a reader's own page, with every decision of this browser. It needs no script.

It opens by the cookie ``consentkit_id``. Readers of a site that stands under another origin have no such cookie: they
are given an address instead, whose token says whose history it is.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t
import urllib.parse

import flask
import markupsafe

from ..consent.decisions import Choice
from ..consent.decisions import Record
from ..consent.record_ids import is_record_id
from ..consent.subjects import is_subject_id
from ..cookies.codec import HISTORY_SALT
from ..errors import BadCookie
from ..errors import NotFound
from ..i18n.catalog import N_
from ..i18n.catalog import Catalog
from ..i18n.catalog import catalog
from ..i18n.locales import own_name
from ..i18n.vocabulary import DEVICES
from ..i18n.vocabulary import POLICY_NAMES
from ..notice.basis import Basis
from ..notice.basis import in_order
from ..notice.basis import purpose_name
from ..notice.shown import LAYERS
from ..notice.shown import as_shown
from ..operations.publish_site import SiteSnapshot
from ..runtime import Runtime
from ..runtime import current_runtime
from ..storage.records import RecordFilter
from .assets import static_asset
from .negotiation import requested_locale
from .negotiation import requested_site
from .on_device import declarations
from .pages import base_url
from .pages import site_page
from .reader import Reader
from .reader import Status
from .reader import read_reader
from .reader import read_subject
from .receipt_check import WORDS
from .receipts import receipt_url

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

_PAGE = 20
_YEAR = 31_536_000
#: Nothing but the page's own script and styles, and frames of its own that show old notices.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Whose:
    """Whose history is asked for.

    :param subject_id: ``None`` for who has no identifier. :param token: of the address that opened it, if one did.
    """

    subject_id: str | None
    token: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision in words."""

    id: str
    at: dt.datetime
    when: str
    title: str
    agreed: tuple[str, ...]
    refused: tuple[str, ...]
    agreed_services: tuple[str, ...]
    refused_services: tuple[str, ...]
    #: Name and address of each policy of then.
    policies: tuple[tuple[str, str], ...]
    #: The frames in which the notice is shown: heading, layout and address.
    frames: tuple[tuple[str, str, str], ...]
    #: What else is stored: label and value.
    facts: tuple[tuple[str, str], ...]
    #: How far it has come into the log.
    standing: str
    receipt: str | None


def history() -> flask.Response:
    """Answer with the page.

    :raises NotFound: the address has a token that is none of ours. :raises StoreUnavailable: the store is away.
    """
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    whose = read_whose(runtime, snapshot, flask.request.args.get("token"))
    locale = requested_locale(snapshot.site, otherwise_accepted=True)
    words = catalog(locale)
    before = flask.request.args.get("before", "")
    before = before if is_record_id(before) else ""
    entries: list[Entry] = []
    older = None
    if whose.subject_id is not None:
        which = RecordFilter(site=snapshot.site.id, subject_id=whose.subject_id)
        with runtime.database.unit_of_work(read_only=True) as uow:
            # One more than is shown says whether there is another page.
            found = uow.records.page(which, before=before or None, limit=_PAGE + 1)
            entries = _Telling(runtime, uow, snapshot, words).entries(found[:_PAGE])
        older = found[_PAGE - 1].id if len(found) > _PAGE else None
    reader = read_reader(runtime, snapshot)
    assets = {name: asset.version for name in ("history.js", "history.css") if (asset := static_asset(name))}
    body = flask.render_template(
        "consentkit/history.html",
        _=words.gettext,
        entries=entries,
        newest_url=history_url(snapshot, words.tag, token=whose.token) if before else None,
        older_url=history_url(snapshot, words.tag, token=whose.token, before=older) if older else None,
        now=_in_force(snapshot, reader, words),
        agreed=reader.choice.agrees,
        by_address=whose.token is not None,
        token=whose.token,
        home=snapshot.home,
        declared=declarations(snapshot.site, words, reader.choice, flask.request.cookies),
        here=history_url(snapshot, words.tag),
        notice=snapshot.notices[locale].version,
        site_id=snapshot.site.id,
        lang=words.tag,
        base=base_url(),
        assets=current_runtime().settings.assets_path,
        version=assets,
    )
    message = words.gettext(_erased(entries)) if "erased" in flask.request.args else ""
    query = "".join(f"&{name}={value}" for name, value in (("token", whose.token), ("before", before)) if value)
    title = words.gettext(N_("Your choices so far"))
    response = site_page(snapshot, words, title, markupsafe.Markup(body), message=message, query=query)  # noqa: S704 - a template's output
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "private, no-store"
    # An address that opens somebody's history is told to nobody. Without one, forms keep their Origin this way.
    response.headers["Referrer-Policy"] = "no-referrer" if whose.token else "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def history_notice() -> flask.Response:
    """Answer with one layer of a notice as it was shown: the document of a sandboxed frame. It is nobody's own.

    :raises NotFound: there is no such notice or layer. :raises StoreUnavailable: the store is away.
    """
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    layer = flask.request.args.get("layer", LAYERS[0])
    with runtime.database.unit_of_work(read_only=True) as uow:
        stored = uow.notices.get(snapshot.site.id, flask.request.args.get("version", ""))
    if stored is None or layer not in LAYERS:
        raise NotFound("There is no such notice.")
    html, policy = as_shown(stored, layer)
    response = flask.Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    # Its address names its content.
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def read_whose(runtime: Runtime, snapshot: SiteSnapshot, token: str | None) -> Whose:
    """Return whose history is asked for: by *token* if there is one, else by the cookie.

    :raises NotFound: the token is none of ours for this site.
    """
    if not token:
        return Whose(read_subject(runtime), None)
    try:
        site, _, subject_id = runtime.codec.read_token(HISTORY_SALT, token).rpartition(":")
    except BadCookie:
        site, subject_id = "", ""
    if site != snapshot.site.id or not is_subject_id(subject_id):
        raise NotFound("There is no such history.")
    return Whose(subject_id, token)


def history_token(runtime: Runtime, site: str, subject_id: str) -> str:
    """Return the token that opens a subject's history without a cookie."""
    return runtime.codec.sign_token(HISTORY_SALT, f"{site}:{subject_id}")


def history_url(snapshot: SiteSnapshot, locale: str, **query: str | None) -> str:
    """Return the address of the page."""
    asked = {"site": snapshot.site.id, "locale": locale, **{name: value for name, value in query.items() if value}}
    return f"{base_url()}history?{urllib.parse.urlencode(asked)}"


def _erased(left: cabc.Collection[Entry]) -> str:
    """Return what is said after an erasure: some may have been held back (GDPR Art. 17(3)(e))."""
    if left:
        return N_("Consent is withdrawn. The decisions below are not erased: the site keeps them for a legal claim.")
    return N_("Your history is erased, and only what is necessary is on.")


def _in_force(snapshot: SiteSnapshot, reader: Reader, words: Catalog) -> str:
    """Return in a sentence what the reader's browser allows now."""
    match reader.status:
        case Status.VALID if reader.choice.agrees:
            return words.gettext(N_("You agreed to: %(purposes)s.")).replace(
                "%(purposes)s", words.format_list(_allowed_now(snapshot, reader.choice, words))
            )
        case Status.VALID:
            return words.gettext(N_("You refused. Only what is necessary is on."))
        case Status.NONE | Status.INVALID:
            return words.gettext(N_("You have not chosen. Only what is necessary is on."))
        case _:
            return words.gettext(
                N_("Your last choice does not hold any more. Until you choose again, only what is necessary is on.")
            )


def _allowed_now(snapshot: SiteSnapshot, choice: Choice, words: Catalog) -> list[str]:
    site = snapshot.site
    purposes = [
        purpose_name(purpose.id, purpose.name, words, site.locales)
        for purpose in site.optional_purposes
        if choice.purposes.get(purpose.id)
    ]
    # A service may be allowed by itself, without its purposes.
    return purposes or [service.name for service in site.optional_services if choice.services.get(service.id)]


class _Telling:
    """Tells records in words. What several of them refer to is read once."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, snapshot: SiteSnapshot, words: Catalog) -> None:
        self._runtime = runtime
        self._uow = uow
        self._snapshot = snapshot
        self._words = words
        self._bases: dict[str, Basis] = {}
        checkpoint = uow.checkpoints.latest(snapshot.site.id)
        self._published = checkpoint.size if checkpoint is not None else 0

    def entries(self, records: cabc.Iterable[Record]) -> list[Entry]:
        """Return the records in their order."""
        return [self._entry(record) for record in records]

    def _entry(self, record: Record) -> Entry:
        words = self._words
        basis = self._basis(record)
        purposes = basis.purposes(record, words)
        services = basis.services(record, words)
        return Entry(
            id=record.id,
            at=record.decided_at,
            when=f"{words.format_datetime(record.decided_at)} UTC",
            title=self._of_receipt(f"action_{record.action.value}"),
            agreed=tuple(answer.name for answer in purposes if answer.granted),
            refused=tuple(answer.name for answer in purposes if not answer.granted),
            agreed_services=tuple(answer.name for answer in services if answer.granted),
            refused_services=tuple(answer.name for answer in services if not answer.granted),
            policies=tuple(self._policies(record)),
            frames=tuple(self._frames(record)),
            facts=tuple(self._facts(record)),
            standing=self._standing(record),
            # A sample is in no log.
            receipt=None if record.sample else receipt_url(self._runtime, record.id),
        )

    def _basis(self, record: Record) -> Basis:
        version = record.config_version
        if version not in self._bases:
            self._bases[version] = Basis.of(None, self._uow.configurations.get(record.site, version))
        return self._bases[version]

    def _policies(self, record: Record) -> cabc.Iterator[tuple[str, str]]:
        for kind in in_order(record.policy_versions, POLICY_NAMES):
            if kind in POLICY_NAMES:
                query = {"site": record.site, "locale": self._words.tag, "version": record.policy_versions[kind]}
                yield self._words.gettext(POLICY_NAMES[kind]), f"{base_url()}{kind}?{urllib.parse.urlencode(query)}"

    def _frames(self, record: Record) -> cabc.Iterator[tuple[str, str, str]]:
        if not record.notice_version:
            return
        for layer, text in zip(LAYERS, ("first_layer", "second_layer"), strict=True):
            query = {"site": record.site, "version": record.notice_version, "layer": layer}
            layout = record.layout if layer == LAYERS[0] else "layer-2"
            yield self._of_receipt(text), layout, f"{base_url()}history/notice?{urllib.parse.urlencode(query)}"

    def _facts(self, record: Record) -> cabc.Iterator[tuple[str, str]]:
        words = self._words
        gettext = words.gettext
        yield gettext(N_("Language of the notice")), own_name(record.locale)
        if record.section:
            yield gettext(N_("Section of the site")), record.section
        if record.country:
            yield gettext(N_("Country")), words.territory_name(record.country)
        device = gettext(DEVICES.get(record.device_class, DEVICES["other"]))
        yield gettext(N_("Browser and device")), words.format_list([record.user_agent_family, device])
        if record.gpc:
            yield gettext(N_("Global Privacy Control")), gettext(N_("sent by the browser"))
        yield gettext(N_("IP address")), gettext(N_("never stored"))
        yield self._of_receipt("until"), f"{words.format_datetime(record.expires_at)} UTC"
        yield self._of_receipt("record"), record.id

    def _standing(self, record: Record) -> str:
        gettext = self._words.gettext
        if record.sample:
            return gettext(N_("A sample, which no log holds."))
        if record.leaf_index is None:
            return gettext(N_("Stored, and on its way into the site's log."))
        if record.leaf_index >= self._published:
            return gettext(N_("In the site's log; the signature over it is on its way."))
        return gettext(N_("In the site's log as entry %(index)s: nobody can change it unseen.")).replace(
            "%(index)s", self._words.format_number(record.leaf_index)
        )

    def _of_receipt(self, name: str) -> str:
        """Return what the page that checks receipts says for the same."""
        text = WORDS[name]
        return self._words.gettext(text)
