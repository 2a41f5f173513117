"""Load: from a TOML file, or a folder of them, to sites; or to everything that is wrong with them at once."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import hashlib
import pathlib
import re
import stat
import tomllib
import typing as t

import pydantic

from ..errors import ConfigError
from ..errors import Problem
from .explain import Fault
from .explain import faults
from .explain import language_hint
from .explain import nearest
from .explain import shown
from .places import dotted
from .places import line_of
from .places import places
from .places import quoted
from .site import Site

#: The name of a site's file where it has a folder of its own.
FILE_NAME = "consentkit.toml"

#: How big a site's file may be.
MAX_BYTES = 1024 * 1024

#: How many problems of one file are told. Who has more has another kind of file.
MAX_PROBLEMS = 100

# A key of very many parts makes the standard parser slow beyond measure, and no key of ours has more than five.
_ENDLESS_KEY = re.compile(
    r"""(?:^|[{,\[])[ \t]*+(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""", re.MULTILINE
)

#: What the standard parser says, by how it begins, in other words.
_SYNTAX = {
    "Cannot declare": "the same table or key is declared a second time",
    "Cannot mutate immutable namespace": "something written in one piece, in braces or brackets, is added to later",
    "Cannot overwrite a value": "the same key is given a second time",
    "Duplicate inline table key": "the same key is given a second time",
    "Expected '=' after a key": "expected '=' after the key",
    "Expected newline or end of document": "expected the end of the line after the value",
    "Expected ']' at the end of a table declaration": "expected ']' at the end of the table's header",
    "Expected ']]' at the end of an array declaration": "expected ']]' at the end of the table's header",
    "Illegal character": "a character cannot stand there; a text may lack the quote at its end",
    "Invalid initial character for a key part": "expected a key of letters, digits, '-' and '_', or one in quotes",
    "Invalid statement": "expected a key, a table's header or a comment",
    "Invalid value": "expected a value; texts stand in quotes",
    "Unclosed array": "a list has no ']' at its end",
    "Unclosed inline table": "a table in braces has no '}' at its end, or a line break within",
    "Unescaped '\\' in a string": "a '\\' in double quotes must be written twice, or the text in single quotes",
    "Unterminated string": "a text has no quote at its end",
}


@dataclasses.dataclass(frozen=True, slots=True)
class LoadedSite:
    """A site and where it comes from.

    :param site: the configuration.
    :param path: its file.
    :param folder: what the file names of policies are relative to.
    :param digest: the SHA-256 of the file's bytes, in hexadecimal: another one, another content.
    """

    site: Site
    path: pathlib.Path
    folder: pathlib.Path
    digest: str


def load_site(
    path: pathlib.Path, *, text_keys: cabc.Collection[str] | None = None, locales: cabc.Collection[str] | None = None
) -> Site:
    """Return the site that the file at *path* describes.

    :param text_keys: the names that texts of the notice can have; not checked without.
    :param locales: the languages that there are texts in; not checked without.
    :raises ConfigError: with everything that is wrong in the file.
    """
    return _load(path, text_keys=text_keys, locales=locales).site


def load_sites(
    path: pathlib.Path, *, text_keys: cabc.Collection[str] | None = None, locales: cabc.Collection[str] | None = None
) -> dict[str, LoadedSite]:
    """Return the sites that *path* describes, by their ids, in the order of their files' names.

    :param path: a file, or a folder in which each ``*.toml`` and each ``*/consentkit.toml`` is a site.
    :param text_keys: the names that texts of the notice can have; not checked without.
    :param locales: the languages that there are texts in; not checked without.
    :raises ConfigError: with everything that is wrong in any of the files, or between them.
    """
    problems: list[Problem] = []
    loaded: list[LoadedSite] = []
    for file in site_files(path):
        try:
            loaded.append(_load(file, text_keys=text_keys, locales=locales))
        except ConfigError as error:
            problems += error.problems
    problems += _clashes(loaded)
    if problems:
        raise ConfigError(*problems)
    return {one.site.id: one for one in loaded}


def site_files(path: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """Return the files that :func:`load_sites` reads for *path*: itself, or those in the folder, by name.

    :raises ConfigError: there is nothing at *path*, or a folder without any.
    """
    try:
        if not path.is_dir():
            return (path,)
        found = [*path.glob("*.toml"), *path.glob(f"*/{FILE_NAME}")]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    files = sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts))
    if not files:
        raise ConfigError(
            Problem(str(path), "", "found a folder without configurations, expected files '*.toml'.", _FIRST_STEP)
        )
    return tuple(files)


def parse_site(
    text: str,
    where: str,
    *,
    text_keys: cabc.Collection[str] | None = None,
    locales: cabc.Collection[str] | None = None,
    folder: pathlib.Path | None = None,
) -> Site:
    """Return the site that the TOML *text* describes.

    :param where: what problems call the text: the name of its file.
    :param folder: where the files of policies must be; not looked for without.
    :raises ConfigError: with everything that is wrong in it.
    """
    data = _parse(text, where)
    site, found = _build(data)
    for fault in (*_unknown_names(data, text_keys, locales), *(_absent_files(data, folder) if folder else ())):
        if all(fault.path != other.path for other in found):
            found.append(fault)
    if site is None or found:
        raise ConfigError(*_problems(found, text, where))
    return site


def _load(
    path: pathlib.Path, *, text_keys: cabc.Collection[str] | None, locales: cabc.Collection[str] | None
) -> LoadedSite:
    content = _read(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = " ".join(f"0x{byte:02x}" for byte in content[error.start : error.end])
        raise ConfigError(
            Problem(f"{path}:{line}", "", f"found the byte {found}, expected text in UTF-8.", "Save the file as UTF-8.")
        ) from None
    site = parse_site(text, str(path), text_keys=text_keys, locales=locales, folder=path.parent)
    return LoadedSite(site, path, path.parent, hashlib.sha256(content).hexdigest())


_FIRST_STEP = "'consentkit init' writes one to begin with."


def _read(path: pathlib.Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(Problem(str(path), "", "found something else, expected a file or a folder."))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if len(content) > MAX_BYTES:
        raise ConfigError(Problem(str(path), "", f"found a bigger file, expected at most {MAX_BYTES:,} bytes."))
    return content


def _unreadable(path: pathlib.Path, error: Exception) -> ConfigError:
    if isinstance(error, FileNotFoundError):
        return ConfigError(Problem(str(path), "", "found no such file, expected a configuration.", _FIRST_STEP))
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ConfigError(Problem(str(path), "", f"cannot be read ({reason}), expected a configuration."))


def _parse(text: str, where: str) -> dict[str, t.Any]:
    endless = _ENDLESS_KEY.search(text)
    if endless is not None:
        line = text.count("\n", 0, endless.end()) + 1
        raise ConfigError(Problem(f"{where}:{line}", "", "found a key of very many parts, expected at most 16."))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(text, where, str(error))) from None
    except RecursionError:
        raise ConfigError(Problem(where, "", "found brackets within brackets, too many.")) from None
    except ValueError:  # whole numbers of more digits than Python converts
        raise ConfigError(Problem(where, "", "found a huge number, expected none of more than 18 digits.")) from None


def _syntax(text: str, where: str, says: str) -> Problem:
    """Return the problem for what the standard parser *says* and where it says to be."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", says)
    lines = text.split("\n")
    line = int(place[1]) if place and place[1] else max(1, len(text.rstrip().split("\n")))
    says = says[: place.start()] if place else says
    meaning = next((words for start, words in _SYNTAX.items() if says.startswith(start)), says[:1].lower() + says[1:80])
    found = lines[min(line, len(lines)) - 1].strip()
    column = f", column {place[2]}" if place and place[2] else ""
    return Problem(f"{where}:{line}", "", f"found {quoted(found)}, not valid TOML{column}: {meaning}.")


def _build(data: dict[str, t.Any]) -> tuple[Site | None, list[Fault]]:
    try:
        return Site.model_validate(data), []
    except pydantic.ValidationError as error:
        return None, faults(data, error)


def _problems(found: cabc.Iterable[Fault], text: str, where: str) -> cabc.Iterator[Problem]:
    """Yield *found* as problems, in the order of the file."""
    lines = places(text)
    ordered = sorted(found, key=lambda fault: line_of(lines, fault.path))
    for fault in ordered[:MAX_PROBLEMS]:
        yield Problem(f"{where}:{line_of(lines, fault.path)}", dotted(fault.path), fault.message, fault.hint)
    if len(ordered) > MAX_PROBLEMS:
        yield Problem(where, "", f"found {len(ordered) - MAX_PROBLEMS} more, expected none.")


# ── what the models cannot know ──


def _unknown_names(
    data: dict[str, t.Any], text_keys: cabc.Collection[str] | None, locales: cabc.Collection[str] | None
) -> cabc.Iterator[Fault]:
    site = data.get("site")
    named = site.get("locales") if isinstance(site, dict) else None
    for i, tag in enumerate(named if isinstance(named, list) and locales is not None else ()):
        if isinstance(tag, str) and tag not in (locales or ()):
            message = f"found {shown(tag)}, expected a language that there are texts in."
            yield Fault(("site", "locales", i), message, language_hint(tag, locales or ()))
    notice = data.get("notice")
    texts = notice.get("texts") if isinstance(notice, dict) else None
    for locale, own in (texts if isinstance(texts, dict) and text_keys is not None else {}).items():
        for key in own if isinstance(own, dict) else ():
            if key not in (text_keys or ()):
                message = f"found the unknown text {shown(key)}, expected a text of the notice."
                yield Fault(("notice", "texts", locale, key), message, nearest(key, text_keys or ()))


def _absent_files(data: dict[str, t.Any], folder: pathlib.Path) -> cabc.Iterator[Fault]:
    policies = data.get("policies")
    for kind, source in (policies if isinstance(policies, dict) else {}).items():
        files = source.get("files") if isinstance(source, dict) else None
        for locale, name in (files if isinstance(files, dict) else {}).items():
            if isinstance(name, str) and not _is_file(folder, name):
                message = f"found {shown(name)}, expected a file that exists in the configuration's folder."
                yield Fault(("policies", kind, "files", locale), message, nearest(name, _files_beside(folder, name)))


def _is_file(folder: pathlib.Path, name: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return (folder / name).is_file()
    return False


def _files_beside(folder: pathlib.Path, name: str) -> list[str]:
    with contextlib.suppress(OSError, ValueError):
        return [file.relative_to(folder).as_posix() for file in (folder / name).parent.glob("*.md")]
    return []


def _clashes(loaded: cabc.Iterable[LoadedSite]) -> cabc.Iterator[Problem]:
    """Yield what two sites both claim: an id, an origin."""
    ids: dict[str, pathlib.Path] = {}
    origins: dict[str, str] = {}
    for one in loaded:
        site, file = one.site, one.path
        if site.id in ids:
            yield Problem(
                str(file), "site.id", f"found '{site.id}', expected another id: the site of '{ids[site.id]}' has it."
            )
            continue
        ids[site.id] = file
        for i, origin in enumerate(site.site.origins):
            other = origins.setdefault(origin, site.id)
            if other != site.id:
                yield Problem(
                    str(file),
                    f"site.origins[{i}]",
                    f"found '{origin}', expected an origin of this site alone: '{other}' has it.",
                )
