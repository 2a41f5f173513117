"""Writes what the reference has from the code: the schema of a site's file, and the tables of its keys.

``python -m docs.reference.generate`` in the root of the project; the tests compare.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from consentkit.config import SETTINGS
from consentkit.consent.explain import EXPECTED
from consentkit.consent.schema import json_schema
from consentkit.notice.texts import TEXTS

HERE = Path(__file__).parent
SCHEMA = HERE / "consentkit.schema.json"
PAGE = HERE / "configuration.md"

_END = "<!-- end -->"

#: The tables of a site's file, in its order: the header in TOML, and the part of the schema.
_TABLES = (
    ("[site]", "SiteSection"),
    ("[controller]", "Controller"),
    ("[controller.data_protection_officer]", "Contact"),
    ("[[purposes]]", "Purpose"),
    ("[[services]]", "Service"),
    ("[[services.cookies]]", "StoredItem"),
    ("[notice]", "NoticeSection"),
    ("[policies.privacy]", "PolicySource"),
    ("[regimes]", "Regimes"),
    ("[network]", "Network"),
)

Schema: t.TypeAlias = dict[str, t.Any]


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def page_text(text: str) -> str:
    """Return the page *text* with what stands between its markers made anew."""
    parts = {"keys": _keys(json_schema()), "settings": _settings(), "texts": _texts()}
    for name, made in parts.items():
        start = f"<!-- generated: {name} -->\n"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(_END)
        if not found or not closed:
            raise SystemExit(f"'{PAGE.name}' has no place for '{name}'.")
        text = f"{before}{start}\n{made}\n{_END}{after}"
    return text


def _keys(schema: Schema) -> str:
    tables = []
    for header, name in _TABLES:
        part = schema["$defs"][name]
        rows = [
            _row(key, field, schema, required=part.get("required", ())) for key, field in part["properties"].items()
        ]
        tables.append(
            f"### `{header}`\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
        )
    return "\n\n".join(tables) + "\n"


def _row(key: str, field: Schema, schema: Schema, *, required: t.Sequence[str]) -> str:
    default = "**needed**" if key in required else _default(field)
    return f"| `{key}` | {_cell(_kind(field, schema))} | {default} | {_cell(field['description'])} |"


def _default(field: Schema) -> str:
    value = field.get("default")
    return "—" if value in (None, [], {}) else f"`{json.dumps(value)}`"


def _kind(field: Schema, schema: Schema) -> str:
    """Return in words what a value can be."""
    if "$ref" in field:
        part = schema["$defs"][field["$ref"].rpartition("/")[2]]
        return ", ".join(f'`"{word}"`' for word in part["enum"]) if "enum" in part else "a table, see below"
    if "anyOf" in field:
        return f"{_kind(field['anyOf'][0], schema)}, or a table of them by language"
    if field["type"] == "array":
        is_tables = "$ref" in field["items"]
        return "a list of tables, see below" if is_tables else f"a list: each {_kind(field['items'], schema)}"
    if field["type"] == "object":
        return f"a table by language: each {_kind(next(iter(field['patternProperties'].values())), schema)}"
    words = {"boolean": "`true` or `false`", "integer": "a whole number from {minimum} to {maximum}"}
    return words.get(field["type"], EXPECTED.get(field.get("pattern", ""), "a text")).format_map(field)


def _settings() -> str:
    rows = [
        f"| `{one.name}` | {one.kind} | {f'`{one.default}`' if one.default else '—'} | {_cell(one.meaning)} |"
        for one in SETTINGS
    ]
    return "| key | kind | default | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _texts() -> str:
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in TEXTS.items()]
    return "| name | in English |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write both files."""
    SCHEMA.write_text(schema_text(), "utf-8")
    PAGE.write_text(page_text(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
