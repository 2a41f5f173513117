"""The pages of the blueprint: the choice without script, the policies, and plain words when something went wrong."""

from __future__ import annotations

import functools
from http import HTTPStatus

import flask
import markupsafe

from ..consent.decisions import Record
from ..consent.model import localize
from ..errors import ConsentKitError
from ..errors import NotFound
from ..errors import StoreUnavailable
from ..i18n.catalog import N_
from ..i18n.catalog import Catalog
from ..i18n.catalog import catalog
from ..i18n.locales import direction
from ..i18n.locales import own_name
from ..i18n.negotiate import from_accept_language
from ..operations.publish_site import SiteSnapshot
from ..operations.publish_site import policy_in
from ..runtime import current_runtime
from .assets import Asset
from .assets import make_asset
from .assets import send
from .assets import static_asset
from .negotiation import gpc
from .negotiation import requested_locale
from .negotiation import requested_site
from .negotiation import safe_next
from .reader import Status
from .reader import read_reader
from .reader import read_subject
from .receipts import receipt_url

_SPOKEN = ("en", "ru", "kk", "ar")


def base_url() -> str:
    """Return where the blueprint stands, with the slash: ``/consent/``."""
    return f"{flask.request.script_root}{current_runtime().settings.url_prefix}/"


def preferences() -> flask.Response:
    """Answer ``GET preferences``: the full choice as a page, or, with ``fragment``, the part that script shows."""
    snapshot = requested_site(current_runtime())
    if "fragment" in flask.request.args:
        return _fragment(snapshot)
    return preferences_page(snapshot)


def preferences_page(
    snapshot: SiteSnapshot, *, status: int = 200, locale: str | None = None, next_url: str | None = None
) -> flask.Response:
    """Return the full choice as a page that needs no script. What the reader ticked before is ticked, nothing else.

    :param locale: the language of the form that leads here; without it, or if it is gone, what the request says.
    :param next_url: where that form was to lead back to.
    """
    site = snapshot.site
    notice = snapshot.notices.get(locale or "") or snapshot.notices[requested_locale(site, otherwise_accepted=True)]
    reader = read_reader(current_runtime(), snapshot)
    since = reader.state.revision if reader.status is Status.OUTDATED and reader.state else None
    # After a conflict nothing is ticked: the reader has not seen what they would be agreeing to.
    chosen = site.refuse_all() if status == HTTPStatus.CONFLICT else reader.choice
    target = safe_next(site, next_url or flask.request.args.get("next") or flask.request.referrer)
    body = notice.page(base_url(), target, chosen=chosen, since=since)
    message = notice.content["texts"]["notice_changed"] if status == HTTPStatus.CONFLICT else ""
    words = catalog(notice.locale)
    body += _latest_receipt(snapshot, words)
    title = notice.content["texts"]["preferences_title"]
    response = _page(snapshot, words, title, body, message=message, back=target, heading=False, signal=gpc())
    response.status_code = status
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.add("Sec-GPC")
    return response


def _latest_receipt(snapshot: SiteSnapshot, words: Catalog) -> markupsafe.Markup:
    """Return a link to the receipt of the reader's last decision, for who has an identifier; else nothing."""
    runtime = current_runtime()
    subject = read_subject(runtime)
    if subject is None:
        return markupsafe.Markup()
    try:
        with runtime.database.unit_of_work(read_only=True) as uow:
            record = uow.records.latest_of(snapshot.site.id, subject)
    except StoreUnavailable:
        # The choice matters more than its receipt.
        return markupsafe.Markup()
    if record is None:
        return markupsafe.Markup()
    return markupsafe.Markup(
        '<p class="consentkit-receipt"><a href="{}">{}</a> <a href="{}receipts/check?site={}&amp;locale={}">{}</a></p>'
    ).format(
        receipt_url(runtime, record.id),
        words.gettext(N_("Download the receipt of your last choice")),
        base_url(),
        snapshot.site.id,
        words.tag,
        words.gettext(N_("Check a receipt")),
    )


def _fragment(snapshot: SiteSnapshot) -> flask.Response:
    notice = snapshot.notices[requested_locale(snapshot.site)]
    response = send(_fragment_asset(notice.second_layer(base_url(), "")))
    if flask.request.args.get("v") == notice.version:
        response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# Compressing takes longer than all the rest, and the bytes follow from the text alone.
@functools.lru_cache(maxsize=128)
def _fragment_asset(html: str) -> Asset:
    return make_asset(html.encode(), "text/html; charset=utf-8")


