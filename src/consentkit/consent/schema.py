"""Schema: the form of a site's file as JSON Schema 2020-12, for editors that complete and check what is written."""

from __future__ import annotations

import typing as t

from .model import LOCALE_TAG
from .site import Site

#: What the schema is known by. A name, not an address: nothing is fetched.
SCHEMA_ID = "urn:consentkit:schema:site"

_TITLES = {
    "Contact": "Somebody who can be written to",
    "Controller": "Who answers for the data",
    "DataLayerEvent": "An event in a data layer",
    "GoogleConsentMode": "Google Consent Mode v2",
    "GoogleRegion": "A default for some places",
    "Gpc": "What Global Privacy Control does",
    "Matomo": "Matomo",
    "MicrosoftClarity": "Microsoft Clarity",
    "MicrosoftUet": "Microsoft Advertising (UET)",
    "Need": "What must be agreed to",
    "Network": "What stands in front of the service",
    "NoticeSection": "How the notice looks and reads",
    "Piano": "Piano Analytics",
    "Policies": "The documents that the notice links to",
    "PolicySource": "Where one policy comes from",
    "Purpose": "A purpose",
    "Regimes": "Which rules apply to whom",
    "Service": "A service",
    "Signals": "Which other tools are told of the choice",
    "SiteSection": "The property itself",
    "StoredItem": "A cookie or a storage key",
}


def json_schema() -> dict[str, t.Any]:
    """Return the JSON Schema of a site's file, from the models that read it."""
    made = Site.model_json_schema()
    definitions = made.pop("$defs")
    for name, definition in definitions.items():
        # Docstrings speak to programmers; what people who write the file need stands at the fields.
        definition.pop("description", None)
        definition.pop("title", None)
        if name in _TITLES:
            definition["title"] = _TITLES[name]
    made |= {"title": "A site of consentkit", "description": "The configuration of one site, as TOML."}
    tidy = t.cast("dict[str, t.Any]", _tidy({**made, "$defs": definitions}))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **tidy}


def _tidy(schema: object) -> object:
    """Return *schema* in fewer words: without what TOML cannot write, and without titles that repeat names."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: dict[str, t.Any] = {
        key: {name: _field(inner) for name, inner in value.items()} if key == "properties" else _tidy(value)
        for key, value in schema.items()
        if not (key == "default" and value is None)  # there is no null in TOML
    }
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    if "anyOf" in tidy:
        branches = [_localized(branch, tidy) for branch in tidy.pop("anyOf") if branch != {"type": "null"}]
        tidy.pop("minLength", None)
        tidy = {**branches[0], **tidy} if len(branches) == 1 else {**tidy, "anyOf": branches}
    return tidy


def _localized(branch: dict[str, t.Any], around: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return *branch*; when it is a table of texts by language, with the key that stands for all others."""
    text = branch.get("patternProperties", {}).get(LOCALE_TAG.regex)
    if text is None:
        return branch
    return {**branch, "properties": {"*": text}, **({"minProperties": 1} if "minLength" in around else {})}


def _field(schema: object) -> object:
    tidy = _tidy(schema)
    return {key: value for key, value in tidy.items() if key != "title"} if isinstance(tidy, dict) else tidy
