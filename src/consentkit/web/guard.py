"""``@consent.require``: a view that runs for readers who agreed to all that it names, and for nobody else."""

from __future__ import annotations

import collections.abc as cabc
import difflib
import functools
import typing as t
import urllib.parse
from http import HTTPStatus

import flask
import markupsafe

from ..consent.purposes import NECESSARY
from ..consent.site import Site
from ..errors import NotFound
from ..errors import UnknownPurpose
from ..i18n.catalog import N_
from ..i18n.catalog import catalog
from ..operations.publish_site import SiteSnapshot
from ..runtime import current_runtime
from . import pages
from .current import current_consent
from .negotiation import page_site
from .negotiation import requested_locale
from .problems import problem_json

_P = t.ParamSpec("_P")
_R = t.TypeVar("_R")


def guard(names: cabc.Sequence[str], view: cabc.Callable[_P, _R]) -> cabc.Callable[_P, _R | flask.Response]:
    """Return *view* for readers who agreed to all purposes and services of those *names*; others get a 403.

    :raises UnknownPurpose: when it is asked for and no site has one of them.
    """

    @functools.wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | flask.Response:
        missing = [name for name in names if not current_consent.allows(name)]
        if missing:
            _check(missing)
            return _refusal(missing)
        # As Flask itself would call it: it may be a coroutine function.
        return t.cast("_R", flask.current_app.ensure_sync(view)(*args, **kwargs))

    return guarded


def _check(missing: cabc.Iterable[str]) -> None:
    """Let a misspelt name be an error and no silent refusal. A purpose of another site's is one that exists."""
    known = {name for snapshot in current_runtime().sites.values() for name in _names(snapshot.site)}
    for name in missing:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(sorted(known))}."
            raise UnknownPurpose(
                f"'@consent.require({name!r})' on the view '{flask.request.endpoint}': no site has a purpose or a "
                f"service of that name. {hint}"
            )


def _names(site: Site) -> cabc.Iterator[str]:
    yield NECESSARY
    yield from (purpose.id for purpose in site.purposes)
    yield from (service.id for service in site.services)


def _refusal(missing: cabc.Sequence[str]) -> flask.Response:
    """Return the answer that says what is missing and leads to the choice: a page, or a problem for programs."""
    try:
        snapshot = page_site(current_runtime())
    except NotFound:
        # A host that no site lists: there is no choice to lead to.
        response = (
            _problem(missing, None)
            if _is_program()
            else pages.words_page(HTTPStatus.FORBIDDEN, N_("This page needs your consent"), "")
        )
    else:
        response = _leading_on(snapshot, missing)
    response.status_code = HTTPStatus.FORBIDDEN
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.update(("Accept", "Sec-Fetch-Dest"))
    return response


def _leading_on(snapshot: SiteSnapshot, missing: cabc.Sequence[str]) -> flask.Response:
    notice = snapshot.notices[requested_locale(snapshot.site, otherwise_accepted=True)]
    here = urllib.parse.quote(flask.request.script_root + flask.request.path)
    query = urllib.parse.urlencode({"site": snapshot.site.id, "locale": notice.locale, "next": here}, safe="/")
    link = f"{pages.base_url()}preferences?{query}"
    if _is_program():
        return _problem(missing, link)
    words = catalog(notice.locale)
    names = {entry["id"]: entry["name"] for part in ("services", "purposes") for entry in notice.content[part]}
    what = words.format_list([names.get(name, name) for name in missing])
    body = markupsafe.Markup('<p>{}</p><p><a href="{}">{}</a></p>').format(
        words.gettext(N_("You have not agreed to: %(purpose)s.")).replace("%(purpose)s", what),
        link,
        notice.content["texts"]["settings"],
    )
    return pages.site_page(snapshot, words, words.gettext(N_("This page needs your consent")), body)


def _problem(missing: cabc.Sequence[str], link: str | None) -> flask.Response:
    detail = "The reader has not agreed to all that this needs."
    return problem_json(HTTPStatus.FORBIDDEN, detail, missing=list(missing), preferences=link)


def _is_program() -> bool:
    """Whether a program asked. A page is what there is for who says nothing: a browser says it, a test may not."""
    accept = flask.request.accept_mimetypes
    offered = ("text/html", "application/json", "application/problem+json")
    if flask.request.is_json or accept.best_match(offered, default=offered[0]) != offered[0]:
        return True
    # A script's own request accepts anything (Fetch Metadata, 2.2).
    return flask.request.headers.get("Sec-Fetch-Dest") == "empty" and "text/html" not in accept.values()
