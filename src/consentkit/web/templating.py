"""The one object that templates get: ``consentkit``. What it prints is the same for every reader."""

from __future__ import annotations

import collections.abc as cabc
import logging
import urllib.parse

import flask
import markupsafe
from jinja2.utils import htmlsafe_json_dumps

from ..consent.site import GpcAnswer
from ..embeds.article import Article
from ..embeds.declared import Declared
from ..enforcement.consent_policy import service_sources
from ..enforcement.csp import inline_scripts
from ..enforcement.csp import own_sources
from ..errors import NotFound
from ..i18n.catalog import catalog
from ..i18n.locales import SOURCE_LOCALE
from ..i18n.negotiate import best
from ..notice.render import BASE
from ..notice.texts import ELSEWHERE
from ..operations.publish_site import SiteSnapshot
from ..runtime import current_runtime
from .assets import page_revision
from .assets import policy_facts
from .assets import signals_facts
from .assets import static_asset
from .assets import static_text
from .assets import widget_facts
from .history import history_url
from .negotiation import own_origin
from .negotiation import page_site
from .pages import base_url

log = logging.getLogger("consentkit")

#: A callable of the host's, asked while rendering; ``None`` where the host has no answer.
Asked = cabc.Callable[[], str | None]


class TemplateApi:
    """What a host's templates can print.

    :param locale: tells the locale of the page that is being rendered. :param nonce: tells the page's CSP nonce.
    """

    def __init__(self, *, locale: Asked | None, nonce: Asked | None) -> None:
        self._locale = locale
        self._nonce = nonce

    def head(self, *, locale: str | None = None) -> markupsafe.Markup:  # noqa: ARG002 - the contract gives it to all of them
        """Return what belongs into ``<head>``.

        That is the stylesheet, the script that hides the notice from who has decided, the one that tells other tools of
        the choice where the site has any, and, for pages without script, the stylesheet that hides the notice. And a
        line by which a browser paints nothing before it has read the notice to its end: of a page that arrives in
        pieces it would paint half a notice, which then grows.
        """
        snapshot = _site()
        if snapshot is None:
            return markupsafe.Markup()
        sheet = f"{snapshot.site.notice.layout}.css"
        style = static_asset(sheet)
        answer = snapshot.site.gpc.answer
        return self._policy(snapshot) + markupsafe.Markup(
            # What comes after the notice, for Chromium waits only for an element's beginning.
            '<link rel="expect" href="#consentkit-first" blocking="render">'
            '<link rel="stylesheet" href="{base}{assets}/{sheet}?v={version}">'
            '<script data-site="{site}" data-revision="{revision}"{gpc}{nonce}>{script}</script>{signals}'
            '<noscript><link rel="stylesheet" href="{base}state.css?site={site}"></noscript>'
        ).format(
            base=base_url(),
            assets=current_runtime().settings.assets_path,
            sheet=sheet,
            version=style.version if style else "",
            site=snapshot.site.id,
            revision=page_revision(snapshot),
            gpc=_attribute("data-gpc", None if answer is GpcAnswer.ASK else answer.value),
            nonce=self._nonce_attribute(),
            script=markupsafe.Markup(static_text("head.js")),  # noqa: S704 - our own file, and no reader's word in it
            signals=self._signals(snapshot),
        )

    def notice(self, *, locale: str | None = None) -> markupsafe.Markup:
        """Return the notice and its script, for right after ``<body>``.

        The script stands in the page, so that a first visit waits for nothing but the page and the style. Its text is
        constant, its data are in its attribute, so that one hash in the page's Content-Security-Policy stands for it.
        """
        snapshot = _site()
        if snapshot is None:
            return markupsafe.Markup()
        notice = snapshot.notices[self._page_locale(snapshot, locale)]
        facts = {
            **widget_facts(snapshot, current_runtime().settings.assets_path),
            "base": base_url(),
            "locale": notice.locale,
            "version": notice.version,
        }
        # Single quotes, and a JSON without any: the text is shorter than with each double quote escaped.
        return markupsafe.Markup(
            '{notice}<script type="module" id="consentkit-first" '
            "data-consentkit-config='{config}'{nonce}>{script}</script>"
        ).format(
            notice=notice.first_layer(base_url(), _here()),
            config=htmlsafe_json_dumps(facts, ensure_ascii=False, separators=(",", ":")),
            nonce=self._nonce_attribute(),
            script=markupsafe.Markup(static_text("page.js")),  # noqa: S704 - our own file, and no reader's word in it
        )

    def settings_link(self, text: str | None = None, *, locale: str | None = None) -> markupsafe.Markup:
        """Return the way back to the choice, for every page's foot. Without script it leads to the preferences page."""
        snapshot = _site()
        if snapshot is None:
            return markupsafe.Markup()
        tag = self._page_locale(snapshot, locale)
        return markupsafe.Markup(
            '<a class="consentkit-settings" data-consentkit-action="customize" '
            'href="{base}preferences?site={site}&amp;locale={locale}&amp;next={next}">{text}</a>'
        ).format(
            base=base_url(),
            site=snapshot.site.id,
            locale=tag,
            next=urllib.parse.quote(_here(), safe="/"),
            text=text or snapshot.notices[tag].content["texts"]["settings"],
        )

    def history_url(self, *, locale: str | None = None) -> str:
        """Return the address of the reader's own page: their choices so far, receipts, erasing."""
        snapshot = _site()
        if snapshot is None:
            return f"{base_url()}history"
        return history_url(snapshot, self._page_locale(snapshot, locale))

    def policy_url(self, kind: str, *, locale: str | None = None) -> str:
        """Return the address of a policy: ``privacy``, ``terms`` or ``cookies``."""
        snapshot = _site()
        if snapshot is None:
            return f"{base_url()}{kind}"
        notice = snapshot.notices[self._page_locale(snapshot, locale)]
        try:
            link = notice.content["policies"][kind]
        except KeyError:
            raise ValueError(f"There is no policy '{kind}': expected 'privacy', 'terms' or 'cookies'.") from None
        return str(link["url"]).replace(BASE, base_url())

    def script(
        self,
        purpose: str,
        src: str,
        *,
        service: str | None = None,
        module: bool = False,
        locale: str | None = None,  # noqa: ARG002 - the contract gives it to all of them
    ) -> markupsafe.Markup:
        """Return a script that runs once the reader agrees to *purpose*, and not before."""
        return markupsafe.Markup('<script type="text/plain" data-consent="{}"{}{}{} data-src="{}"></script>').format(
            purpose,
            _attribute("data-service", service),
            _attribute("data-type", "module" if module else None),
            # It is kept when the script is let go.
            self._nonce_attribute(),
            src,
        )

    def embed(
        self, service: str, src: str | None, title: str | None, *, locale: str | None = None
    ) -> markupsafe.Markup:
        """Return a placeholder for what *service* shows at *src*, with a plain link to the original.

        *src* is a link to share, an address to embed or the frame's own: known providers are shown in their
        privacy-friendly form. Nothing is loaded from the provider before the reader agrees.
        """
        return _markup(self._article(_site(), locale).embed(service, _plain(src), _plain(title)))

    def consent_embeds(
        self, body: str | None, *, bare_links: bool | None = None, locale: str | None = None
    ) -> markupsafe.Markup:
        """Return *body*, an article's HTML, with placeholders for what it embeds; the rest as it is, byte for byte.

        :param bare_links: whether a link on a line of its own stands for what it leads to; by default as the site's
            file says under ``[embeds]``.
        """
        snapshot = _site()
        if bare_links is None:
            bare_links = snapshot is not None and snapshot.site.embeds.bare_links
        return _markup(self._article(snapshot, locale).rewrite(str(body or ""), bare_links=bare_links))

    def csp_sources(self, *, services: bool = False) -> dict[str, list[str]]:
        """Return the sources that pages need for consentkit itself, by CSP directive.

        :param services: with the hosts of every declared service.
        """
        return csp_sources(services=services)

    def _policy(self, snapshot: SiteSnapshot) -> markupsafe.Markup:
        facts = policy_facts(snapshot)
        if facts is None:
            return markupsafe.Markup()
        return markupsafe.Markup(
            "<script data-consentkit-hosts='{facts}'{nonce}>{script}</script>"
            # Of nothing, so it does nothing (HTML, 4.2.5.3). But Chromium looks ahead for what to load, and no further
            # than to such a line before the parser is there: by then the policy of the script above is in force.
            '<meta http-equiv="Content-Security-Policy" content="">'
        ).format(
            facts=htmlsafe_json_dumps(facts, ensure_ascii=False, separators=(",", ":")),
            nonce=self._nonce_attribute(),
            script=markupsafe.Markup(static_text("policy.js")),  # noqa: S704 - our own file, as above
        )

    def _signals(self, snapshot: SiteSnapshot) -> markupsafe.Markup:
        facts = signals_facts(snapshot)
        if facts is None:
            return markupsafe.Markup()
        return markupsafe.Markup("<script data-consentkit-signals='{facts}'{nonce}>{script}</script>").format(
            facts=htmlsafe_json_dumps(facts, ensure_ascii=False, separators=(",", ":")),
            nonce=self._nonce_attribute(),
            script=markupsafe.Markup(static_text("signals.js")),  # noqa: S704 - our own file, as above
        )

    def _page_locale(self, snapshot: SiteSnapshot, given: str | None) -> str:
        wanted = given or (self._locale() if self._locale else None)
        return (best(wanted, snapshot.site.locales) if wanted else None) or snapshot.site.locales[0]

    def _article(self, snapshot: SiteSnapshot | None, locale: str | None) -> Article:
        own, style = own_origin(), _placeholder_style()
        if snapshot is None:
            # Nobody can agree to anything here: words and links.
            words = catalog(locale or SOURCE_LOCALE)
            texts = {name: words.gettext(text) for name, text in ELSEWHERE.items()}
            return Article(Declared((), name="?", own=own), texts, words.tag, style=style)
        site = snapshot.site
        notice = snapshot.notices[self._page_locale(snapshot, locale)]
        declared = Declared(site.services, name=site.id, own=own, origins=site.site.origins)
        return Article(declared, notice.content["texts"], notice.locale, style=style, sandbox=site.embeds.sandbox)

    def _nonce_attribute(self) -> markupsafe.Markup:
        return _attribute("nonce", self._nonce() if self._nonce else None)


