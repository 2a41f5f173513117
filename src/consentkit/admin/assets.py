"""The stylesheet and the script of the audit view, served under addresses that name their content."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.resources

import flask

from .headers import cacheable

_TYPES = {
    "admin.css": "text/css; charset=utf-8",
    "admin.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "proof.js": "text/javascript; charset=utf-8",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    mimetype: str
    version: str


@functools.cache
def _asset(name: str) -> Asset:
    content = (importlib.resources.files(__package__) / "static" / name).read_bytes()
    return Asset(content, _TYPES[name], hashlib.sha256(content).hexdigest()[:12])


def asset_url(name: str) -> str:
    """Return the address of one of the files."""
    return flask.url_for(".static", name=name, v=_asset(name).version)


def serve(name: str) -> flask.Response:
    """Answer with one of the files."""
    if name not in _TYPES:
        flask.abort(404)
    asset = _asset(name)
    response = flask.Response(asset.content, content_type=asset.mimetype)
    response.set_etag(asset.version)
    # An address of before or after this release gets what there is now, but does not keep it.
    return cacheable(response) if flask.request.args.get("v") == asset.version else response
