"""Writes what the reference has from the code: the schema of a site's file, and what stands between the pages' markers.

``python -m docs.reference.generate`` in the root of the project; the tests compare.
"""

from __future__ import annotations

import collections.abc as cabc
import inspect
import json
import re
import typing as t
from pathlib import Path

import click

from consentkit import errors
from consentkit.admin import blueprint as admin
from consentkit.cli import consentkit_cli
from consentkit.config import SETTINGS
from consentkit.consent.explain import EXPECTED
from consentkit.consent.schema import json_schema
from consentkit.embeds.catalogue import catalogue
from consentkit.notice.texts import ELSEWHERE
from consentkit.notice.texts import FIRST_LAYER
from consentkit.notice.texts import SECOND_LAYER
from consentkit.notice.texts import TEXTS
from consentkit.storage.records import COLUMNS
from consentkit.web import blueprint as web
from consentkit.web import openapi
from consentkit.web.well_known import WELL_KNOWN

HERE = Path(__file__).parent
SCHEMA = HERE / "consentkit.schema.json"
PAGE = HERE / "configuration.md"

_END = "<!-- end -->"
_TABLE = "a table, see below"

#: The tables of a site's file, in its order: the header in TOML, and the part of the schema.
_TABLES = (
    ("[site]", "SiteSection"),
    ("[controller]", "Controller"),
    ("[controller.data_protection_officer]", "Contact"),
    ("[[purposes]]", "Purpose"),
    ("[[services]]", "Service"),
    ("[[services.cookies]]", "StoredItem"),
    ("[gpc]", "Gpc"),
    ("[notice]", "NoticeSection"),
    ("[policies.privacy]", "PolicySource"),
    ("[embeds]", "Embeds"),
    ("[enforcement]", "Enforcement"),
    ("[regimes]", "Regimes"),
    ("[network]", "Network"),
    ("[signals.google_consent_mode]", "GoogleConsentMode"),
    ("[[signals.google_consent_mode.regions]]", "GoogleRegion"),
    ("[signals.microsoft_uet]", "MicrosoftUet"),
    ("[signals.microsoft_clarity]", "MicrosoftClarity"),
    ("[signals.matomo]", "Matomo"),
    ("[signals.piano]", "Piano"),
    ("[signals.data_layer]", "DataLayerEvent"),
)

#: How the types of columns are called.
_TYPES = {
    "BigInteger": "whole number",
    "Boolean": "true or false",
    "CanonicalJson": "JSON as text",
    "EnumValue": "text",
    "Integer": "whole number",
    "LargeBinary": "bytes",
    "Text": "text",
    "UtcDateTime": "time in UTC",
    "Uuid": "UUID",
}

Schema: t.TypeAlias = dict[str, t.Any]


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def page_text(text: str, page: Path = PAGE) -> str:
    """Return *text*, the text of *page*, with what stands between its markers made anew."""
    for name, make in PARTS[page].items():
        start = f"<!-- generated: {name} -->\n"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(_END)
        if not found or not closed:
            raise SystemExit(f"'{page.name}' has no place for '{name}'.")
        text = f"{before}{start}\n{make()}\n{_END}{after}"
    return text


def _keys() -> str:
    schema = json_schema()
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
        return ", ".join(f'`"{word}"`' for word in part["enum"]) if "enum" in part else _TABLE
    if "anyOf" in field and field["anyOf"][1].get("$ref", "").endswith("/Need"):
        return "a purpose, or `{ purpose = …, service = … }`"
    if "anyOf" in field:
        return f"{_kind(field['anyOf'][0], schema)}, or a table of them by language"
    if field["type"] == "array":
        each = _kind(field["items"], schema)
        return "a list of tables, see below" if each == _TABLE else f"a list: each {each}"
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


def _texts(texts: cabc.Mapping[str, str] = TEXTS) -> str:
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in texts.items()]
    return "| name | in English |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def _texts_by_place() -> str:
    places = (("The first layer", FIRST_LAYER), ("The second layer", SECOND_LAYER), ("Elsewhere", ELSEWHERE))
    return "\n".join(f"### {title}\n\n{_texts(texts)}" for title, texts in places)


def _commands() -> str:
    return "\n".join(_command(name, command) for name, command in commands(consentkit_cli))


