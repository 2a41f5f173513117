"""The sealed cookies: the state that script can read, and the subject id that only the server can.

The format is that of ``itsdangerous.URLSafeTimedSerializer``, never compressed::

    base64url(JSON) "." base64url(timestamp) "." base64url(HMAC)

so a page's script reads it by decoding the first part, and the stock serializer loads it given the key and the salt.
The payload of the state is described field by field in :class:`State`.
"""

from __future__ import annotations

import binascii
import collections.abc as cabc
import dataclasses
import datetime as dt
import json
import re
import typing as t

import itsdangerous
from itsdangerous.encoding import base64_decode
from itsdangerous.encoding import base64_encode

from ..consent.decisions import Action
from ..consent.decisions import Choice
from ..consent.subjects import is_subject_id
from ..errors import CookieForged
from ..errors import CookieMalformed
from .keyring import Keyring
from .safe import Safe

if t.TYPE_CHECKING:
    from ..consent.site import Site

#: The salts: one per use, versioned with the format.
STATE_SALT = "consentkit.cookie.v1"
SUBJECT_SALT = "consentkit.subject.v1"
RECEIPT_SALT = "consentkit.receipt.v1"
HISTORY_SALT = "consentkit.history.v1"

#: A state is never longer, so that it never crowds out the host's own cookies (browsers allow 4,096 bytes for each).
MAX_STATE_LENGTH = 400
_MAX_SUBJECT_LENGTH = 120
_FORM = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
# As `format(…, "x")` prints it, and nothing else that `int` would read.
_DIFFERING = re.compile(r"[1-9a-f][0-9a-f]*", re.ASCII)
# More than any of ours, and less than what a date or a database could not hold.
_MAX_NUMBER = 2_000_000_000
_MAX_DAY = 2_000_000
_FORMAT = 1
_EPOCH = dt.date(1970, 1, 1).toordinal()


