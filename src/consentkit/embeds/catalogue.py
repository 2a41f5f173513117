"""The providers that newsrooms embed, as data: :file:`catalogue.toml`, checked, and asked by address or by code."""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib.resources
import json
import re
import tomllib
import typing as t
import urllib.parse

import pydantic

from ..consent.model import Identifier
from ..consent.model import Model
from ..consent.model import Text
from ..consent.model import WebAddress
from ..consent.services import COUNTRY
from ..consent.services import Host
from ..consent.services import Party
from ..consent.services import StoredItem
from .addresses import Address
from .addresses import parse_address

_PLACE = re.compile(r"\{([a-z]+)\}")
_TIME = re.compile(r"(?=[0-9])(?:([0-9]{1,3})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?", re.ASCII)
_UNITS = (3600, 60, 1)
_ANYTHING = r"[A-Za-z0-9_.~-]{1,100}"
#: Hosts that show the same as the one without.
_PREFIXES = ("www.", "m.", "mobile.")
#: Nothing is longer than an address in an address.
_DEPTH = 2


class Kind(enum.StrEnum):
    """What is embedded."""

    VIDEO = "video"
    POST = "post"
    AUDIO = "audio"
    MAP = "map"
    CHART = "chart"


class Shape(t.NamedTuple):
    """What room something takes: a ratio of width to height, or with ``width`` 0 a height in CSS pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Return the shape that *text* names, ``16:9`` or ``352``. :raises ValueError: it names none."""
        first, colon, second = text.partition(":")
        shape = cls(int(first), int(second)) if colon else cls(0, int(first))
        if shape.height <= 0 or (colon and shape.width <= 0):
            raise ValueError("found no shape, expected '16:9' or a height such as '352'")
        return shape


def _shape(value: object) -> object:
    return Shape.parse(value) if isinstance(value, str) else value


ShapeText = t.Annotated[Shape, pydantic.BeforeValidator(_shape)]


class Code(Model):
    """The markup that a provider hands out where it is no frame: how it is known, and where the address is."""

    element: t.Literal["blockquote", "div", "script"]
    #: One of these is in its ``class``.
    classes: tuple[str, ...] = ()
    #: What its ``id`` begins with; the rest of it is the address.
    id: str | None = None
    #: The attribute with the address, or ``link`` for the last link inside that the catalogue knows.
    address: str | None = None
    #: What the attribute leaves out of the address, and what it has instead.
    prefix: str = ""
    drop: str = ""
    #: Attributes that belong to the address as parameters: their names to the parameters' names.
    parameters: t.Mapping[str, str] = pydantic.Field(default={})
    #: The element inside that holds the words of the post.
    quote: str | None = None
    #: Where the title is: ``a:first``, ``a:last``, or an attribute.
    title: str | None = None
    #: Whether what stands beside the quotation names the author: "— Name (@name)".
    credit: bool = False


class Form(Model):
    """Addresses of one sort, and what follows from them."""

    match: t.Annotated[tuple[str, ...], pydantic.Field(min_length=1)]
    #: What readers know it by, where that is not the provider's name.
    name: Text | None = None
    #: Further parts, found in the value of a parameter.
    find: t.Mapping[str, str] = pydantic.Field(default={})
    #: Empty: it has none, and its code becomes words and a link.
    frame: str = ""
    link: str = ""
    #: Parameters that are carried over to the frame, where the address has them: its name there to its name here.
    keep: t.Mapping[str, str] = pydantic.Field(default={})
    #: The parameter that holds the address that is really meant.
    inner: str | None = None
    author: str | None = None
    shape: ShapeText | None = None
    kind: Kind | None = None

    @pydantic.model_validator(mode="after")
    def _complete(self) -> t.Self:
        if bool(self.inner) == bool(self.link) or (self.inner and self.frame):
            raise ValueError("expected either 'inner', or 'link' and mostly 'frame'")
        return self


class Stored(Model):
    """What a provider is known to keep on the device."""

    name: str
    kind: str = "cookie"
    lifetime: str

    @pydantic.model_validator(mode="after")
    def _declarable(self) -> t.Self:
        self.declared()
        return self

    def declared(self) -> StoredItem:
        """Return it as a site declares it."""
        return StoredItem.model_validate(
            {"name": self.name, "kind": self.kind, "lifetime": self.lifetime, "party": Party.THIRD}
        )


