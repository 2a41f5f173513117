"""``GET openapi.json``: OpenAPI 3.1 of every reader's route, every status code included.

The document is data, written beside the routes; a test holds both against each other and validates the document.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import typing as t

import flask

from ..runtime import current_runtime
from .openapi_log import LOG
from .openapi_parts import NOT_ALLOWED as _NOT_ALLOWED
from .openapi_parts import NOT_FOUND as _NOT_FOUND
from .openapi_parts import UNCHANGED as _UNCHANGED
from .openapi_parts import answer as _answer
from .openapi_parts import problem as _problem
from .openapi_parts import schema as _schema
from .openapi_schemas import SCHEMAS
from .openapi_schemas import Json
from .pages import base_url
from .well_known import WELL_KNOWN

_SITE = {"$ref": "#/components/parameters/site"}
_LOCALE = {"$ref": "#/components/parameters/locale"}
_VERSION = {"$ref": "#/components/parameters/v"}
_NO_STORE = "private, no-store: it depends on the reader's cookie."


def _get(summary: str, responses: Json, *parameters: Json, operation: str) -> Json:
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [_SITE, *parameters],
            "responses": {**responses, "404": _NOT_FOUND, "405": _NOT_ALLOWED},
        }
    }


def _query(name: str, description: str, **schema: t.Any) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


def _policy(kind: str, summary: str) -> Json:
    return _get(
        summary,
        {
            "200": _answer("The page.", "text/html"),
            "302": _answer("The site has a page of its own for it.", Location="That page."),
            "503": _problem("Older versions cannot be looked up now.", Retry_After="Seconds."),
        },
        _LOCALE,
        _query("version", "An older version, which stays readable."),
        operation=kind,
    )


def _same_tag(summary: str, *, operation: str) -> Json:
    answers = {"200": _answer("As of `widget.js`.", "text/javascript"), "304": _UNCHANGED}
    return _get(summary, answers, _LOCALE, _VERSION, operation=operation)


_PATHS: Json = {
    "/widget.js": _get(
        "The tag's script: the first layer's code, style and texts.",
        {
            "200": _answer(
                "The script, compressed as the client takes it (br, gzip).",
                "text/javascript",
                Cache_Control="Immutable with the right `v`, else max-age=300 with stale-while-revalidate.",
                ETag="Names these bytes.",
            ),
            "304": _UNCHANGED,
        },
        _LOCALE,
        _VERSION,
        operation="widget",
    ),
    "/widget.mjs": _same_tag("The same as a module, whose default export is the script API.", operation="widgetModule"),
    "/static/tag.js": _same_tag("As `widget.js`, at an address beside the other files.", operation="tag"),
    "/static/tag.mjs": _same_tag("As `widget.mjs`, at an address beside the other files.", operation="tagModule"),
    "/static/{name}": _get(
        "A built file of the widget.",
        {"200": _answer("The file."), "304": _UNCHANGED},
        {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
        _VERSION,
        operation="asset",
    ),
    "/state.css": _get(
        "For pages without script: hides the notice from who has decided.",
        {"200": _answer("The stylesheet, possibly empty.", "text/css", Cache_Control=_NO_STORE)},
        operation="stateCss",
    ),
    "/notice": _get(
        "The notice in one locale: every text and every fact that readers see.",
        {
            "200": _answer("The notice.", "application/json", _schema("Notice")),
            "304": _UNCHANGED,
            "400": _problem("The site has no notice in this locale or regime."),
        },
        _LOCALE,
        _query("regime", "The rule set.", enum=["gdpr"]),
        operation="notice",
    ),
    "/decisions": {
        "post": {
            "operationId": "decide",
            "summary": "Record a decision. A 201 or 303 means that the record is durable.",
            "parameters": [_SITE],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": _schema("Decision")},
                    "application/x-www-form-urlencoded": {"schema": _schema("DecisionForm")},
                },
            },
            "responses": {
                "201": _answer(
                    "To JSON: the record is durable.",
                    "application/json",
                    _schema("Decided"),
                    Set_Cookie="`consentkit`, and `consentkit_id` to who agreed to something; none for another site.",
                ),
                "303": _answer(
                    "To a form: the record is durable. The page that it leads through offers the receipt.",
                    "text/html",
                    Location="The page in `next`, or the home page.",
                    Set_Cookie="As above.",
                ),
                "400": _problem("Malformed; `field` says which field."),
                "403": _problem("The origin is not one of the site's."),
                "404": _NOT_FOUND,
                "405": _NOT_ALLOWED,
                "409": _problem(
                    "The notice has changed (`current` is its version; a form gets the current preferences), or the "
                    "nonce was used for another decision. To a refusal it still sets the refusal cookie."
                ),
                "413": _problem("The body is over 16 KiB."),
                "415": _problem("Neither JSON nor a form."),
                "503": _problem(
                    "The store cannot take the record. To a refusal it still sets the refusal cookie.",
                    Retry_After="Seconds.",
                ),
            },
        },
        "options": {
            "operationId": "mayDecide",
            "summary": "The browser's question whether a listed origin's page may post here.",
            "parameters": [_SITE],
            "responses": {"204": _answer("The CORS headers say."), "404": _NOT_FOUND},
        },
    },
    "/state": _get(
        "What the server makes of the reader's cookie.",
        {"200": _answer("The state.", "application/json", _schema("State"), Cache_Control=_NO_STORE)},
        _LOCALE,
        operation="state",
    ),
    "/preferences": _get(
        "The full choice as a page that needs no script; with `fragment`, the part that script shows.",
        {
            "200": _answer("The page, or the fragment.", "text/html"),
            "304": _UNCHANGED,
        },
        _LOCALE,
        _query("next", "The page to lead back to."),
        _query("fragment", "Present: only the form, the same for every reader."),
        _VERSION,
        operation="preferences",
    ),
    "/embed": _get(
        "One frame of a declared service, for pages whose policy does not let it through.",
        {
            "200": _answer(
                "A page with nothing but that frame.",
                "text/html",
                Content_Security_Policy="For that frame, in pages of the site alone.",
                Cache_Control="The same for every reader.",
            ),
            "400": _problem("There is no address in it."),
        },
        _LOCALE,
        {**_query("src", "The frame's address."), "required": True},
        operation="embed",
    ),
    "/privacy": _policy("privacy", "The privacy policy."),
    "/terms": _policy("terms", "The terms of use."),
    "/cookies": _policy("cookies", "Every declared service and what it stores, written from the configuration."),
    "/shown": {
        "post": {
            "operationId": "shown",
            "summary": "Count one showing of a notice: by day, version and layer, nothing else.",
            "parameters": [
                _SITE,
                {**_query("notice", "The version.", pattern="^[a-z2-7]{16}$"), "required": True},
                _query("layer", "Which layer.", enum=["1", "2"]),
            ],
            "responses": {
                "204": _answer("Counted, or not a current notice."),
                "400": _problem("Not a version, or not a layer."),
                "403": _problem("The origin is not one of the site's."),
                "404": _NOT_FOUND,
                "405": _NOT_ALLOWED,
            },
        },
        "options": {
            "operationId": "mayCount",
            "summary": "The browser's question whether a listed origin's page may post here.",
            "parameters": [_SITE],
            "responses": {"204": _answer("The CORS headers say."), "404": _NOT_FOUND},
        },
    },
    "/csp-reports": {
        "post": {
            "operationId": "report",
            "summary": "Take browsers' reports of hosts that a Content-Security-Policy blocks, and count them.",
            "parameters": [
                _SITE,
                {
                    **_query(
                        "class", "The class of consent that the policy is for. What the site does not have is unknown."
                    ),
                    "schema": {"type": "integer", "minimum": 0},
                },
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/csp-report": {"schema": _schema("Report")},
                    "application/reports+json": {"schema": {"type": "array", "items": _schema("ApiReport")}},
                },
            },
            "responses": {
                "204": _answer("Counted, or nothing in it to count."),
                "400": _problem("Neither a report nor a list of reports in JSON."),
                "403": _problem("The origin is not one of the site's, or no page that is reported on is."),
                "404": _NOT_FOUND,
                "405": _NOT_ALLOWED,
                "413": _problem("The body is over 64 KiB."),
                "415": _problem("Neither media type."),
            },
        },
        "options": {
            "operationId": "mayReport",
            "summary": "The browser's question whether a listed origin's page may post here.",
            "parameters": [_SITE],
            "responses": {"204": _answer("The CORS headers say."), "404": _NOT_FOUND},
        },
    },
    "/history": _get(
        "The reader's own page: every choice so far, by `consentkit_id` or by the token of an address.",
        {
            "200": _answer("The page; private, no-store.", "text/html", Cache_Control=_NO_STORE),
            "503": _problem("The store cannot be read now.", Retry_After="Seconds."),
        },
        _LOCALE,
        _query("before", "The record that the page begins behind.", format="uuid"),
        _query("token", "For readers of another origin, who have no cookie: whose history it is."),
        operation="history",
    ),
    "/history/notice": _get(
        "One layer of a notice as it was shown, for a sandboxed frame of that page. The same for everybody.",
        {
            "200": _answer("The document, under a policy that lets it do nothing.", "text/html"),
            "503": _problem("The store cannot be read now.", Retry_After="Seconds."),
        },
        _query("version", "The notice's version."),
        _query("layer", "Which layer; the first without it.", enum=["1", "2"]),
        operation="historyNotice",
    ),
    "/history/erase": {
        "post": {
            "operationId": "eraseHistory",
            "summary": "Withdraw consent, then erase the reader's records.",
            "parameters": [_SITE],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": _schema("Erasure")},
                    "application/x-www-form-urlencoded": {"schema": _schema("Erasure")},
                },
            },
            "responses": {
                "200": _answer(
                    "To JSON: what became of it.",
                    "application/json",
                    _schema("Erased"),
                    Set_Cookie="The refusal; `consentkit_id` goes, unless records are held back.",
                ),
                "303": _answer("To a form.", Location="The page `history`.", Set_Cookie="As above."),
                "400": _problem("Malformed; `field` says which field."),
                "403": _problem("The origin is not one of the site's."),
                "404": _problem("There is no such site, or the token is none of ours."),
                "405": _NOT_ALLOWED,
                "413": _problem("The body is over 16 KiB."),
                "415": _problem("Neither JSON nor a form."),
                "503": _problem("Not everything could be erased now. The refusal holds.", Retry_After="Seconds."),
            },
        },
        "options": {
            "operationId": "mayErase",
            "summary": "The browser's question whether a listed origin's page may post here.",
            "parameters": [_SITE],
            "responses": {"204": _answer("The CORS headers say."), "404": _NOT_FOUND},
        },
    },
    "/receipts/check": _get(
        "A page that checks a receipt wholly in the reader's browser.",
        {"200": _answer("The page, with the keys of the site's log.", "text/html")},
        _LOCALE,
        operation="checkReceipt",
    ),
    "/records/{record_id}/receipt": {
        "get": {
            "operationId": "receipt",
            "summary": "A receipt to keep: for who holds the address with its token, or its own reader.",
            "parameters": [
                {"name": "record_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
                _query("token", "The signed token of the address."),
                _query("format", "`json`, or `kantara` for a JSON Web Token.", enum=["json", "kantara"]),
            ],
            "responses": {
                "200": {
                    "description": "The receipt; no-store, no-referrer.",
                    "content": {
                        "application/json": {"schema": _schema("Receipt")},
                        "application/jwt": {"schema": {"type": "string"}},
                    },
                },
                "400": _problem("No such format."),
                "404": _problem("No such record, or not for who asks; or a sample."),
                "405": _NOT_ALLOWED,
                "503": _problem("The store cannot be read now, or nothing can be signed.", Retry_After="Seconds."),
            },
        }
    },
    **LOG,
    "/openapi.json": {
        "get": {
            "operationId": "openapi",
            "summary": "This document.",
            "responses": {
                "200": _answer("The document.", "application/json", {"type": "object"}),
                "405": _NOT_ALLOWED,
            },
        }
    },
    "/healthz": {
        "get": {
            "operationId": "healthz",
            "summary": "Whether the process lives.",
            "responses": {
                "200": _answer("It does.", "application/json", {"type": "object"}),
                "405": _NOT_ALLOWED,
            },
        }
    },
    "/readyz": {
        "get": {
            "operationId": "readyz",
            "summary": "Whether decisions can be taken.",
            "responses": {
                "200": _answer("They can.", "application/json", {"type": "object"}),
                "405": _NOT_ALLOWED,
                "503": _answer("They cannot.", "application/json", {"type": "object"}, Retry_After="Seconds."),
            },
        }
    },
}


def document() -> flask.Response:
    """Answer with the description of the readers' routes."""
    response = flask.Response(
        _text(base_url().rstrip("/"), flask.request.script_root or "/", current_runtime().settings.assets_path),
        mimetype="application/json",
    )
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@functools.lru_cache(maxsize=8)
def _text(server: str, root: str, assets_path: str) -> str:
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "consentkit",
                "version": importlib.metadata.version("consentkit"),
                "description": "Privacy consent for news sites: the routes that readers' browsers use.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": server}],
            "paths": {path.replace("/static/", f"/{assets_path}/"): methods for path, methods in _PATHS.items()}
            | {path: {"servers": [{"url": root}], **methods} for path, methods in WELL_KNOWN.items()},
            "components": {
                "schemas": SCHEMAS,
                "parameters": {
                    "site": _query("site", "The site; else found by Host or Origin, else the only one."),
                    "locale": _query("locale", "A BCP 47 tag; the site's nearest is taken."),
                    "v": _query("v", "The version of the bytes: with the right one they may be kept for good."),
                },
            },
        },
        ensure_ascii=False,
    )
