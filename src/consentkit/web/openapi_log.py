"""The description of the routes by which the consent log is read."""

from __future__ import annotations

import typing as t

from .openapi_parts import NOT_ALLOWED
from .openapi_parts import UNCHANGED
from .openapi_parts import answer
from .openapi_parts import problem
from .openapi_schemas import Json


def _log(summary: str, response: Json, *parameters: str, operation: str) -> Json:
    named = [("site_id", "The site."), *((name, _LOG_PARAMETERS[name]) for name in parameters)]
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [
                {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
                for name, text in named
            ],
            "responses": {
                "200": response,
                "304": UNCHANGED,
                "404": problem("There is no such site, its log is not shown, or it has not come so far yet; no-store."),
                "405": NOT_ALLOWED,
                "503": problem("The store cannot be read now.", Retry_After="Seconds."),
            },
        }
    }


_LOG_PARAMETERS = {
    "number": "From 2: which of its later names, for a log that goes on under another one.",
    "rest": "`L/N` for a full tile of level L, `L/N.p/W` for its first W hashes, `entries/N` and `entries/N.p/W` for "
    "entries. N is in groups of three digits, all but the last with an `x`: `x001/067`.",
}
_CHECKPOINT = answer(
    "A signed note (C2SP tlog-checkpoint): origin, size, root.",
    "text/plain",
    Cache_Control="max-age=5; 60 where the log is `delayed`.",
    ETag="Names these bytes.",
)
_TILE = answer(
    "Hashes of 32 bytes, or entries, each behind its length in two bytes (C2SP tlog-tiles).",
    "application/octet-stream",
    {"type": "string", "format": "binary"},
    Cache_Control="max-age of a year, immutable: what is out never changes.",
    ETag="Names these bytes.",
)

#: The paths, as :mod:`consentkit.web.openapi` takes them.
LOG: t.Final[Json] = {
    "/log/{site_id}/checkpoint": _log(
        "The newest checkpoint of the site's consent log that may be seen.", _CHECKPOINT, operation="logCheckpoint"
    ),
    "/log/{site_id}/tile/{rest}": _log(
        "A tile of the site's consent log, or a bundle of its entries.", _TILE, "rest", operation="logTile"
    ),
    "/log/{site_id}/{number}/checkpoint": _log(
        "The same of a log under a later name.", _CHECKPOINT, "number", operation="logCheckpointOf"
    ),
    "/log/{site_id}/{number}/tile/{rest}": _log(
        "The same of a log under a later name.", _TILE, "number", "rest", operation="logTileOf"
    ),
    "/log/{site_id}/statements": _log(
        "What the log says of its keys and its names, each a signed note; nothing on erasures.",
        answer(
            "A JSON object a line, oldest first: `index`, its place in the log or null, and `note`.",
            "application/x-ndjson",
        ),
        operation="logStatements",
    ),
    "/log/{site_id}/key": _log(
        "The verifier key lines of the log, the one that signs first, then the retired ones. Told of every log.",
        answer("A line for each key (C2SP signed-note).", "text/plain"),
        operation="logKey",
    ),
    "/metrics": {
        "get": {
            "operationId": "metrics",
            "summary": "Figures of the consent log for Prometheus, to who sends the token of CONSENTKIT_METRICS_TOKEN.",
            "parameters": [
                {
                    "name": "Authorization",
                    "in": "header",
                    "required": True,
                    "description": "`Bearer` and the token.",
                    "schema": {"type": "string"},
                }
            ],
            "responses": {
                "200": answer("The figures; no-store.", "text/plain"),
                "404": problem("Not for who asks, or no token is set."),
                "405": NOT_ALLOWED,
            },
        }
    },
}