class Provider(Model):
    """One provider: who it is, where it loads from, and how what it hands out is recognised."""

    id: Identifier
    name: Text
    company: Text
    country: t.Annotated[str, pydantic.StringConstraints(pattern=COUNTRY.regex)]
    kind: Kind
    #: The frame's own first, then what the frame loads from.
    hosts: tuple[Host, ...]
    policy_url: WebAddress
    #: What its privacy-friendly form is and does. ``None``: it has none that we know of.
    privacy: Text | None = None
    #: Since when and from where we have what ``storage`` says.
    known: Text
    storage: tuple[Stored, ...] = ()
    #: What the placeholders in addresses may hold: regular expressions.
    parts: t.Mapping[str, str] = pydantic.Field(default={})
    #: The features that the frame may use (Permissions Policy).
    allow: str = ""
    #: What a sandbox around the frame must still allow.
    sandbox: str
    shape: ShapeText
    #: Hosts of scripts that turn its code into frames.
    scripts: tuple[str, ...]
    #: The path of that script, where each of its many hosts has its own.
    script_path: str | None = None
    #: Words by which an inline script of its code is known.
    inline: tuple[str, ...] = ()
    #: Ids of empty elements that its code brings along.
    leftovers: tuple[str, ...] = ()
    #: Titles that its code gives to everything.
    untitled: tuple[str, ...] = ()
    #: Whether it runs under hosts that nobody can list.
    many_hosts: bool = False
    code: Code | None = None
    forms: t.Annotated[tuple[Form, ...], pydantic.Field(min_length=1)]


@dataclasses.dataclass(frozen=True, slots=True)
class Recognised:
    """An address of a provider's, made into what a page needs."""

    provider: Provider
    name: str
    kind: Kind
    #: The frame, in its privacy-friendly form. Empty for code that has none.
    frame: str
    #: The page of the original, for people.
    link: str
    shape: Shape
    author: str | None

    @property
    def frame_host(self) -> str:
        """The host that the frame loads from."""
        return urllib.parse.urlsplit(self.frame).hostname or ""


@dataclasses.dataclass(frozen=True, slots=True)
class _Pattern:
    provider: Provider
    form: Form
    path: re.Pattern[str]
    query: dict[str, re.Pattern[str]]
    find: dict[str, re.Pattern[str]]

    def read(self, address: Address) -> dict[str, str] | None:
        match = self.path.fullmatch(address.path)
        if match is None:
            return None
        parts = match.groupdict()
        for name, pattern in self.query.items():
            found = pattern.fullmatch(address.query.get(name, ""))
            if found is None:
                return None
            parts.update(found.groupdict())
        for name, pattern in self.find.items():
            found = pattern.search(address.query.get(name, ""))
            if found is None:
                return None
            parts.update(found.groupdict())
        return {"host": address.place, **parts}


class Catalogue:
    """All providers, to be asked."""

    def __init__(self, providers: t.Iterable[Provider]) -> None:
        self.providers = {provider.id: provider for provider in providers}
        self._patterns: dict[str, list[_Pattern]] = {}
        for provider in self.providers.values():
            for form in provider.forms:
                for text in form.match:
                    host, pattern = _compile(provider, form, text)
                    self._patterns.setdefault(host, []).append(pattern)
        self.scripts = {host: one for one in self.providers.values() for host in one.scripts}
        self.by_script_path = {one.script_path: one for one in self.providers.values() if one.script_path}
        self.inline = {word: one for one in self.providers.values() for word in one.inline}
        self.leftovers = {word: one for one in self.providers.values() for word in one.leftovers}
        self.untitled = {title for one in self.providers.values() for title in one.untitled}
        codes = [one for one in self.providers.values() if one.code]
        self.by_class = {name: one for one in codes if one.code for name in one.code.classes}
        self.by_id = {one.code.id: one for one in codes if one.code and one.code.id}
        self.by_script = {one.code.address: one for one in codes if one.code and one.code.element == "script"}

    def recognise(self, address: Address, *, code: bool = False, _depth: int = 0) -> Recognised | None:
        """Return what *address* shows, or ``None`` where no provider is known to hand out such an address.

        :param code: whether it is from a provider's code, and counts without a frame: elsewhere it is just a link.
        """
        for pattern in self._patterns_of(address.host if address.port is None else ""):
            parts = pattern.read(address)
            if parts is None or not (code or pattern.form.frame or pattern.form.inner):
                continue
            if pattern.form.inner:
                meant = parse_address(address.query.get(pattern.form.inner, ""))
                found = self.recognise(meant, _depth=_depth + 1) if meant and _depth < _DEPTH else None
                return found if found and found.provider is pattern.provider else None
            return _make(pattern, parts, address)
        return None

    def belongs_to(self, address: Address) -> Provider | None:
        """Return the provider whose addresses have that host, of whatever form."""
        return next((one.provider for one in self._patterns_of(address.host) if not one.provider.many_hosts), None)

    def script_of(self, address: Address) -> Provider | None:
        """Return the provider whose script *address* is."""
        return next((self.scripts[host] for host in _names(address.host) if host in self.scripts), None)

    def _patterns_of(self, host: str) -> t.Iterator[_Pattern]:
        if host:
            for name in _names(host):
                yield from self._patterns.get(name, ())
            yield from self._patterns.get("{host}", ())


