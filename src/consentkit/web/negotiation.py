"""What a request is about: which site, which language, from which country, with which signals and device."""

from __future__ import annotations

import re
import urllib.parse

import flask

from ..consent.site import Site
from ..enforcement.origins import origin_of
from ..enforcement.peers import is_trusted
from ..errors import NotFound
from ..i18n.negotiate import best
from ..i18n.negotiate import from_accept_language
from ..operations.publish_site import SiteSnapshot
from ..runtime import Runtime

_MAX_NEXT = 2000
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
# What proxies say for "unknown" and "Tor".
_NO_COUNTRY = frozenset({"XX", "T1", "ZZ", "A1", "A2"})


def as_asked(response: flask.Response) -> flask.Response:
    """Return *response*, or the 304 that a client needs which has it already, and leave its date to the server.

    werkzeug's :meth:`make_conditional` adds a ``Date``; servers such as gunicorn and werkzeug's own add theirs whatever
    there is, and two of them contradict RFC 9110, 5.3.
    """
    response.make_conditional(flask.request)
    response.headers.pop("Date", None)
    return response


def requested_site(runtime: Runtime) -> SiteSnapshot:
    """Return the site that the request is about: by ``?site=``, else by Host, else by Origin, else the only one.

    :raises NotFound: none of these says which.
    """
    named = flask.request.args.get("site")
    if named is not None:
        return runtime.site(named)
    return site_at(runtime, own_origin(), flask.request.headers.get("Origin", "").lower())


def page_site(runtime: Runtime) -> SiteSnapshot:
    """Return the site that a page of the host application belongs to: by Host, else the only one.

    A page's query is the host's own, and ``Origin`` differs from reader to reader: neither counts here.

    :raises NotFound: no site has this host.
    """
    return site_at(runtime, own_origin())


def site_at(runtime: Runtime, *origins: str) -> SiteSnapshot:
    """Return the site that lists one of *origins*, the first one first, else the only site.

    :raises NotFound: none does.
    """
    sites = runtime.sites
    for origin in origins:
        # The scheme is left out: what ends TLS in front of us may not tell it.
        host = origin.partition("://")[2]
        for snapshot in sites.values():
            if host and any(listed.partition("://")[2] == host for listed in snapshot.site.site.origins):
                return snapshot
    if len(sites) == 1:
        return next(iter(sites.values()))
    raise NotFound("Say which site: '?site='.")


def own_origin() -> str:
    """Return the origin at which this request came in, as browsers write it."""
    return f"{flask.request.scheme}://{flask.request.host}".lower()


def allowed_origins(site: Site) -> frozenset[str]:
    """Return the origins whose pages may decide: the site's own, and the one this request came in at."""
    return frozenset({*site.site.origins, own_origin()})


def requested_locale(site: Site, *, otherwise_accepted: bool = False) -> str:
    """Return the best of the site's locales for ``?locale=``, else (if asked) for Accept-Language, else the default."""
    wanted = flask.request.args.get("locale")
    found = best(wanted, site.locales) if wanted else None
    if found is None and otherwise_accepted:
        found = from_accept_language(flask.request.headers.get("Accept-Language", ""), site.locales)
    return found or site.locales[0]


def country(site: Site) -> str | None:
    """Return the country that a trusted proxy tells, or ``None``. The reader's own word for it never counts."""
    header = site.network.country_header
    if header is None:
        return None
    value = flask.request.headers.get(header, "")
    if _COUNTRY.fullmatch(value) is None or value in _NO_COUNTRY:
        return None
    # Where the host application uses ProxyFix, the peer's own address has been set aside.
    original = flask.request.environ.get("werkzeug.proxy_fix.orig", {})
    peer = original.get("REMOTE_ADDR") or flask.request.environ.get("REMOTE_ADDR", "")
    return value if is_trusted(peer, site.network.trusted_proxies) else None


def gpc() -> bool:
    """Whether the browser sent Global Privacy Control: the header with exactly the value 1, at least once."""
    # Servers hand over several headers of one name as one, with commas between (RFC 9110, 5.3).
    return any(value.strip() == "1" for value in flask.request.headers.get("Sec-GPC", "").split(","))


def _query_of(path: str) -> str:
    """Return the query of the page that the reader comes from, if it is the one at *path*.

    A page that a cache keeps names itself without a query: its bytes are the same for every search.
    """
    referrer = flask.request.referrer
    if not referrer or "?" in path or len(referrer) > _MAX_NEXT or origin_of(referrer) != own_origin():
        return ""
    parts = urllib.parse.urlsplit(referrer)
    return f"?{parts.query}" if parts.query and parts.path == path else ""


def safe_next(site: Site, value: str | None) -> str:
    """Return where to lead a reader back to: a path here, a page of the site's, or the home page; never elsewhere."""
    if value and len(value) <= _MAX_NEXT and value.isprintable() and "\\" not in value:
        if value.startswith("/") and not value.startswith("//"):
            return value + _query_of(value)
        if origin_of(value) in allowed_origins(site):
            return value
    return flask.request.script_root + "/"
