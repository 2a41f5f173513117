"""Policies as they are written: one Markdown file for each language.

The first heading is the title. Placeholders are described in :mod:`consentkit.policies.placeholders`. Comments
(``<!-- … -->``) are for the authors: they are no part of what is published.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import pathlib
import typing as t

from ..errors import ConfigError
from ..errors import Problem
from . import placeholders
from .render import render
from .versions import version_of

if t.TYPE_CHECKING:
    from ..consent.site import PolicySource
    from ..consent.site import Site

#: The largest file that is taken: several times the longest policies in use.
MAX_BYTES = 512 * 1024

_CONTROL_CHARACTERS = frozenset(chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t")


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One policy in one language, as the files say now.

    :param kind: one of :class:`~consentkit.policies.versions.PolicyKind`.
    :param title: the first heading, as plain text. :param source: the Markdown with everything filled in.
    :param html: the text without its title, sanitised: a fragment.
    """

    kind: str
    locale: str
    title: str
    source: str
    html: str

    @property
    def version(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the source."""
        return version_of(self.source)


def documents_of(site: Site, folder: pathlib.Path, kind: t.Literal["privacy", "terms"]) -> tuple[Document, ...]:
    """Return *site*'s policy of that *kind* in every language that it has a file for.

    None, if the site gives pages of its own instead.

    :param folder: the folder of the site's file, in which the policies lie.
    :raises ConfigError: with everything that is wrong in any of the files.
    """
    source: PolicySource = getattr(site.policies, kind)
    problems: list[Problem] = []
    documents: list[Document] = []
    for locale, name in source.files.items():
        try:
            data = _read(folder, name, setting=f"policies.{kind}.files.{locale}")
            values = placeholders.values_of(site, locale)
            documents.append(parse_document(kind, locale, data, where=name, values=values))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
    return tuple(documents)


def parse_document(kind: str, locale: str, data: bytes, *, where: str, values: cabc.Mapping[str, str]) -> Document:
    """Return the document that a file's bytes hold.

    :param where: the name of the file, for messages. :param values: what the placeholders stand for.
    :raises ConfigError: if it is too large, not UTF-8, has no title or an unknown placeholder.
    """
    text, problems = placeholders.fill(_without_comments(_decode(data, where)), values, where=where)
    if problems:
        raise ConfigError(*problems)
    source = canonical(text)
    return document(kind, locale, source, where=where)


def document(kind: str, locale: str, source: str, *, where: str) -> Document:
    """Return the document of a finished Markdown text.

    :raises ConfigError: if it does not begin with a title.
    """
    rendered = render(source)
    if not rendered.title:
        raise ConfigError(
            Problem(f"{where}:1", "", "found no title, expected the text to begin with '# ' and a title.")
        )
    return Document(kind=kind, locale=locale, title=rendered.title, source=source, html=rendered.html)


def canonical(text: str) -> str:
    """Return *text* with the line ends, and nothing but one of them at its end, by which versions are compared."""
    return text.strip("\n") + "\n"


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    parts = [first]
    for part in rest:
        comment, end, tail = part.partition("-->")
        # The lines stay, so that the places of problems are those of the file. Without its end, it is no comment.
        parts.append("\n" * comment.count("\n") + tail if end else "<!--" + part)
    return "".join(parts)


def _read(folder: pathlib.Path, name: str, *, setting: str) -> bytes:
    path = folder / name
    # What a policy names is published to everybody: it must not lead out of the site's own folder.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(Problem(setting, "", f"found '{name}', expected a file in the folder of the site's file."))
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a name of a file"
        raise ConfigError(Problem(setting, "", f"'{name}' cannot be read: {reason}.")) from error


def _decode(data: bytes, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise ConfigError(Problem(where, "", f"found more than {MAX_BYTES // 1024} KiB, expected at most that."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"found the byte 0x{data[error.start]:02x}, which is not UTF-8."
        raise ConfigError(Problem(f"{where}:{line}", "", message, "Save the file as UTF-8.")) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for position, char in enumerate(text):
        if char in _CONTROL_CHARACTERS:
            line = text.count("\n", 0, position) + 1
            raise ConfigError(Problem(f"{where}:{line}", "", f"found the control character U+{ord(char):04X}."))
    return text
