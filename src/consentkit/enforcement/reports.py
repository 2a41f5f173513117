"""What browsers report of hosts that a Content-Security-Policy blocks: both formats in, only what is counted out.

A report names the page with its query, the address with its path, the referrer and a sample of the script. Of all that
only the host, the directive and the section of the site leave this module.

Sources: CSP level 3, 5.3 (``report-uri``: one report, ``application/csp-report``); Reporting API, 3.5 (``report-to``: a
list, ``application/reports+json``). Safari posts a single one of the second kind under the first name, so the form
decides and not the name.
"""

from __future__ import annotations

import collections.abc as cabc
import ipaddress
import json
import re
import typing as t

from ..consent.pages import first_segment
from .origins import origin_of

#: The largest body, in bytes.
MAX_BODY = 64 * 1024
#: So many reports of one body are read. Chromium keeps at most a hundred for one endpoint.
MAX_REPORTS = 100

#: The directives that keep a browser from a host (CSP level 3, 6.1 and 6.4; ``navigate-to`` and ``prefetch-src`` were
#: in drafts). ``frame-ancestors`` is not among them: who frames the page gets nothing from it.
DIRECTIVES = frozenset(
    {
        "child-src",
        "connect-src",
        "default-src",
        "fenced-frame-src",
        "font-src",
        "form-action",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "navigate-to",
        "object-src",
        "prefetch-src",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "worker-src",
    }
)

#: How the two formats call the same things.
_BY_URI = ("document-uri", "blocked-uri", "effective-directive", "violated-directive", "source-file", "disposition")
_BY_API = ("documentURL", "blockedURL", "effectiveDirective", "violatedDirective", "sourceFile", "disposition")

_LONGEST_URL = 8192
_URL = re.compile(
    r"(http|https|ws|wss)://(?:(?P<v6>\[[0-9a-f:.]{2,45}\])|(?P<name>[^\s/?#\\@:\[\]%]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?#]|$)",
    re.IGNORECASE,
)
# With the low line, which is in no host name of the standard and in some that are in use.
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_USUAL_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_LAST_PORT = 65535

#: Where code comes from that the page did not bring: extensions, by browser, and what browsers call them to hide them.
_NOT_THE_PAGE = (
    "chrome-extension",
    "moz-extension",
    "safari-extension",
    "safari-web-extension",
    "ms-browser-extension",
    "webkit-masked-url",
    "user-script",
    "resource:",
    "chrome:",
)


class Report(t.NamedTuple):
    """One violation, as far as it is counted.

    :param document: the origin of the page. :param section: the first segment of its path.
    :param directive: what forbade the host. :param host: in small letters and ASCII, with a port that is not the
        scheme's own, IPv6 in brackets. :param blocked: whether the browser kept the host away; ``None`` where it does
        not say (Safari).
    """

    document: str
    section: str
    directive: str
    host: str
    blocked: bool | None


def read_reports(body: bytes) -> list[Report] | None:
    """Return what is worth counting of a body, or ``None`` if it is of neither format. Never raises.

    Reports of other types are left out, and so is what names no host: ``inline``, ``eval``, ``data``, ``blob``, an
    extension's scheme. What an extension's script loaded says nothing about the site, and goes too.
    """
    try:
        sent = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    if isinstance(sent, dict):
        old = sent.get("csp-report")
        if isinstance(old, dict):
            report = _read(old, _BY_URI)
            return [] if report is None else [report]
        sent = [sent] if "type" in sent else None
    if not isinstance(sent, list):
        return None
    found = []
    for item in sent[:MAX_REPORTS]:
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            return None
        fields = item.get("body")
        if item["type"] == "csp-violation" and isinstance(fields, dict):
            report = _read(fields, _BY_API)
            if report is not None:
                found.append(report)
    return found


def _read(fields: cabc.Mapping[str, object], names: tuple[str, ...]) -> Report | None:
    document, blocked, effective, violated, source, disposition = (fields.get(name) for name in names)
    if not isinstance(document, str) or not isinstance(blocked, str):
        return None
    if isinstance(source, str) and source.startswith(_NOT_THE_PAGE):
        return None
    # An old browser names only the directive as the policy has it, with its sources.
    named = effective or violated
    directive = named[:_LONGEST_URL].partition(" ")[0].lower() if isinstance(named, str) else ""
    host = host_of(blocked)
    origin = origin_of(document)
    if directive not in DIRECTIVES or host is None or origin is None:
        return None
    path = document.partition("?")[0].partition("#")[0].partition("://")[2].partition("/")[2]
    return Report(
        origin,
        first_segment(path),
        directive,
        host,
        {"enforce": True, "report": False}.get(disposition) if isinstance(disposition, str) else None,
    )


def host_of(url: str) -> str | None:
    """Return the host of an http(s) or ws(s) address as it is counted, or ``None``. Never raises."""
    if len(url) > _LONGEST_URL:
        return None
    match = _URL.match(url)
    if match is None:
        return None
    v6, name, port = match["v6"], match["name"], match["port"]
    host = _v6(v6) if v6 else _ascii(name)
    if host is None or (port and int(port) > _LAST_PORT):
        return None
    if port and port != _USUAL_PORTS[match[1].lower()]:
        return f"{host}:{int(port)}"
    return host


def _v6(text: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(text[1:-1])}]"
    except ValueError:
        return None


def _ascii(name: str) -> str | None:
    if not name.isascii():
        try:
            # Browsers write names in ASCII already (URL standard, 3.3), so this is hardly ever needed.
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower().removesuffix(".")
    return name if _NAME.fullmatch(name) else None