def to_day(moment: dt.datetime) -> int:
    """Return the UTC day of *moment*, counted from 1970-01-01."""
    # Nearly all are in UTC already, and this is in the way of every response.
    return (moment if moment.tzinfo is dt.UTC else moment.astimezone(dt.UTC)).toordinal() - _EPOCH


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the cookie ``consentkit`` says. The letters are the payload's keys.

    :param site: ``s``. :param revision: ``c``. :param notice: ``n``, the version, empty for a refusal.
    :param regime: ``r``. :param action: ``a``. :param purposes: ``p``, the optional ones that are allowed.
    :param differing: ``x``, a number whose bit *i* says that service *i* of the revision's order does not follow its
        purposes. :param last_day: ``e``, the last day on which it holds, counted from 1970-01-01 UTC.
    :param signed_at: the seconds since 1970 in the signature.
    """

    site: str
    revision: int
    notice: str
    regime: str
    action: Action
    purposes: tuple[str, ...]
    differing: int
    last_day: int
    signed_at: int

    @property
    def agrees(self) -> bool:
        """Whether anything optional is allowed."""
        return bool(self.purposes) or self.differing != 0


def make_state(
    site: Site,
    choice: Choice,
    *,
    action: Action,
    notice: str,
    revision: int,
    services_order: cabc.Sequence[str],
    at: dt.datetime,
) -> State:
    """Return the state that follows from a decision.

    Whoever allows nothing gets the same state as everybody else who does so on that UTC day: no action, no notice, no
    time of day that could tell one reader from another.
    """
    day = to_day(at)
    last_day = day + site.site.max_age_days
    if not choice.agrees:
        return State(
            site=site.id,
            revision=revision,
            notice="",
            regime=site.regimes.default.value,
            action=Action.REJECT_ALL,
            purposes=(),
            differing=0,
            last_day=last_day,
            signed_at=day * 86400,
        )
    follows = site.choose(choice.purposes, {}).services
    differing = sum(
        1 << i for i, sid in enumerate(services_order) if choice.services.get(sid, False) != follows.get(sid, False)
    )
    return State(
        site=site.id,
        revision=revision,
        notice=notice,
        regime=site.regimes.default.value,
        action=action,
        purposes=tuple(p.id for p in site.optional_purposes if choice.purposes.get(p.id) is True),
        differing=differing,
        last_day=last_day,
        signed_at=int(at.timestamp()),
    )


def read_choice(state: State, site: Site, services_order: cabc.Sequence[str]) -> Choice:
    """Return what *state* allows on *site*. Purposes and services that no longer exist are left out."""
    choice = site.choose(dict.fromkeys(state.purposes, True), {})
    services = dict(choice.services)
    for i, sid in enumerate(services_order):
        if sid in services and state.differing >> i & 1:
            services[sid] = not services[sid]
    return Choice(purposes=choice.purposes, services=services)


class Codec:
    """Seals and unseals the cookies with one keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._state = keyring.signer(STATE_SALT)
        self._subject = keyring.signer(SUBJECT_SALT)

    def seal(self, state: State) -> str:
        """Return the value of the cookie ``consentkit``: at most 400 characters of URL-safe base64 and dots."""
        payload: dict[str, object] = {
            "v": _FORMAT,
            "s": state.site,
            "c": state.revision,
            "n": state.notice,
            "r": state.regime,
            "a": state.action.value,
            "p": list(state.purposes),
            "e": state.last_day,
        }
        if state.differing:
            payload["x"] = format(state.differing, "x")
        return self._state.sign_at(_dump(payload), state.signed_at).decode()

    def unseal(self, value: str) -> State:
        """Return what a cookie ``consentkit`` says.

        Whether it is of this site, of the current revision and not past its last day is for the caller to judge.

        :raises CookieMalformed: not of the form, compressed, too long, or a payload that we do not write.
        :raises CookieForged: no key of ours signed it.
        """
        payload, signed_at = _unsign(self._state, value, MAX_STATE_LENGTH)
        if not isinstance(payload, dict) or not payload.keys() <= {"v", "s", "c", "n", "r", "a", "p", "x", "e"}:
            raise CookieMalformed("The state is not an object of ours.")
        try:
            if _is(int, payload["v"]) != _FORMAT:
                raise CookieMalformed("The state has a format that this version does not know.")
            purposes = payload["p"]
            state = State(
                site=_is(str, payload["s"]),
                revision=_number(payload["c"], _MAX_NUMBER),
                notice=_is(str, payload["n"]),
                regime=_is(str, payload["r"]),
                action=Action(payload["a"]),
                purposes=tuple(_is(str, item) for item in _is(list, purposes)),
                differing=_bitmap(payload["x"]) if "x" in payload else 0,
                last_day=_number(payload["e"], _MAX_DAY),
                signed_at=signed_at,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CookieMalformed("The state lacks a field, or one has the wrong type.") from error
        return state

    def is_sealed(self, value: str) -> bool:
        """Whether :meth:`unseal` would take *value*."""
        try:
            self.unseal(value)
        except (CookieMalformed, CookieForged):
            return False
        return True

    def seal_subject(self, subject_id: str, at: dt.datetime) -> str:
        """Return the value of the cookie ``consentkit_id``."""
        return self._subject.sign_at(_dump(subject_id), int(at.timestamp())).decode()

    def unseal_subject(self, value: str) -> str:
        """Return the subject id in a cookie ``consentkit_id``.

        :raises CookieMalformed: not of the form. :raises CookieForged: no key of ours signed it.
        """
        payload, _ = _unsign(self._subject, value, _MAX_SUBJECT_LENGTH)
        if not isinstance(payload, str) or not is_subject_id(payload):
            raise CookieMalformed("The value is not a subject id.")
        return payload

    def safe(self, salt: str) -> Safe:
        """Return what encrypts for one use what is kept in the database."""
        return self._keyring.safe(salt)

    def sign_token(self, salt: str, value: str) -> str:
        """Return *value* with a signature for one use, without a time: whoever holds the token was given it by us."""
        payload = base64_encode(value)
        return f"{payload.decode()}.{self._keyring.signer(salt).get_signature(payload).decode()}"

    def read_token(self, salt: str, token: str) -> str:
        """Return the value in a token.

        :raises CookieMalformed: not of the form. :raises CookieForged: no key of ours signed it for that use.
        """
        if len(token) > MAX_STATE_LENGTH or _TOKEN.fullmatch(token) is None:
            raise CookieMalformed("The value is not of the form payload.signature.")
        payload, _, signature = token.partition(".")
        _check_canonical(signature.encode())
        if not self._keyring.signer(salt).verify_signature(payload, signature.encode()):
            raise CookieForged("No key of ours made this signature.")
        try:
            return base64_decode(payload).decode()
        except (itsdangerous.BadData, UnicodeDecodeError) as error:
            raise CookieMalformed("The payload is not a text.") from error


def longest_state(site: Site) -> int:
    """Return the length in bytes of the longest state that *site* can give: bounded by :data:`MAX_STATE_LENGTH`."""
    order = [service.id for service in site.optional_services]
    state = State(
        site=site.id,
        revision=999_999,
        notice="x" * 16,
        regime=site.regimes.default.value,
        action=Action.ACCEPT_ALL,
        purposes=tuple(purpose.id for purpose in site.optional_purposes),
        differing=(1 << len(order)) - 1,
        last_day=99_999,
        signed_at=2**32,
    )
    return len(Codec(Keyring([b"length only"])).seal(state))


def class_of(site: Site, choice: Choice) -> int:
    """Return the purposes as a small number: bit *i* is the *i*-th optional purpose (cookie ``consentkit_class``)."""
    return sum(1 << i for i, p in enumerate(site.optional_purposes) if choice.purposes.get(p.id) is True)


def _dump(payload: object) -> bytes:
    return base64_encode(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())


def _unsign(signer: itsdangerous.TimestampSigner, value: str, bound: int) -> tuple[object, int]:
    # The order matters: length, form, signature in constant time, and only then is anything decoded.
    if len(value) > bound:
        raise CookieMalformed("The value is too long.")
    raw = value.encode("utf-8", "replace")
    if _FORM.fullmatch(raw) is None:
        # A leading dot would mean a compressed payload: never ours, and a bomb at worst.
        raise CookieMalformed("The value is not of the form payload.timestamp.signature.")
    _check_canonical(raw.rpartition(b".")[2])
    try:
        payload, signed_at = signer.unsign(raw, return_timestamp=True)
    except itsdangerous.BadSignature as error:
        raise CookieForged("No key of ours made this signature.") from error
    try:
        return json.loads(base64_decode(payload)), int(signed_at.timestamp())
    except (ValueError, binascii.Error, itsdangerous.BadData, RecursionError) as error:
        raise CookieMalformed("The payload is not JSON.") from error


def _check_canonical(signature: bytes) -> None:
    # The last character has bits to spare: four texts would stand for one signature, and only one of them is ours.
    try:
        if base64_encode(base64_decode(signature)) == signature:
            return
    except itsdangerous.BadData:
        # Of a length that no bytes have.
        pass
    raise CookieForged("No key of ours made this signature.")


def _bitmap(value: object) -> int:
    if _DIFFERING.fullmatch(text := _is(str, value)) is None:
        raise ValueError("expected a hexadecimal number")
    return int(text, 16)


def _number(value: object, highest: int) -> int:
    if not 0 <= (number := _is(int, value)) <= highest:
        raise ValueError(f"expected a number up to {highest}")
    return number


T = t.TypeVar("T")


def _is(kind: type[T], value: object) -> T:
    # bool is an int to Python, but not to us.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"expected {kind.__name__}")
    return value
