"""Pages of the audit view: their templates, their language, and what every one of them shows.

The templates live in an environment of their own. A host's loaders, filters, globals and context processors are made
for the host's pages: here they could only clash or fail.
"""

from __future__ import annotations

import functools
import typing as t

import flask
import jinja2

from ..consent.places import quoted
from ..i18n.catalog import Catalog
from ..i18n.catalog import catalog
from ..i18n.locales import own_name
from ..i18n.negotiate import from_accept_language
from ..runtime import current_runtime
from ..storage.accounts import AccountSession
from . import host_users
from . import periods
from . import times
from . import words as names
from .assets import asset_url
from .filters import FIELDS
from .roles import Right
from .roles import allows

#: The languages of the audit view.
LOCALES = ("en", "ru", "kk", "ar")

_G_WORDS = "_consentkit_admin_words"
_G_SESSION = "_consentkit_admin_session"
# What of an address stays when another language is chosen; what is longer makes no sense.
_PARAMETERS = dict.fromkeys((*FIELDS, "before", "after", "kind", "standing", "page", *periods.FIELDS), 100) | {
    "next": 2000,
    "person": 254,
    "what": 40,
    "result": 10,
}
# Where an id is cut in its middle: as much as one needs to tell two of them apart.
_HEAD, _TAIL = 8, 6


def chosen_locale() -> str | None:
    """Return the language that this request asks for by ``?lang=``, if it is one of ours."""
    wanted = flask.request.args.get("lang")
    return wanted if wanted in LOCALES else None


def current_session() -> AccountSession | None:
    """Return who is signed in."""
    found = flask.g.get(_G_SESSION)
    return found if isinstance(found, AccountSession) else None


def remember_session(session: AccountSession | None) -> None:
    """Make *session* the one of this request."""
    flask.g.setdefault(_G_SESSION, None)
    setattr(flask.g, _G_SESSION, session)


def current_words() -> Catalog:
    """Return the catalog of this request's language."""
    found = flask.g.get(_G_WORDS)
    if isinstance(found, Catalog):
        return found
    session = current_session()
    accepted = from_accept_language(flask.request.headers.get("Accept-Language"), LOCALES)
    words = catalog(
        chosen_locale() or (session.locale or session.account.locale if session else None) or accepted or LOCALES[0]
    )
    setattr(flask.g, _G_WORDS, words)
    return words


def render(template: str, *, status: int = 200, **context: t.Any) -> flask.Response:
    """Return a page.

    :param template: its name in ``templates/``. :param context: what it shows.
    """
    words = current_words()
    session = current_session()
    # What a page knows better, as it is about one site, it gives itself.
    common = {
        "words": words,
        "session": session,
        "can_export": _may_somewhere(session, Right.EXPORT),
        "can_erase": _may_somewhere(session, Right.ERASE),
        "can_manage": not host_users.in_use() and _may_somewhere(session, Right.MANAGE_ACCOUNTS),
        "can_see_access": _may_somewhere(session, Right.MANAGE_ACCOUNTS),
        "own_accounts": not host_users.in_use(),
        "languages": [(tag, own_name(tag), _in_language(tag)) for tag in LOCALES],
        "now": current_runtime().clock.now(),
    }
    html = _environment().get_template(template).render(**{**common, **context})
    response = flask.make_response(html, status)
    response.headers["Content-Language"] = words.tag
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _may_somewhere(session: AccountSession | None, right: Right) -> bool:
    return session is not None and any(allows(role, right) for role in session.account.grants.values())


def redirect(url: str) -> flask.Response:
    """Return an answer that leads to *url*, which is then fetched by GET."""
    return flask.make_response(flask.redirect(url, 303))


def render_message(status: int, title: str, text: str) -> flask.Response:
    """Return a page that says what happened and what to do. Both are message ids."""
    words = current_words()
    return render("message.html", status=status, title=words.gettext(title), text=words.gettext(text))


def short_id(text: str) -> str:
    """Return an id, shortened in its middle."""
    return text if len(text) <= _HEAD + _TAIL + 1 else f"{text[:_HEAD]}…{text[-_TAIL:]}"


def _in_language(tag: str) -> str:
    """Return the address of this page in another language."""
    endpoint = flask.request.endpoint
    if endpoint is None or flask.request.method not in {"GET", "HEAD"}:
        return flask.url_for(".index", lang=tag)
    asked = flask.request.args
    query = {name: asked[name] for name, longest in _PARAMETERS.items() if 0 < len(asked.get(name, "")) <= longest}
    return flask.url_for(endpoint, **{**query, **(flask.request.view_args or {}), "lang": tag})


def visible(text: str) -> str:
    """Return *text* on one line, with what cannot be seen, or would turn the line around, written out."""
    return quoted(text, 200)[1:-1]


def _worded(option: tuple[str, str]) -> tuple[str, str]:
    """Return a value to choose with its words."""
    value, message = option
    return value, _gettext(message)


def _gettext(message: str) -> str:
    return current_words().gettext(message)


def _ngettext(singular: str, plural: str, n: int) -> str:
    return current_words().ngettext(singular, plural, n)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("consentkit.admin"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    t.cast("t.Any", environment).install_gettext_callables(_gettext, _ngettext, newstyle=True)
    environment.globals.update(
        url_for=flask.url_for,
        asset_url=asset_url,
        short_id=short_id,
        iso=times.iso,
        long_time=times.long_time,
        short_time=times.short_time,
        names=names,
        visible=visible,
    )
    environment.filters["worded"] = _worded
    return environment
