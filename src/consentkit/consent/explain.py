"""Explain: what is wrong with a site's data, in plain words, with the nearest valid name."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import datetime as dt
import difflib
import enum
import re
import types
import typing as t

import pydantic
import pydantic_core

from . import model
from . import purposes
from . import services
from . import site
from . import vendor_signals
from .coherence import CoherenceError
from .coherence import incoherences
from .places import Path
from .places import quoted
from .regimes import RegimeId

#: How much of a found value is shown.
SHOWN = 80

_HUGE = 10**18

#: Each pattern of the models, with how to tell people what it stands for.
EXPECTED: cabc.Mapping[str, str] = {
    pattern.regex: pattern.expected
    for module in (model, purposes, services, site, vendor_signals)
    for pattern in vars(module).values()
    if isinstance(pattern, model.Pattern)
}

#: Country codes that are easily taken for languages.
_LANGUAGE_OF = {
    "cn": "zh",
    "cz": "cs",
    "dk": "da",
    "gr": "el",
    "jp": "ja",
    "kg": "ky",
    "kz": "kk",
    "se": "sv",
    "ua": "uk",
}

_KINDS = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
}

#: The bounds of sizes and numbers: what pydantic calls them, and their words.
_BOUNDS = {
    "string_too_short": ("min_length", "at least"),
    "string_too_long": ("max_length", "at most"),
    "too_short": ("min_length", "at least"),
    "too_long": ("max_length", "at most"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})

_DURATION = re.compile(r"([0-9]+) ?([ywd]|mo)(?:ears?|eeks?|ays?|nths?)?")

_Type: t.TypeAlias = t.Any


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a site's data.

    :param path: the way to the value; to the table, where a key is missing.
    :param message: what was found and what was expected.
    :param hint: the nearest valid name, or the way out, or an empty string.
    """

    path: Path
    message: str
    hint: str = ""


def faults(data: cabc.Mapping[str, object], error: pydantic.ValidationError | None = None) -> list[Fault]:
    """Return everything that is wrong in *data*: what the models found, told by *error*, and what does not fit."""
    found: dict[Path, Fault] = {}
    for detail in error.errors(include_url=False) if error is not None else ():
        if isinstance(detail.get("ctx", {}).get("error"), CoherenceError):
            continue  # asked for below, for all parts
        fault = _explain(detail, data)
        found.setdefault(fault.path, fault)
    for one in incoherences(data):
        value = _value_at(data, one.path)
        found.setdefault(one.path, Fault(one.path, one.message, nearest(value, one.valid)))
    return list(found.values())


def shown(value: object) -> str:
    """Return *value* as a message shows it: short, on one line."""
    if isinstance(value, str):
        return quoted(value, SHOWN)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if not isinstance(value, int) or abs(value) < _HUGE else "a huge number"
    if isinstance(value, dt.date | dt.time):
        return f"the date or time {value.isoformat()}"
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else "nothing"


def nearest(found: object, valid: cabc.Iterable[str]) -> str:
    """Return the question after the name of *valid* that comes nearest to *found*, or ``""``."""
    if not isinstance(found, str) or len(found) > SHOWN:
        return ""
    names = {name.lower(): name for name in valid}
    close = difflib.get_close_matches(found.strip().lower().replace(" ", "_"), names, n=1, cutoff=0.6)
    return f"Did you mean '{names[close[0]]}'?" if close else ""


def _explain(detail: pydantic_core.ErrorDetails, data: cabc.Mapping[str, object]) -> Fault:
    kind = detail["type"]
    ctx = detail.get("ctx", {})
    value = detail["input"]
    path = _path_in(data, detail["loc"])
    match kind:
        case "missing":
            fault = _missing(path, str(detail["loc"][-1]))
        case "extra_forbidden":
            fault = _unknown_key(path)
        case "enum":
            fault = _unknown_word(path, value)
        case "string_pattern_mismatch":
            fault = _wrong_form(path, value, str(ctx["pattern"]))
        case "value_error":
            fault = Fault(path, f"{str(ctx['error']).rstrip('.')}.")
        case _ if kind in _BOUNDS:
            bound, words = _BOUNDS[kind]
            found = shown(value) if bound in {"ge", "le"} else _size(value)
            fault = Fault(path, f"found {found}, expected {words} {ctx[bound]}.")
        case _:
            fault = _wrong_kind(path, value, kind)
    return fault


def _wrong_kind(path: Path, value: object, kind: str) -> Fault:
    expected = _KINDS.get(kind, "a value of another kind")
    if kind == "dict_type" and _origin(_bare(_type_at(path))) is dict:
        expected = "a text in quotes, or a table of texts by language"
    if _bare(_type_at(path)) is vendor_signals.Need:
        expected = "a purpose in quotes, or a table of 'purpose' and 'service'"
    return Fault(path, f"found {shown(value)}, expected {expected}.", _way_out(value, kind))


def _missing(path: Path, key: str) -> Fault:
    around = _model_at(path)
    field = around.model_fields.get(key) if around is not None else None
    says = f": {field.description[0].lower()}{field.description[1:]}" if field and field.description else "."
    return Fault((*path, key), f"found nothing, expected '{key}'{says}")


def _unknown_key(path: Path) -> Fault:
    around = _model_at(path[:-1])
    valid = tuple(around.model_fields) if around is not None else ()
    message = f"found the unknown key {shown(path[-1])}, expected one of {', '.join(valid)}."
    hint = nearest(path[-1], valid)
    if not hint and isinstance(path[-1], str):
        hint = _belongs_elsewhere(path[-1])
    return Fault(path, message, hint)


