"""``/.well-known/gpc.json``: the site's word that it follows Global Privacy Control (GPC, section 4).

It stands at the root of a host, not under the prefix, so it has a blueprint of its own.
"""

from __future__ import annotations

import json
import typing as t

import flask

from ..errors import NotFound
from ..runtime import current_runtime
from .negotiation import page_site

#: The day on which our handling of the signal last changed: what a site promises that names no day of its own.
MEANING_SINCE = "2026-11-23"
#: Where the resource is. As a choice of one, so that a host application's own rule for the very address comes first.
RULE = "/.well-known/<any('gpc.json'):name>"

#: The same for :mod:`consentkit.web.openapi`, which describes all routes.
WELL_KNOWN: t.Final[dict[str, dict[str, t.Any]]] = {
    "/.well-known/gpc.json": {
        "get": {
            "operationId": "wellKnownGpc",
            "summary": "The site's word that it follows Global Privacy Control; at the root of the host.",
            "responses": {
                "200": {
                    "description": "It does. Caches may keep it for an hour, and any page may read it.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["gpc", "lastUpdate"],
                                "properties": {
                                    "gpc": {"const": True},
                                    "lastUpdate": {"type": "string", "format": "date"},
                                },
                            }
                        }
                    },
                },
                "404": {"description": "It does not, or no site has this host."},
                "405": {"description": "This method has no meaning here."},
            },
        }
    }
}


def make_well_known_blueprint() -> flask.Blueprint:
    """Return the blueprint ``consentkit_well_known``. A new one for each application."""
    blueprint = flask.Blueprint("consentkit_well_known", __name__)
    blueprint.add_url_rule(RULE, "gpc", gpc)
    return blueprint


def gpc(name: str) -> flask.Response:  # noqa: ARG001 - the rule gives it
    """Answer ``GET /.well-known/gpc.json`` for the site that has the request's host, else the only one."""
    try:
        section = page_site(current_runtime()).site.gpc
    except NotFound:
        section = None
    if section is None or not section.honour:
        # As if nothing were here: the host's own page for it.
        flask.abort(404)
    body = {"gpc": True, "lastUpdate": section.last_update or MEANING_SINCE}
    response = flask.Response(json.dumps(body) + "\n", mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
