"""The filter that gives pages the Content-Security-Policy of what their readers agreed to, beside the site's own."""

from __future__ import annotations

import collections.abc as cabc
import functools
import logging
import typing as t
import urllib.parse
from http import HTTPStatus

from ..consent.withholding import Pages
from ..consent.withholding import PolicyMode
from ..enforcement.consent_policy import ALWAYS
from ..enforcement.consent_policy import LARGE
from ..enforcement.consent_policy import ConsentPolicies
from ..enforcement.consent_policy import Policy
from ..runtime import Runtime
from . import caching
from .exchange import PATH_AT_THE_DOOR
from .exchange import Environ
from .exchange import Exchange
from .reader import Reader

if t.TYPE_CHECKING:
    from ..operations.publish_site import SiteSnapshot
    from .exchange import Filter

log = logging.getLogger("consentkit")

_NAMES = {
    PolicyMode.ENFORCE: "Content-Security-Policy",
    PolicyMode.REPORT_ONLY: "Content-Security-Policy-Report-Only",
}
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
#: What a browser says that it asks for, where the answer becomes a document (Fetch Metadata, 2.2).
_DOCUMENTS = frozenset({"document", "iframe", "frame", "object", "embed"})
_NOT_MODIFIED = HTTPStatus.NOT_MODIFIED
_EMPTY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})
_REDIRECTION = 3
#: The address of a request's report cannot end the directive, or the header.
_SAFE = "/-._~"


def policy_filter(runtime: Runtime, snapshot: SiteSnapshot) -> Filter | None:
    """Return the filter of a site, or ``None`` where its policy is off."""
    if snapshot.site.enforcement.csp is PolicyMode.OFF:
        return None
    return PolicyFilter(runtime.settings.url_prefix, snapshot)


class PolicyFilter:
    """Adds the policy to what becomes a document in a browser: to pages, and to the answer that one has not changed."""

    def __init__(self, prefix: str, snapshot: SiteSnapshot) -> None:
        site, rules = snapshot.site, snapshot.site.enforcement
        self._site = site
        self._name = _NAMES[rules.csp]
        self._reports = f"{prefix}/csp-reports?site={site.id}&class="
        self._private = rules.pages is Pages.PRIVATE
        self._class_header = rules.class_header
        # As servers hand it over (PEP 3333; RFC 3875, 4.1.18).
        self._class_key = f"HTTP_{rules.class_header.upper().replace('-', '_')}" if rules.class_header else ""

    @functools.cached_property
    def _policies(self) -> ConsentPolicies:
        # Made when first needed: a fault is met with where there is an answer to it.
        policies = ConsentPolicies(self._site)
        if (size := len(policies.widest.text)) > LARGE:
            log.warning(
                "The Content-Security-Policy of the site %r has %d bytes. Some proxies refuse answers with so many in "
                "their headers: see 'consentkit csp'.",
                self._site.id,
                size,
            )
        return policies

    def apply(self, exchange: Exchange) -> None:
        """Add the policy of the class that a CDN tells, of the reader where the page is theirs alone, or the widest."""
        said = caching.said(exchange.headers)
        if not _becomes_document(exchange, said):
            return
        if self._class_header is not None:
            policy = self._policies.told(exchange.environ.get(self._class_key))
            caching.vary(exchange.headers, said, self._class_header)
        elif self._private:
            policy = self._of(exchange.reader)
            caching.make_private(exchange.headers, said)
        elif caching.is_personal(said):
            policy = self._of(exchange.reader)
        elif exchange.status == _NOT_MODIFIED and "cache-control" not in said and "vary" not in said:
            # Nothing says who keeps the page whose headers these replace (RFC 9111, 4.3.4). It keeps those it has.
            return
        else:
            policy = self._policies.widest
        self._add(exchange, policy)

    def fall_back(self, exchange: Exchange) -> None:
        """Add the policy of who agreed to nothing."""
        if not exchange.header("content-type").lower().startswith(("text/html", "application/xhtml")):
            return
        try:
            text = self._policies.of_class(0).text
        except Exception:  # noqa: BLE001 - the fault may lie there; it has been told
            text = f"default-src {' '.join(ALWAYS)}"
        exchange.headers.append((self._name, text))

    def _of(self, reader: Reader) -> Policy:
        if reader.state is not None and reader.state.differing:
            return self._policies.of_choice(reader.choice)
        return self._policies.of_class(reader.consent_class)

    def _add(self, exchange: Exchange, policy: Policy) -> None:
        address = f"{_root(exchange.environ)}{self._reports}{policy.consent_class}"
        text = f"{policy.text}; report-uri {address}"
        if exchange.environ.get("wsgi.url_scheme") == "https":
            # Browsers that know `report-to` pass over `report-uri`, and know no endpoints but those of secure pages.
            text += "; report-to consentkit"
            # Lines of one name are one dictionary (RFC 9651, 4.2): what the site has of its own stays.
            exchange.headers.append(("Reporting-Endpoints", f'consentkit="{address}"'))
        exchange.headers.append((self._name, text))


def _becomes_document(exchange: Exchange, said: cabc.Mapping[str, str]) -> bool:
    status, environ = exchange.status, exchange.environ
    if status == _NOT_MODIFIED:
        # It has no type of its own, and its headers replace those of the page that is kept.
        purpose = environ.get("HTTP_SEC_FETCH_DEST")
        becomes = purpose in _DOCUMENTS if purpose else "text/html" in environ.get("HTTP_ACCEPT", "")
    elif status in _EMPTY or (status // 100 == _REDIRECTION and "location" in said):
        becomes = False
    else:
        kind = said.get("content-type")
        # Browsers guess at what has none.
        becomes = not kind or kind.partition(";")[0].strip().lower() in _PAGES
    # Werkzeug leaves its request there, as its documentation says.
    return becomes and not (getattr(environ.get("werkzeug.request"), "blueprint", None) or "").startswith("consentkit")


def _root(environ: Environ) -> str:
    """Return where the application is, quoted: without what it has mounted within itself for this address."""
    root: str = environ.get("SCRIPT_NAME", "")
    if not root:
        return ""
    at_the_door, path = environ.get(PATH_AT_THE_DOOR, ""), environ.get("PATH_INFO", "")
    if path != at_the_door and at_the_door.endswith(path):
        root = root.removesuffix(at_the_door[: len(at_the_door) - len(path)])
    return urllib.parse.quote(root.encode("latin-1", "replace"), safe=_SAFE)