def commands(group: click.Group, *path: str) -> cabc.Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        elif command is not None:
            yield " ".join((*path, name)), command


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    arguments = [one.make_metavar(context) for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    lines = [f"### `{' '.join(('consentkit', name, *arguments))}`", "", inspect.cleandoc(command.help or ""), ""]
    if options:
        lines += ["| option | value | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [_option(one, context) for one in options]
        lines.append("")
    return "\n".join(lines)


def _option(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.secondary_opts:
        names += f" or `{option.secondary_opts[0]}`"
    value = "—" if option.is_flag else f"`{option.make_metavar(context)}`"
    shown = option.show_default and option.default is not None
    default = option.opts[0].lstrip("-") if option.secondary_opts else option.default
    needed = "**needed**" if option.required else "—"
    return f"| {names} | {_cell(value)} | {f'`{default}`' if shown else needed} | {_cell(option.help or '')} |"


def _errors() -> str:
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]
    rows = []
    for one in sorted(found, key=lambda one: inspect.getsourcelines(one)[1]):
        below = one.__base__.__name__ if one.__base__ is not None else ""
        carried = ", ".join(f"`{name}`" for name in inspect.get_annotations(one)) or "—"
        first = inspect.cleandoc(one.__doc__ or "").splitlines()[0]
        rows.append(f"| `{one.__name__}` | {f'`{below}`' if below != 'object' else '—'} | {carried} | {_cell(first)} |")
    return "| class | base | carries | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _columns() -> str:
    rows = [
        f"| `{column.name}` | {_TYPES[type(column.type).__name__]} | {'yes' if column.nullable else 'no'} "
        f"| {_cell(column.comment or '')} |"
        for column in COLUMNS
    ]
    return "| column | type | can be null | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def plain_path(rule: str) -> str:
    """Return the address that a rule of Flask's stands for, as the reference writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: match[1].upper(), rule.lstrip("/"))


def _routes() -> str:
    rows = []
    for rule, _, views in web.ROUTES:
        described = openapi._PATHS[  # noqa: SLF001 - the document's own data, so that both say the same
            re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
        ]
        for method in views:
            operation = described[method.lower()]
            statuses = ", ".join(sorted(operation["responses"]))
            rows.append(f"| `{method} {plain_path(rule)}` | {_cell(operation['summary'])} | {statuses} |")
    for path, item in WELL_KNOWN.items():
        statuses = ", ".join(sorted(item["get"]["responses"]))
        rows.append(f"| `GET {path}` | {_cell(item['get']['summary'])} | {statuses} |")
    return "| request | answer | status codes |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _admin_routes() -> str:
    rows = [f"| `GET admin/{plain_path(rule)}` | `{right.value}` |" for rule, _, right, _ in admin.PAGES]
    rows += [
        f"| `{method} admin/{plain_path(rule)}` | `{right.value}` |"
        for rule, _, right, do, view in admin.ACTIONS
        for method, answers in (("GET", view), ("POST", do))
        if answers is not None
    ]
    return "| request | needs the right |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def _providers() -> str:
    rows = []
    for one in catalogue().providers.values():
        keeps = ", ".join(f"`{item.name}` ({item.kind.replace('_', ' ')}, {item.lifetime})" for item in one.storage)
        who = "whoever runs the instance" if one.many_hosts else f"{one.company}, {one.country}"
        rows.append(
            f"| `{one.id}` | {one.name} | {_cell(who)} | {_cell(one.privacy or 'none that we know of')} "
            f"| {_cell(keeps or '—')} | {_cell(one.known)} |"
        )
    head = "| id | name | who receives data | privacy-friendly form | known to keep on the device | known since, from |"
    return f"{head}\n| --- | --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _forms() -> str:
    rows = []
    for one in catalogue().providers.values():
        forms = ", ".join(f"`{_cell(text)}`" for form in one.forms if form.frame or form.inner for text in form.match)
        code = "—"
        if one.code:
            attributes = tuple(one.code.parameters) or (one.code.address or "",)
            named = one.code.classes or ((f"id {one.code.id}…",) if one.code.id else attributes)
            code = f"`{one.code.element}`: {', '.join(f'`{name}`' for name in named)}"
        frames = ", ".join(dict.fromkeys(f"`{form.frame}`" for form in one.forms if form.frame))
        rows.append(f"| {one.name} | {forms} | {code} | {frames} |")
    return "| name | addresses | code with a script | frame |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


#: Each page that has something from the code: the names of its markers, and what is written there.
PARTS: t.Final[cabc.Mapping[Path, cabc.Mapping[str, cabc.Callable[[], str]]]] = {
    PAGE: {"keys": _keys, "settings": _settings, "texts": _texts},
    HERE / "admin.md": {"routes": _admin_routes},
    HERE / "embeds.md": {"providers": _providers, "forms": _forms},
    HERE / "commands.md": {"commands": _commands, "settings": _settings},
    HERE / "flask.md": {"settings": _settings, "errors": _errors},
    HERE / "http.md": {"routes": _routes},
    HERE / "notice.md": {"texts": _texts_by_place},
    HERE / "record.md": {"columns": _columns},
}


def main() -> None:
    """Write the schema and the pages."""
    SCHEMA.write_text(schema_text(), "utf-8")
    for page in PARTS:
        page.write_text(page_text(page.read_text("utf-8"), page), "utf-8")


if __name__ == "__main__":
    main()