def policy(kind: str) -> flask.Response:
    """Answer with a policy's page: the version in force, or with ``version`` an older one, which stays readable.

    :raises NotFound: the site has no such policy, or never had that version.
    :raises StoreUnavailable: an older version, or all of them at first, can't be read now.
    """
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    site = snapshot.site
    locale = requested_locale(site, otherwise_accepted=True)
    source = getattr(site.policies, kind, None)
    if source is not None and source.urls:
        return flask.redirect(localize(source.urls, locale, *site.locales), 302)  # type: ignore[return-value]  # werkzeug's and Flask's responses are one here
    current = policy_in(snapshot.policies, kind, locale, site.locales)
    if not snapshot.published:
        raise StoreUnavailable
    wanted = flask.request.args.get("version")
    shown = current
    try:
        with runtime.database.unit_of_work(read_only=True) as uow:
            versions = uow.policies.versions(site.id, kind, current.locale if current else locale)
    except StoreUnavailable:
        # What is in force is in memory: it stays readable, without the list of the older ones.
        if current is None or wanted not in {None, current.version}:
            raise
        versions = [current]
    if wanted is not None:
        shown = next((version for version in versions if version.version == wanted), None)
        if shown is None:
            # A link to a version means that text, whatever language the reader's browser prefers.
            with runtime.database.unit_of_work(read_only=True) as uow:
                found = (uow.policies.get(site.id, kind, tag, wanted) for tag in site.locales)
                shown = next((version for version in found if version is not None), None)
    if shown is None:
        raise NotFound("The site has no such policy, or never had this version.")
    words = catalog(locale)
    body = _render(
        "policy.html",
        words,
        policy=shown,
        html=markupsafe.Markup(shown.html),  # noqa: S704 - sanitised when it was published
        current=current,
        versions=versions,
        is_current=current is not None and shown.version == current.version,
        kind=kind,
        site_id=site.id,
        base=base_url(),
        day=words.format_date,
    )
    response = _page(snapshot, words, shown.title, markupsafe.Markup(body), back=snapshot.home)  # noqa: S704 - a template's output
    response.vary.add("Accept-Language")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def led_back(snapshot: SiteSnapshot, record: Record, target: str, receipt: str) -> flask.Response:
    """Return the 303 after a form, with the receipt on the page that it leads through."""
    words = catalog(record.locale)
    body = _render("led_back.html", words, target=target, receipt=receipt)
    response = _page(snapshot, words, words.gettext(N_("Your choice is saved")), markupsafe.Markup(body), back=target)  # noqa: S704 - a template's output
    response.status_code = 303
    response.headers["Location"] = target
    response.headers["Cache-Control"] = "no-store"
    return response


def words_page(status: int, heading: str, text: str, *, field: str = "") -> flask.Response:
    """Return a plain page that says what happened and what to do, in the reader's language if it is one of ours.

    :param field: the name of what cannot be read, as it was sent: up to 40 characters of it are shown.
    """
    tag = flask.request.args.get("locale", "")
    if tag not in _SPOKEN:
        tag = from_accept_language(flask.request.headers.get("Accept-Language", ""), _SPOKEN) or "en"
    words = catalog(tag)
    try:
        snapshot = requested_site(current_runtime())
    except ConsentKitError:
        snapshot = None
    body = markupsafe.Markup("<p>{}</p>").format(words.gettext(text))
    if field:
        # Half a surrogate pair has no UTF-8.
        name = field[:40].encode("utf-8", "replace").decode()
        body += markupsafe.Markup("<p>{} <code>{}</code></p>").format(words.gettext(N_("It is about the field:")), name)
    response = _page(snapshot, words, words.gettext(heading), body, back=snapshot.home if snapshot else None)
    response.status_code = status
    return response


def _page(
    snapshot: SiteSnapshot | None,
    words: Catalog,
    title: str,
    body: markupsafe.Markup,
    *,
    back: str | None,
    message: str = "",
    heading: bool = True,
    signal: bool = False,
    query: str = "",
) -> flask.Response:
    site = snapshot.site if snapshot else None
    style = static_asset("pages.css")
    html = _render(
        "page.html",
        words,
        title=title,
        body=body,
        back=back,
        message=message,
        heading=heading,
        signal=signal,
        query=query,
        site_name=localize(site.site.name, words.tag, *site.locales) if site else "",
        site_id=site.id if site else "",
        languages=[(tag, own_name(tag)) for tag in site.locales] if site and flask.request.method == "GET" else [],
        base=base_url(),
        assets=current_runtime().settings.assets_path,
        style=style.version if style else "",
    )
    response = flask.Response(html, mimetype="text/html")
    origins = " ".join(site.site.origins) if site else ""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {origins}".rstrip()
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Language"] = words.tag
    return response


def _render(template: str, words: Catalog, **context: object) -> str:
    return flask.render_template(
        f"consentkit/{template}", _=words.gettext, lang=words.tag, dir=direction(words.tag), **context
    )


def site_page(
    snapshot: SiteSnapshot, words: Catalog, title: str, body: markupsafe.Markup, *, message: str = "", query: str = ""
) -> flask.Response:
    """Return a page of ours with a way back to the site.

    :param message: what is said first of all. :param query: what the same page in another language keeps of the query,
        beginning with ``&``.
    """
    return _page(snapshot, words, title, body, back=snapshot.home, message=message, query=query)
