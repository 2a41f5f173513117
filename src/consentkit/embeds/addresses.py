"""Addresses as browsers read them, and whether one can be trusted to mean what it seems to."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

# Browsers cut these off an address's ends, and take tabs and line breaks out of its middle (URL standard, 4.4).
_EDGES = "".join(map(chr, range(0x21)))
_INSIDE = str.maketrans("", "", "\t\r\n")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST = re.compile(r"([a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\]")
_LONGEST = 4000
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A page or a file on the web, with scheme and host, that every browser reads alike."""

    text: str
    scheme: str
    host: str
    #: ``None`` for the scheme's usual port.
    port: int | None
    #: Without percent signs.
    path: str
    #: Each name with its first value.
    query: dict[str, str]

    @property
    def place(self) -> str:
        """The host, with the port where it is not the usual one."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers write an origin."""
        return f"{self.scheme}://{self.place}"


def tidy(value: str) -> str:
    """Return *value* as a browser sees it before reading it."""
    return value.strip(_EDGES).translate(_INSIDE)


def is_empty(value: str) -> bool:
    """Whether nothing would be loaded from there."""
    value = tidy(value).lower()
    return not value or value.partition("#")[0].partition("?")[0] == "about:blank"


def is_inside(value: str) -> bool:
    """Whether *value* can only be a place of the page's own origin: it names neither a scheme nor a host."""
    value = tidy(value)
    return bool(value) and not _SCHEME.match(value) and not value.startswith("//") and "\\" not in value


def parse_address(value: str) -> Address | None:
    """Return the address that *value* is, or ``None`` where it is none of the web or could be read in two ways.

    ``//host/path`` counts as https. Names, passwords, backslashes and other letters than ASCII in a host are refused:
    browsers and Python differ on them.
    """
    value = tidy(value)
    if value.startswith("//"):
        value = f"https:{value}"
    if len(value) > _LONGEST or "\\" in value or not value[:8].lower().startswith(("https://", "http://")):
        return None
    try:
        parts = urllib.parse.urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    shown = f"[{host}]" if ":" in host else host
    if "@" in parts.netloc or not parts.netloc.isascii() or not _HOST.fullmatch(shown):
        return None
    scheme = parts.scheme.lower()
    query: dict[str, str] = {}
    for name, one in urllib.parse.parse_qsl(parts.query, keep_blank_values=True, max_num_fields=None):
        query.setdefault(name, one)
    return Address(
        # What is odd but harmless in an address must stay harmless in an attribute that other programs read.
        text=urllib.parse.quote(value, safe="!#$%&'()*+,/:;=?@[]~"),
        scheme=scheme,
        host=shown,
        port=None if port == _USUAL_PORTS[scheme] else port,
        path=urllib.parse.unquote(parts.path) or "/",
        query=query,
    )