def _names(host: str) -> t.Iterator[str]:
    yield host
    for prefix in _PREFIXES:
        if host.startswith(prefix):
            yield host.removeprefix(prefix)


def _compile(provider: Provider, form: Form, text: str) -> tuple[str, _Pattern]:
    rest, _, query = text.partition("?")
    host, _, path = rest.partition("/")
    tail = "(?:/.*)?" if path.endswith("/*") else "/?"
    return host, _Pattern(
        provider=provider,
        form=form,
        path=re.compile(_expression(provider, "/" + path.removesuffix("/*")) + tail, re.ASCII),
        query={
            name: re.compile(_expression(provider, value), re.ASCII)
            for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        },
        find={name: re.compile(one, re.ASCII) for name, one in form.find.items()},
    )


def _expression(provider: Provider, template: str) -> str:
    pieces = _PLACE.split(template)
    return "".join(
        f"(?P<{piece}>{provider.parts.get(piece, _ANYTHING)})" if i % 2 else re.escape(piece)
        for i, piece in enumerate(pieces)
    )


def _make(pattern: _Pattern, parts: dict[str, str], address: Address) -> Recognised:
    form, provider = pattern.form, pattern.provider
    link = _fill(form.link, parts)
    frame = _fill(form.frame, {**parts, "link": link})
    kept = {form.keep[name]: _tame(value) for name, value in address.query.items() if name in form.keep}
    for name, value in kept.items():
        if value:
            frame += f"{'&' if '?' in frame else '?'}{name}={urllib.parse.quote(value, safe='')}"
    return Recognised(
        provider=provider,
        name=form.name or provider.name,
        kind=form.kind or provider.kind,
        frame=frame,
        link=link,
        shape=form.shape or provider.shape,
        author=_PLACE.sub(lambda match: parts[match[1]], form.author) if form.author else None,
    )


def _tame(value: str) -> str:
    """Return a parameter that may be carried over: a name or a number, a time such as ``1m30s`` in seconds."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value, re.ASCII):
        return ""
    time = _TIME.fullmatch(value)
    return (
        str(sum(int(count or 0) * unit for count, unit in zip(time.groups(), _UNITS, strict=True))) if time else value
    )


def _fill(template: str, parts: dict[str, str]) -> str:
    address, mark, query = template.partition("?")
    return (
        _PLACE.sub(lambda match: urllib.parse.quote(parts[match[1]], safe="/:@"), address)
        + mark
        + _PLACE.sub(lambda match: urllib.parse.quote(parts[match[1]], safe=""), query)
    )


@functools.cache
def catalogue() -> Catalogue:
    """Return the providers of this package."""
    text = importlib.resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return Catalogue(Provider.model_validate(one) for one in tomllib.loads(text)["providers"])


def declaration(provider: Provider, purpose: str = "embeds") -> str:
    """Return *provider* as a site declares it: TOML for the site's file."""
    lines = [
        *(["# One for each host that you show: who runs it, where that is, and its own policy."] * provider.many_hosts),
        "[[services]]",
        f'id = "{provider.id}"',
        f'name = "{provider.name}"',
        f'provider = "{provider.company}"',
        f'country = "{provider.country}"',
        "# transfer = … where that country is outside of your legal area",
        f'purposes = ["{purpose}"]',
        f"hosts = {json.dumps(list(provider.hosts))}",
        f'policy_url = "{provider.policy_url}"',
    ]
    for item in provider.storage:
        lines += ["", "[[services.cookies]]", f'name = "{item.name}"']
        lines += [f'kind = "{item.kind}"'] if item.kind != "cookie" else []
        lines += ['party = "third"', f'lifetime = "{item.lifetime}"']
    return "\n".join(lines) + "\n"