def csp_sources(*, services: bool = False) -> dict[str, list[str]]:
    """Return the CSP sources for consentkit on a page of the service's own origin.

    Outside of an application's context they are those of a site that uses everything.

    :param services: with the hosts of every declared service, which needs an application's context.
    """
    sites = None
    if services or flask.has_app_context():
        sites = [snapshot.site for snapshot in current_runtime().sites.values()]
    policy = sites is None or any(site.enforcement.narrows_pages for site in sites)
    signals = sites is None or any(site.signals.enabled for site in sites)
    sources = own_sources(map(static_text, inline_scripts(policy=policy, signals=signals)), frames=policy)
    for directive, hosts in service_sources(sites or ()).items() if services else ():
        sources.setdefault(directive, []).extend(hosts)
    return sources


def _site() -> SiteSnapshot | None:
    try:
        return page_site(current_runtime())
    except NotFound:
        # The page must stay readable, and it releases nothing: a health check by address, a host nobody listed.
        log.error("No site has the origin %r, so the page has no notice. List it under 'origins'.", own_origin()[:300])  # noqa: TRY400 - no trace says more
        return None


def _placeholder_style() -> str:
    style = static_asset("embeds.css")
    return str(
        markupsafe.Markup('<link rel="stylesheet" href="{}{}/embeds.css?v={}">').format(
            base_url(), current_runtime().settings.assets_path, style.version if style else ""
        )
    )


def _markup(text: str) -> markupsafe.Markup:
    return markupsafe.Markup(text)  # noqa: S704 - an article's own markup, or ours, in which all words are escaped


def _plain(value: str | None) -> str:
    """Return *value* as text: nothing where a story has none, and without tags where a template made markup of it."""
    return value.striptags() if isinstance(value, markupsafe.Markup) else str(value or "")


def _here() -> str:
    """Return the page's own address, without its query: a cached page must not lead one reader to another's search."""
    return _quoted(flask.request.script_root + flask.request.path)


def _quoted(path: str) -> str:
    return urllib.parse.quote(path, safe="/:@!$'()*,;=~-._")


def _attribute(name: str, value: str | None) -> markupsafe.Markup:
    return markupsafe.Markup(' {}="{}"').format(markupsafe.Markup(name), value) if value else markupsafe.Markup()  # noqa: S704 - names are ours
