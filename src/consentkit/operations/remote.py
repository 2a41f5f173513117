"""Short exchanges over HTTP with places that an operator named: anchors, witnesses, logs that are watched."""

from __future__ import annotations

import base64
import collections.abc as cabc
import dataclasses
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request

from ..errors import AnchorUnavailable

#: How long an exchange may take in all, in seconds. A writer's lease is longer.
SECONDS = 10.0

_CHUNK = 65_536


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    :param status: whatever it is. :param headers: by name in small letters; of several with one name the last.
    """

    status: int
    headers: cabc.Mapping[str, str]
    body: bytes


def exchange(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: cabc.Mapping[str, str] | None = None,
    limit: int,
) -> Answer:
    """Send a request and return the answer. Redirects are not followed: what was named is what is asked.

    :param url: ``http://`` or ``https://``; a user and a password in it are sent as HTTP Basic (RFC 7617).
    :param limit: the longest body that is taken, in bytes.
    :raises AnchorUnavailable: there is no answer in time, or it is too long. The message never has the password.
    """
    deadline = time.monotonic() + SECONDS
    bare, authorization = _split(url)
    sent = {"User-Agent": "consentkit", **authorization, **(headers or {})}
    try:
        request = urllib.request.Request(bare, data=body, headers=sent, method=method)  # noqa: S310 - see _opener
        with _opener().open(request, timeout=SECONDS) as response:
            received = _read(response, limit, deadline)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, received)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise AnchorUnavailable(f"{bare} does not answer: {reason or type(error).__name__}.") from None


def shown(url: str) -> str:
    """Return the address without user and password, for people to read."""
    return _split(url)[0]


def _opener() -> urllib.request.OpenerDirector:
    # Built from parts: the usual one would follow redirects, and knows files and FTP as well.
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
        opener.add_handler(handler())
    return opener


def _read(response: http.client.HTTPResponse, limit: int, deadline: float) -> bytes:
    """Read a body piece by piece: neither a long one nor one that trickles is waited for."""
    parts: list[bytes] = []
    length = 0
    while part := response.read1(min(_CHUNK, limit + 1 - length)):
        parts.append(part)
        length += len(part)
        if length > limit:
            raise ValueError(f"the answer is longer than {limit} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer takes too long")
    return b"".join(parts)


def _split(url: str) -> tuple[str, dict[str, str]]:
    parts = urllib.parse.urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    bare = urllib.parse.urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    if not at:
        return bare, {}
    encoded = base64.b64encode(urllib.parse.unquote_to_bytes(credentials)).decode()
    return bare, {"Authorization": f"Basic {encoded}"}