def _belongs_elsewhere(key: str) -> str:
    """Return the hint that *key* is one of another table: a key after a table's header belongs to that table."""
    for section, field in site.Site.model_fields.items():
        if key == section:
            return f"Did you mean the table '[{section}]'?"
        inner = _element(field.annotation)
        if _is_a(inner, model.Model) and key in inner.model_fields:
            return f"There is a '{key}' in '{section}'."
    return ""


def _unknown_word(path: Path, value: object) -> Fault:
    expected = _bare(_type_at(path))
    if expected is RegimeId:
        return Fault(path, f"found {shown(value)}, expected 'gdpr': no other regime is built so far.")
    words = tuple(str(word) for word in expected) if _is_a(expected, enum.Enum) else ()
    listed = ", ".join(f"'{word}'" for word in words)
    return Fault(path, f"found {shown(value)}, expected one of {listed}.", nearest(value, words))


def _wrong_form(path: Path, value: object, pattern: str) -> Fault:
    message = f"found {shown(value)}, expected {EXPECTED.get(pattern, 'another form')}."
    return Fault(path, message, _nearest_form(value, pattern))


def _nearest_form(value: object, pattern: str) -> str:
    """Return the hint at what *value* becomes by the usual repairs, when that has the form of *pattern*."""
    if not isinstance(value, str) or len(value) > SHOWN:
        return ""
    if pattern == services.HOST.regex and value.count(":") > 1 and "://" not in value:
        return "A Content-Security-Policy has no form for IPv6 addresses: give the machine a name."
    for attempt in _repairs(value.strip(), pattern):
        if attempt != value and re.fullmatch(pattern, attempt):
            return f"Did you mean '{attempt}'?"
    return ""


def _repairs(value: str, pattern: str) -> cabc.Iterator[str]:
    """Yield what people may have meant by *value*: another case, without what is too much, in the form for machines."""
    lower = value.lower()
    yield lower
    yield value.upper()
    language, _, rest = value.replace("_", "-").partition("-")
    yield f"{language.lower()}-{rest.upper()}"
    if pattern == model.IDENTIFIER.regex:
        yield re.sub(r"[^a-z0-9]+", "-", lower).strip("-")
    if duration := _DURATION.fullmatch(lower):
        yield f"P{duration[1]}{duration[2][0].upper()}"
    scheme, _, address = lower.rpartition("://")
    with contextlib.suppress(UnicodeError):
        host = address.partition("/")[0].removeprefix(".").encode("idna").decode()
        yield host
        if re.fullmatch(services.HOST.regex, host):
            yield f"{scheme or 'https'}://{host}"
    if ":" not in value and not value.startswith("/"):
        yield f"https://{value}"


def language_hint(tag: str, known: cabc.Iterable[str]) -> str:
    """Return the hint at the language that is meant by *tag*, which is none."""
    right = _LANGUAGE_OF.get(tag.partition("-")[0].lower())
    return f"Did you mean '{right}'?" if right else nearest(tag, known)


def _way_out(value: object, kind: str) -> str:
    """Return the hint at how a value of the wrong kind is to be written."""
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YES | _NO:
        return f"Did you mean {'true' if value.lower() in _YES else 'false'}, without quotes?"
    if kind == "int_type" and isinstance(value, str) and value.strip().isdecimal():
        return "Leave out the quotes."
    if kind == "tuple_type" and isinstance(value, str):
        return "Put it in square brackets."
    if kind == "tuple_type" and isinstance(value, dict):
        return "Begin each with a header in double square brackets."
    if kind == "model_type" and isinstance(value, list):
        return "Begin it with a header in single square brackets."
    return ""


def _size(value: object) -> str:
    if isinstance(value, str):
        return f"{len(value)} characters" if value.strip() else "an empty text"
    if isinstance(value, dict | list):
        kind = "table" if isinstance(value, dict) else "list"
        return f"a {kind} of {len(value)}" if value else f"an empty {kind}"
    return shown(value)


# ── where in the data, and where in the models ──


def _path_in(data: object, loc: tuple[int | str, ...]) -> Path:
    """Return the part of *loc* that can be walked in *data*: pydantic adds names of its own, such as union branches."""
    path: Path = ()
    for part in loc:
        inner = _step(data, part)
        if inner is not _NOTHING:
            data = inner
            path = (*path, part)
    return path


def _value_at(data: object, path: Path) -> object:
    for part in path:
        data = _step(data, part)
    return data


_NOTHING = object()


def _step(data: object, part: int | str) -> object:
    if isinstance(data, dict):
        return data.get(part, _NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return _NOTHING


def _type_at(path: Path) -> _Type:
    """Return the type that the models have for the value at *path*, or ``None``."""
    here: _Type = site.Site
    for part in path:
        here = _bare(here)
        if _is_a(here, pydantic.BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field is not None else None
        elif _origin(here) is tuple:
            here = t.get_args(here)[0]
        elif _origin(here) is dict:
            here = t.get_args(here)[1]
        else:
            return None
    return here


def _model_at(path: Path) -> type[pydantic.BaseModel] | None:
    here = _bare(_type_at(path))
    return here if _is_a(here, pydantic.BaseModel) else None


def _bare(annotation: _Type) -> _Type:
    """Return *annotation* without what stands around the type itself: constraints, and that it may be left out."""
    while True:
        if _origin(annotation) is t.Annotated:
            annotation = t.get_args(annotation)[0]
        elif _origin(annotation) in {t.Union, types.UnionType}:
            annotation = next((arg for arg in t.get_args(annotation) if arg is not types.NoneType), None)
        else:
            return annotation


def _element(annotation: _Type) -> _Type:
    bare = _bare(annotation)
    return _bare(t.get_args(bare)[0]) if _origin(bare) is tuple else bare


def _origin(annotation: _Type) -> _Type:
    return t.get_origin(annotation)


def _is_a(annotation: _Type, parent: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, parent)
