"""The site's own Content-Security-Policy, read to tell a developer what it stops. It is never changed."""

from __future__ import annotations

import collections.abc as cabc
import re

#: Which directive is asked first, and which instead where it is absent; ``default-src`` is last (CSP level 3, 6.8.3).
_INSTEAD = {
    "script-src": ("script-src-elem", "script-src"),
    "style-src": ("style-src-elem", "style-src"),
    "frame-src": ("frame-src", "child-src"),
    "worker-src": ("worker-src", "child-src", "script-src"),
}
_KINDS = (
    *("script-src", "style-src", "img-src", "connect-src", "font-src", "media-src", "object-src", "frame-src"),
    *("manifest-src", "worker-src"),
)
_NAME = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_PLACE = re.compile(r"(?P<host>.*?)(?::(?P<port>[0-9]+|\*))?", re.ASCII)
_MANY = 200


class SitePolicy:
    """One policy of a header, by directives (CSP level 3, 2.2.1).

    :ivar faults: what a browser passes over in it, in words; it can be that all of the text is no policy.
    """

    def __init__(self, text: str) -> None:
        self.faults: list[str] = []
        self._directives: dict[str, list[str]] = {}
        for part in text.split(";")[:_MANY]:
            words = part.split()
            if not words:
                continue
            name = words[0].lower()
            if not part.isascii():
                self.faults.append("a directive has other characters than ASCII")
            elif not _NAME.fullmatch(name):
                self.faults.append(f"'{words[0][:40]}' is no directive's name")
            elif name in self._directives:
                self.faults.append(f"'{name}' stands there twice, and only the first counts")
            else:
                self._directives[name] = words[1:]

    def allows(self, directive: str, scheme: str, place: str, *, own: str) -> bool:
        """Whether something of *directive* may load from *place*, a host with its port where that is unusual.

        Paths of sources are passed over: they can only stop more.

        :param directive: a fetch directive; empty for what no directive judges. :param own: the page's own origin.
        """
        sources = self._sources(directive) if directive else None
        if sources is None:
            return True
        if directive == "script-src" and "'strict-dynamic'" in sources:
            # What is trusted comes by nonce, by hash and from trusted scripts: hosts say nothing.
            return True
        return any(_matches(source.lower(), scheme, place, own) for source in sources)

    def blocks_wholly(self, place: str, *, own: str) -> bool:
        """Whether nothing at all may load from *place*, which may begin with ``*.``."""
        return not any(self.allows(kind, "https", place, own=own) for kind in _KINDS)

    def _sources(self, directive: str) -> list[str] | None:
        names = (*_INSTEAD.get(directive, (directive,)), "default-src")
        return next((self._directives[name] for name in names if name in self._directives), None)


def policies_of(headers: cabc.Iterable[str]) -> list[SitePolicy]:
    """Return the policies of all headers ``Content-Security-Policy`` of one response; all of them are enforced."""
    return [SitePolicy(text) for header in headers for text in header.split(",")[:_MANY] if text.strip()]


def _matches(source: str, scheme: str, place: str, own: str) -> bool:
    """Whether *source* is met by an address (CSP level 3, 6.7.2.7 and on)."""
    if source == "*":
        return True
    if source == "'self'":
        return own in {f"{scheme}://{place}", f"http://{place}"}
    if source.endswith(":"):
        return source[:-1] == scheme or (source == "http:" and scheme == "https")
    wanted, _, rest = source.rpartition("://")
    if wanted and wanted != scheme and not (wanted == "http" and scheme == "https"):
        return False
    host, port = _split(rest.partition("/")[0])
    name, given = _split(place)
    if port not in {given, "*"} and not (not given and port in {"80", "443"}):
        return False
    return host == name or (host.startswith("*.") and name.endswith(host[1:]))


def _split(place: str) -> tuple[str, str]:
    found = _PLACE.fullmatch(place)
    return (found["host"], found["port"] or "") if found else ("", "")
