"""How often somebody may try to sign in.

Three counts, each over a quarter of an hour: by browser and account, by address, by account. The last would let a
stranger keep an owner out by guessing wrongly all day; so a browser that has signed in to the account before, which it
proves by a cookie of its own, is counted by itself alone and shares nothing with strangers (OWASP, "Slow Down Online
Guessing Attacks with Device Cookies").

The counts are kept in the process. Several processes allow as many times more; that is still few.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import threading
import time
import typing as t

import flask
import limits
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_G_THROTTLE = "_consentkit_admin_throttle"
_WINDOW = "15 minutes"
_PER_BROWSER = limits.parse(f"5 per {_WINDOW}")
_PER_ADDRESS = limits.parse(f"30 per {_WINDOW}")
_PER_ACCOUNT = limits.parse(f"30 per {_WINDOW}")


class Throttle:
    """Counts attempts, and says how long to wait.

    Addresses and accounts are kept as keyed hashes only, with a key that dies with the process.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

        self._made: MovingWindowRateLimiter | None = None
        self._making = threading.Lock()

    @property
    def _limiter(self) -> MovingWindowRateLimiter:
        # Made at the first attempt: the storage starts a thread, which a server that forks must not have yet.
        with self._making:
            if self._made is None:
                self._made = MovingWindowRateLimiter(MemoryStorage())
            return self._made

    def attempt(self, email: str, *, address: str | None, device: str | None) -> int:
        """Count an attempt and return 0, or return for how many seconds no attempt is looked at.

        It is counted before the password is checked: many at once gain nothing.

        :param email: the account as it was typed, normalised. :param address: where the request came from.
        :param device: what names a browser that signed in to this account before.
        """
        counts = self._counts(email, address, device)
        now = time.time()
        waits = [
            max(1, math.ceil(self._limiter.get_window_stats(limit, *names).reset_time - now))
            for limit, *names in counts
            if not self._limiter.test(limit, *names)
        ]
        if waits:
            return max(waits)
        for limit, *names in counts:
            if not self._limiter.hit(limit, *names):
                return 1
        return 0

    def succeeded(self, email: str, *, address: str | None, device: str | None) -> None:
        """Forget what this browser got wrong before it got it right."""
        limit, *names = self._counts(email, address, device)[0]
        self._limiter.clear(limit, *names)

    def _counts(
        self, email: str, address: str | None, device: str | None
    ) -> list[tuple[limits.RateLimitItem, str, str]]:
        account = self._hash(email)
        if device is not None:
            return [(_PER_BROWSER, "device", self._hash(f"{email}\n{device}"))]
        network = self._hash(network_of(address))
        return [
            (_PER_BROWSER, "pair", self._hash(account + network)),
            (_PER_ADDRESS, "address", network),
            (_PER_ACCOUNT, "account", account),
        ]

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def keep_throttle(throttle: Throttle) -> None:
    """Make *throttle* the one of this request."""
    setattr(flask.g, _G_THROTTLE, throttle)


def current_throttle() -> Throttle:
    """Return the one throttle of the application."""
    return t.cast("Throttle", flask.g.get(_G_THROTTLE))


def network_of(address: str | None) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 network of an IPv6 one, which is one household."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
