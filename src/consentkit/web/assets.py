"""The files that pages load: compressed once, named by their hash, kept in memory."""

from __future__ import annotations

import base64
import collections.abc as cabc
import dataclasses
import functools
import gzip
import hashlib
import importlib.resources
import json
import typing as t

import brotli
import flask

from ..consent.purposes import NECESSARY
from ..consent.services import StorageKind
from ..consent.services import StoredItem
from ..consent.site import GpcAnswer
from ..enforcement.consent_policy import head_facts
from ..notice.render import Notice
from ..operations.publish_site import UNKNOWN_REVISION
from ..operations.publish_site import SiteSnapshot
from .negotiation import as_asked

_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"
#: The files' names to their media types. Nothing else is served. None has a word that lists of filters match.
_TYPES = {
    "send.js": _SCRIPT,
    "limits.js": _SCRIPT,
    "release.js": _SCRIPT,
    "choose.js": _SCRIPT,
    "tell.js": _SCRIPT,
    "debug.js": _SCRIPT,
    "check.js": _SCRIPT,
    "check.css": _STYLE,
    "history.js": _SCRIPT,
    "history.css": _STYLE,
    "bar.css": _STYLE,
    "box.css": _STYLE,
    "modal.css": _STYLE,
    "embeds.css": _STYLE,
    "frame.css": _STYLE,
    "pages.css": _STYLE,
    # Pages no longer ask for it; those that a cache kept do.
    "page.js": _SCRIPT,
    # For people and their compilers.
    "widget.d.mts": "text/plain; charset=utf-8",
}
#: What a page's script loads when it needs it, with one version for all: the page names it once (see widget/build.mjs).
_PARTS = ("send.js", "limits.js", "release.js", "choose.js", "tell.js")
#: The same for what has another name now.
_OLD_NAMES = {"consentkit.css": "bar.css"}
#: In the tag's script, where its data goes.
_DATA_MARK = "__CONSENTKIT_DATA__"
#: What the script of the signals calls its data where no element has them.
_SIGNALS_MARK = "__CONSENTKIT_SIGNALS__"
_YEAR = 31_536_000
#: What stands before the name of something that is stored, by its kind.
_STORED = {
    StorageKind.COOKIE: "",
    StorageKind.LOCAL_STORAGE: "=l",
    StorageKind.SESSION_STORAGE: "=s",
    StorageKind.INDEXED_DB: "=i",
    StorageKind.CACHE: "=h",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Asset:
    """One file in the forms in which it is sent."""

    body: bytes
    gzip: bytes
    brotli: bytes
    media_type: str
    #: The first 16 characters of a SHA-256, URL-safe: the ``v`` of its address and its ETag.
    version: str


def make_asset(body: bytes, media_type: str) -> Asset:
    """Return *body* compressed as well as it can be: the work is done once."""
    return Asset(body, gzip.compress(body, 9, mtime=0), brotli.compress(body), media_type, _version(body))


def _version(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest())[:16].decode()


@functools.cache
def static_text(name: str) -> str:
    """Return a built file of the widget as text."""
    return importlib.resources.files("consentkit.web").joinpath("static", name).read_text("utf-8")


def static_asset(name: str) -> Asset | None:
    """Return the file of that *name*, or ``None`` where there is no such file for readers."""
    # Looked up before the cache, which would otherwise grow with every name that somebody tries.
    name = _OLD_NAMES.get(name, name)
    return _static_asset(name) if name in _TYPES else None


@functools.cache
def _static_asset(name: str) -> Asset:
    text = static_text(name)
    if name == "page.js":
        # In the page it is a module; who still asks for the file runs it as a script, whose names would be the page's.
        text = f"(()=>{{{text}}})()"
    asset = make_asset(text.encode(), _TYPES[name])
    if name in _PARTS:
        return dataclasses.replace(asset, version=_version("".join(map(static_text, _PARTS)).encode()))
    return asset


def stylesheet(layout: str) -> str:
    """Return what dresses both layers of a notice of that *layout*, as it is part of the evidence."""
    return static_text(f"{layout}.css") + static_text("preferences.css")


def page_revision(snapshot: SiteSnapshot) -> int:
    """Return the revision that pages carry: while the real one is unknown, one that no decision reaches."""
    return snapshot.revision if snapshot.published else UNKNOWN_REVISION


def widget_facts(snapshot: SiteSnapshot, assets_path: str) -> dict[str, object]:
    """Return what the script must know of a site besides the notice."""
    answer = snapshot.site.gpc.answer
    services = {service.id: service for service in snapshot.site.optional_services}
    return {
        "site": snapshot.site.id,
        "revision": page_revision(snapshot),
        "purposes": [purpose.id for purpose in snapshot.site.optional_purposes],
        "services": [
            {**entry, **_named("stored", services[entry["id"]].first_party_items if entry["id"] in services else ())}
            for entry in _services(snapshot)
        ],
        **_named("kept", snapshot.site.protected_items),
        # What most sites do need not be said.
        **({} if assets_path == "static" else {"assets": f"{assets_path}/"}),
        **({} if snapshot.site.site.cookie_domain is None else {"cookieDomain": snapshot.site.site.cookie_domain}),
        **({} if answer is GpcAnswer.ASK else {"gpc": answer.value}),
    }


def _services(snapshot: SiteSnapshot) -> list[dict[str, t.Any]]:
    services = {service.id: service for service in snapshot.site.optional_services}
    return [
        {"id": sid, "purposes": [p for p in services[sid].purposes if p != NECESSARY] if sid in services else []}
        for sid in snapshot.services_order
    ]


def _named(key: str, items: cabc.Iterable[StoredItem]) -> dict[str, str]:
    # Names have no spaces, and no cookie's name begins with "=" (see widget/src/blockers/cleanup.ts). Every byte of it
    # is in every page: what is empty is not there.
    text = " ".join(_STORED[item.kind] + item.name for item in items)
    return {key: text} if text else {}


def policy_facts(snapshot: SiteSnapshot) -> dict[str, object] | None:
    """Return what a page must know to narrow its own policy (see widget/src/policy.ts), ``None`` where it does not."""
    if not snapshot.site.enforcement.narrows_pages:
        return None
    facts = head_facts(snapshot.site, snapshot.services_order)
    return {"site": snapshot.site.id, "revision": page_revision(snapshot), **facts}


def signals_facts(snapshot: SiteSnapshot) -> dict[str, object] | None:
    """Return what the script of the signals must know of a site, ``None`` where no signal is on."""
    site = snapshot.site
    if not site.signals.enabled:
        return None
    known = widget_facts(snapshot, "")
    return {
        **{key: known[key] for key in ("site", "revision", "purposes")},
        "services": _services(snapshot),
        **site.signals.page_facts({purpose.id for purpose in site.purposes}),
    }


# Small, and keyed by what the bytes follow from: a new snapshot makes new entries and the old ones fall out.
@functools.lru_cache(maxsize=512)
def _tag_asset(
    file: str, facts: str, notices: tuple[tuple[str, str, str], ...], locale: str | None, *, style: str, signals: str
) -> Asset:
    data = json.loads(facts) | {
        "locale": locale,
        "locales": {name: json.loads(words) | {"html": html} for name, words, html in notices},
        "css": style,
    }
    script = static_text(file).replace(_DATA_MARK, in_script(data))
    if signals != "null":
        # First, so that the other tools have been told when the gate lets them go.
        script = f"{{const {_SIGNALS_MARK}={in_script(json.loads(signals))};{static_text('signals.js')}}}\n{script}"
    return make_asset(script.encode(), _SCRIPT)


def in_script(data: object) -> str:
    """Return *data* as JSON, safe inside a script's element, even one that somebody pastes into a page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def tag_asset(snapshot: SiteSnapshot, locale: str | None, *, file: str, base: str, assets_path: str) -> Asset:
    """Return the tag's script for one *locale*, or, with ``None``, for all of the site's.

    :param file: ``tag.js``, or ``tag.mjs`` for the same as a module.
    :param base: where the service is, seen from the script's address. :param assets_path: as in the settings.
    """
    wanted = [locale] if locale is not None else list(snapshot.site.locales)
    notices = tuple((name, _words(snapshot.notices[name]), snapshot.notices[name].html) for name in wanted)
    # The second layer brings its own style when it is asked for.
    style = "".join(static_text(f"{name}.css") for name in (snapshot.site.notice.layout, "embeds", "tag"))
    facts = {
        "assets": f"{assets_path}/",
        **widget_facts(snapshot, assets_path),
        "base": base,
        "maxAgeDays": snapshot.site.site.max_age_days,
    }
    return _tag_asset(
        file, json.dumps(facts), notices, locale, style=style, signals=json.dumps(signals_facts(snapshot))
    )


def _words(notice: Notice) -> str:
    content = notice.content
    return json.dumps(
        {
            "version": notice.version,
            "dir": content["dir"],
            "regime": content["regime"],
            "layout": content["layout"],
            "settings": content["texts"]["settings"],
        }
    )


def send(asset: Asset) -> flask.Response:
    """Return *asset* as the client can take it, with how long it may be kept.

    With the right ``v`` it never changes; with none or an old one it is current but soon stale.
    """
    request = flask.request
    accepted = request.accept_encodings
    etag = f'"{asset.version}"'
    if accepted["br"]:
        body, encoding, etag = asset.brotli, "br", f'"{asset.version}-br"'
    elif accepted["gzip"]:
        body, encoding, etag = asset.gzip, "gzip", f'"{asset.version}-gz"'
    else:
        body, encoding = asset.body, None
    response = flask.Response(body, mimetype=None, content_type=asset.media_type)
    if encoding is not None:
        response.headers["Content-Encoding"] = encoding
    response.vary.add("Accept-Encoding")
    response.headers["ETag"] = etag
    if request.args.get("v") == asset.version:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "public, max-age=300, stale-while-revalidate=86400"
    return as_asked(response)
