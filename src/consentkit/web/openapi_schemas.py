"""The shapes of what :mod:`consentkit.web.openapi` describes: JSON Schemas of bodies and answers, by name."""

from __future__ import annotations

import typing as t

from .reads import NOTICE_KEYS

Json: t.TypeAlias = dict[str, t.Any]

_SWITCHES: Json = {"type": "object", "additionalProperties": {"type": "boolean"}}
_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_WHEN: Json = {"type": "string", "format": "date-time"}
_NOTICE_VERSION: Json = {"type": "string", "pattern": "^[a-z2-7]{16}$"}
_ACTIONS: Json = {"type": "string", "enum": ["accept_all", "reject_all", "save", "withdraw"]}
_DISPOSITION: Json = {"type": "string", "enum": ["enforce", "report"]}
_LAYER: Json = {"type": "string", "enum": ["1", "2", "page"]}


def _object(required: t.Sequence[str], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


#: By name, for ``components.schemas``.
SCHEMAS: t.Final[Json] = {
    "Problem": {
        "description": "RFC 9457.",
        **_object(
            ("type", "title", "status"),
            type=_TEXT,
            title=_TEXT,
            status={"type": "integer"},
            detail=_TEXT,
            field={"type": "string", "description": "To 400: the field that is wrong."},
            current={"description": "To 409: the current notice.", **_NOTICE_VERSION},
        ),
    },
    "Decision": {
        **_object(
            ("action", "notice", "locale", "nonce"),
            action={
                "type": "string",
                "enum": [*_ACTIONS["enum"], "gpc"],
                "description": "`gpc`: by a signal of the browser, not by the reader. Taken where the site records it, "
                "with the header `Sec-GPC: 1`, and agreeing to nothing.",
            },
            purposes={"description": "To `save`: the optional purposes; what is not named is refused.", **_SWITCHES},
            services={"description": "Services that do not follow their purposes.", **_SWITCHES},
            notice={"description": "The version that the reader saw.", **_NOTICE_VERSION},
            locale={"type": "string", "description": "The locale that the reader saw."},
            page={"type": ["string", "null"], "description": "The page's path. Only its first segment is stored."},
            nonce={
                "type": "string",
                "pattern": "^[A-Za-z0-9_-]{22,128}$",
                "description": "At least 128 random bits, the same for every try of one decision: within 48 hours the "
                "same body gets the same answer and makes no second record.",
            },
            layer={"description": "Where the reader decided.", **_LAYER},
        ),
        "additionalProperties": False,
    },
    "Report": _object(
        ("csp-report",),
        **{
            "csp-report": _object(
                ("document-uri", "blocked-uri"),
                **{
                    "document-uri": {**_TEXT, "description": "The page: of it the origin and the section count."},
                    "blocked-uri": {**_TEXT, "description": "Of it the host counts."},
                    "effective-directive": _TEXT,
                    "violated-directive": {**_TEXT, "description": "Read where the effective one is not told."},
                    "source-file": {**_TEXT, "description": "What an extension loads does not count."},
                    "disposition": _DISPOSITION,
                },
            )
        },
    ),
    "ApiReport": _object(
        ("type", "body"),
        type={**_TEXT, "description": "Only `csp-violation` counts; then `body` has these, as in `Report`."},
        body=_object(
            (),
            **dict.fromkeys(("documentURL", "blockedURL", "effectiveDirective", "sourceFile"), _TEXT),
            disposition=_DISPOSITION,
        ),
    ),
    "DecisionForm": _object(
        ("action", "notice", "locale"),
        action=_ACTIONS,
        purposes={**_TEXTS, "description": "Repeated: the purposes that are ticked."},
        services={**_TEXTS, "description": "Repeated: services that are ticked by themselves."},
        notice=_NOTICE_VERSION,
        locale=_TEXT,
        next={"type": "string", "description": "The page to lead back to: here, or on a listed origin."},
        layer=_LAYER,
    ),
    "Decided": _object(
        ("record_id", "decided_at", "expires_at", "purposes", "services", "receipt_url", "state"),
        record_id={"type": "string", "format": "uuid"},
        decided_at=_WHEN,
        expires_at=_WHEN,
        purposes=_SWITCHES,
        services=_SWITCHES,
        receipt_url={"type": "string", "format": "uri"},
        state={"type": "string", "description": "The sealed state: the value of the cookie `consentkit`."},
    ),
    "State": _object(
        ("status", "site", "revision", "purposes", "services", "gpc"),
        status={"type": "string", "enum": ["none", "valid", "expired", "outdated", "invalid"]},
        site=_TEXT,
        revision={"type": "integer"},
        purposes={"description": "What is allowed now.", **_SWITCHES},
        services=_SWITCHES,
        gpc={"type": "boolean", "description": "Whether this request carried Sec-GPC: 1."},
        decided={
            "description": "What the cookie says, if its signature holds and it is of this site.",
            **_object(
                ("action", "notice", "regime", "revision", "at", "last_day"),
                action=_TEXT,
                notice=_TEXT,
                regime=_TEXT,
                revision={"type": "integer"},
                at=_WHEN,
                last_day={"type": "string", "format": "date"},
            ),
        },
        changes={**_TEXTS, "description": "To `outdated`: what changed since, in words."},
    ),
    "Erasure": _object(
        (),
        token={"type": "string", "description": "Of the address that opened the page, if one did."},
        locale={"type": "string", "description": "The language to go on in."},
    ),
    "Erased": _object(
        ("erased", "held", "state"),
        erased={"type": "integer", "description": "How many records are gone, the withdrawal's own among them."},
        held={"type": "integer", "description": "How many stay for a legal claim (GDPR Art. 17(3)(e))."},
        state={"type": "string", "description": "The refusal as a sealed state, for pages of another site."},
    ),
    "Notice": _object(
        NOTICE_KEYS,
        site=_TEXT,
        locale=_TEXT,
        dir={"type": "string", "enum": ["ltr", "rtl"]},
        regime={"type": "string", "enum": ["gdpr"]},
        version=_NOTICE_VERSION,
        revision={"type": "integer"},
        layout={"type": "string", "enum": ["bar", "box", "modal"]},
        texts={"type": "object", "additionalProperties": _TEXT},
        purposes={"type": "array", "items": {"type": "object"}},
        services={"type": "array", "items": {"type": "object"}},
        policies={"type": "object", "additionalProperties": _object(("url", "version"), url=_TEXT, version=_TEXT)},
        actions=_TEXTS,
    ),
    "Receipt": _object(
        (
            "@context",
            "@type",
            "dct:conformsTo",
            "dct:identifier",
            "receipt_version",
            "issued_at",
            "consent",
            "record",
            "notice",
            "log",
            "signature",
        ),
        **{
            "@context": {"type": "object"},
            "@type": {"const": "dpv:ConsentReceipt"},
            "dct:conformsTo": {"type": "string", "format": "uri"},
            "dct:identifier": {"type": "string", "format": "uuid"},
        },
        receipt_version={"const": 1},
        issued_at=_WHEN,
        consent={"description": "The record as ISO/IEC TS 27560 has it, in JSON-LD.", "type": "object"},
        record={"description": "The record's columns, without the salt.", "type": "object"},
        notice={
            "description": "The notice as it was shown.",
            "anyOf": [
                {"type": "null"},
                _object(
                    ("version", "locale", "content", "html", "preferences_html", "style"),
                    version=_TEXT,
                    locale=_TEXT,
                    content={"type": "object"},
                    html=_TEXT,
                    preferences_html=_TEXT,
                    style=_TEXT,
                ),
            ],
        },
        log=_object(
            ("state", "origin", "salt", "entry", "by", "index", "size", "proof", "checkpoint", "keys"),
            state={"type": "string", "enum": ["recorded", "integrated", "published"]},
            origin=_TEXT,
            salt=_TEXT,
            entry=_TEXT,
            by={"type": ["string", "null"], "format": "date-time"},
            index={"type": ["integer", "null"]},
            size={"type": ["integer", "null"]},
            proof={"type": ["array", "null"], "items": _TEXT},
            checkpoint={"type": ["string", "null"]},
            keys={"type": "array", "items": _TEXT},
        ),
        signature={"description": "A JSON Web Signature over the other members, detached.", "type": "string"},
    ),
}
