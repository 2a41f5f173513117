"""The sealed cookies: what goes in comes out, and nothing else comes out of anything."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import typing as t
import zlib

import itsdangerous
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Choice
from consentkit.consent.subjects import new_subject_id
from consentkit.cookies.codec import MAX_STATE_LENGTH
from consentkit.cookies.codec import Codec
from consentkit.cookies.codec import State
from consentkit.cookies.codec import class_of
from consentkit.cookies.codec import longest_state
from consentkit.cookies.codec import make_state
from consentkit.cookies.codec import read_choice
from consentkit.cookies.codec import to_day
from consentkit.cookies.keyring import Keyring
from consentkit.errors import BadCookie
from consentkit.errors import CookieForged
from consentkit.errors import CookieMalformed
from tests.factories import NOON
from tests.unit.cookies.sites import ORDER
from tests.unit.cookies.sites import SITE
from tests.unit.cookies.sites import service
from tests.unit.cookies.sites import site_with

KEY = "a key of this test, long enough to be one"
CODEC = Codec(Keyring([KEY]))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def state_of(choice: Choice, action: Action = Action.SAVE, at: dt.datetime = NOON, **changes: t.Any) -> State:
    """What *choice* on the test's site gives."""
    state = make_state(SITE, choice, action=action, notice="abcdefghijklmnop", revision=3, services_order=ORDER, at=at)
    return dataclasses.replace(state, **changes)


def signed(payload: object, *, key: str = KEY, raw: bytes | None = None) -> str:
    """What somebody with our key could sign."""
    data = json.dumps(payload, separators=(",", ":")).encode() if raw is None else raw
    signer = itsdangerous.TimestampSigner(key, salt="consentkit.cookie.v1")
    return signer.sign(base64.urlsafe_b64encode(data).rstrip(b"=")).decode()


GOOD = {"v": 1, "s": "steppe-herald", "c": 3, "n": "abcdefghijklmnop", "r": "gdpr", "a": "save", "p": [], "e": 20960}

# ── round trips ──

words = st.text(st.characters(codec="utf-8"), max_size=12)
states = st.builds(
    State,
    site=words,
    revision=st.integers(0, 10**9),
    notice=words,
    regime=words,
    action=st.sampled_from(Action),
    purposes=st.lists(words, max_size=4).map(tuple),
    differing=st.integers(0, 2**64),
    last_day=st.integers(0, 10**6),
    signed_at=st.integers(1, 2**33),
)


@given(state=states)
def test_what_is_sealed_is_unsealed(state: State) -> None:
    """Every field comes back, in one form only."""
    sealed = CODEC.seal(state)
    if len(sealed) > MAX_STATE_LENGTH:
        with pytest.raises(CookieMalformed):
            CODEC.unseal(sealed)
    else:
        assert CODEC.unseal(sealed) == state
        assert CODEC.seal(CODEC.unseal(sealed)) == sealed
        assert CODEC.is_sealed(sealed)


def test_the_stock_serializer_loads_it() -> None:
    """Anybody with the key can read it with itsdangerous alone, by the names that the contract gives."""
    state = state_of(SITE.choose({"analytics": True}, {"heatmap": True}))
    stock = itsdangerous.URLSafeTimedSerializer(["a retired key", KEY], salt="consentkit.cookie.v1")
    payload, at = stock.loads(CODEC.seal(state), return_timestamp=True)
    assert payload == {
        "v": 1,
        "s": "steppe-herald",
        "c": 3,
        "n": "abcdefghijklmnop",
        "r": "gdpr",
        "a": "save",
        "p": ["analytics"],
        "x": "2",
        "e": to_day(NOON) + 180,
    }
    assert at == NOON


def test_script_reads_it_without_a_key() -> None:
    """The first of three parts is JSON in URL-safe base64, never compressed, however much it holds."""
    sealed = CODEC.seal(state_of(SITE.accept_all()))
    payload, _time, _signature = sealed.split(".")
    assert json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["p"] == [
        "preferences",
        "analytics",
        "embeds",
    ]


def test_it_holds_nothing_that_names_a_reader() -> None:
    """Two readers who agree to the same in the same second have the same cookie."""
    first, second = (CODEC.seal(state_of(SITE.accept_all())) for _ in range(2))
    assert first == second


# ── refusals ──


@given(
    action=st.sampled_from([Action.REJECT_ALL, Action.WITHDRAW, Action.SAVE]),
    second=st.integers(0, 86399),
    notice=st.text(ALPHABET, min_size=16, max_size=16),
)
def test_all_refusals_of_a_day_are_one(action: Action, second: int, notice: str) -> None:
    """Neither the button nor the notice nor the time of day tells one reader from another."""
    at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC) + dt.timedelta(seconds=second)
    sealed = [
        CODEC.seal(
            make_state(SITE, SITE.refuse_all(), action=act, notice=told, revision=3, services_order=ORDER, at=when)
        )
        for act, told, when in ((action, notice, at), (Action.REJECT_ALL, "", NOON))
    ]
    assert sealed[0] == sealed[1]


def test_a_refusal_says_only_that() -> None:
    """No notice, no purposes, no bitmap; signed at the day's beginning."""
    state = state_of(SITE.refuse_all(), Action.WITHDRAW)
    assert (state.action, state.notice, state.purposes, state.differing) == (Action.REJECT_ALL, "", (), 0)
    assert state.signed_at == to_day(NOON) * 86400
    assert not state.agrees
    assert '"x"' not in base64.urlsafe_b64decode(CODEC.seal(state).partition(".")[0] + "==").decode()


def test_another_day_is_another_refusal() -> None:
    """The day is the UTC one, wherever the server's clock is."""
    almaty = dt.timezone(dt.timedelta(hours=5))
    same = dt.datetime(2026, 11, 24, 4, 59, tzinfo=almaty)
    assert state_of(SITE.refuse_all(), at=same) == state_of(SITE.refuse_all())
    assert state_of(SITE.refuse_all(), at=same + dt.timedelta(minutes=1)) != state_of(SITE.refuse_all())


def test_the_last_day_follows_the_configuration() -> None:
    """It holds for the configured number of days, to the end of the last one."""
    assert state_of(SITE.accept_all()).last_day == to_day(NOON) + SITE.site.max_age_days


# ── what is refused ──


@pytest.mark.parametrize("action", [Action.ACCEPT_ALL, Action.REJECT_ALL])
def test_any_changed_character_is_noticed(action: Action) -> None:
    """Each character of the value counts, the last one of the signature too."""
    sealed = CODEC.seal(state_of(SITE.accept_all() if action is Action.ACCEPT_ALL else SITE.refuse_all(), action))
    for i, character in enumerate(sealed):
        for other in (ALPHABET[(ALPHABET.find(character) + 1) % 64], ALPHABET[(ALPHABET.find(character) + 37) % 64]):
            if other == character:
                continue
            with pytest.raises(BadCookie):
                CODEC.unseal(sealed[:i] + other + sealed[i + 1 :])


def test_what_is_cut_or_lengthened_is_noticed() -> None:
    """Every prefix, and anything behind."""
    sealed = CODEC.seal(state_of(SITE.accept_all()))
    for i in range(len(sealed)):
        with pytest.raises(BadCookie):
            CODEC.unseal(sealed[:i])
    for more in ("A", "=", ".", " ", "\n", "\x00", ".A", ";"):
        with pytest.raises(BadCookie):
            CODEC.unseal(sealed + more)


def test_parts_of_two_cookies_do_not_mix() -> None:
    """Payload, time and signature belong together, in this order."""
    yes = CODEC.seal(state_of(SITE.accept_all())).split(".")
    no = CODEC.seal(state_of(SITE.refuse_all())).split(".")
    for mixed in (
        [yes[0], no[1], no[2]],
        [yes[0], yes[1], no[2]],
        [yes[0], no[1], yes[2]],
        [no[0], yes[1], yes[2]],
        [yes[1], yes[0], yes[2]],
        [yes[2], yes[1], yes[0]],
        [yes[0], yes[2]],
        [yes[0], yes[0], yes[1], yes[2]],
    ):
        with pytest.raises(BadCookie):
            CODEC.unseal(".".join(mixed))


def test_a_compressed_payload_is_refused_unread() -> None:
    """Even with our signature: script could not read it, and it may be a bomb."""
    packed = zlib.compress(json.dumps({**GOOD, "p": ["analytics"]}).encode())
    value = "." + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    sealed = itsdangerous.TimestampSigner(KEY, salt="consentkit.cookie.v1").sign(value).decode()
    with pytest.raises(CookieMalformed):
        CODEC.unseal(sealed)


def test_a_too_long_value_is_refused_unread() -> None:
    """The bound comes before the signature is computed."""
    sealed = signed({**GOOD, "s": "x" * 400})
    assert len(sealed) > MAX_STATE_LENGTH
    with pytest.raises(CookieMalformed, match="too long"):
        CODEC.unseal(sealed)


@pytest.mark.parametrize("salt", ["consentkit.subject.v1", "cookie-session", "itsdangerous"])
def test_a_value_for_another_use_is_refused(salt: str) -> None:
    """Flask's own session cookie, signed with the same key, is no consent."""
    value = itsdangerous.URLSafeTimedSerializer(KEY, salt=salt).dumps({**GOOD, "p": ["analytics"]})
    with pytest.raises(BadCookie):
        CODEC.unseal(value.lstrip("."))


def test_a_foreign_key_is_refused() -> None:
    """And nothing of the payload is looked at."""
    with pytest.raises(CookieForged):
        CODEC.unseal(signed({**GOOD, "p": ["analytics"]}, key="another key"))


def test_a_retired_key_holds_until_it_is_dropped() -> None:
    """Rotation asks no reader again."""
    old = Codec(Keyring(["old"])).seal(state_of(SITE.accept_all()))
    assert Codec(Keyring(["old", "new"])).unseal(old).purposes == ("preferences", "analytics", "embeds")
    with pytest.raises(CookieForged):
        Codec(Keyring(["new"])).unseal(old)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        1,
        [],
        "text",
        {},
        {**GOOD, "v": 2},
        {**GOOD, "v": "1"},
        {**GOOD, "v": True},
        {**GOOD, "v": None},
        {**GOOD, "s": 1},
        {**GOOD, "s": ["steppe-herald"]},
        {**GOOD, "c": "3"},
        {**GOOD, "c": 3.0},
        {**GOOD, "c": True},
        {**GOOD, "c": -1},
        {**GOOD, "c": 10**30},
        {**GOOD, "n": None},
        {**GOOD, "r": 1},
        {**GOOD, "a": "agree"},
        {**GOOD, "a": []},
        {**GOOD, "a": {}},
        {**GOOD, "p": "analytics"},
        {**GOOD, "p": {"analytics": True}},
        {**GOOD, "p": [1]},
        {**GOOD, "p": [["analytics"]]},
        {**GOOD, "x": 1},
        {**GOOD, "x": ""},
        {**GOOD, "x": "0"},
        {**GOOD, "x": "01"},
        {**GOOD, "x": "-1"},
        {**GOOD, "x": "0x1"},
        {**GOOD, "x": "1_0"},
        {**GOOD, "x": " 1"},
        {**GOOD, "x": "F"},
        {**GOOD, "x": "١"},
        {**GOOD, "e": "20960"},
        {**GOOD, "e": -1},
        {**GOOD, "e": 10**18},
        {**GOOD, "more": 1},
        *({key: value for key, value in GOOD.items() if key != missing} for missing in GOOD),
    ],
    ids=lambda payload: json.dumps(payload)[:60],
)
def test_a_payload_that_we_do_not_write_is_refused(payload: object) -> None:
    """The signature alone makes nothing true: a later or a careless version may sign anything."""
    with pytest.raises(CookieMalformed):
        CODEC.unseal(signed(payload))


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 250, b'{"v":NaN}', b"1" * 250])
def test_a_payload_that_is_no_json_is_refused(raw: bytes) -> None:
    """Whatever the bytes are."""
    with pytest.raises(BadCookie):
        CODEC.unseal(signed(None, raw=raw))


@given(st.one_of(st.text(), st.text(ALPHABET + ".", max_size=120)))
def test_any_text_is_a_state_or_a_bad_cookie(value: str) -> None:
    """No other error, and nobody guesses a signature."""
    with pytest.raises(BadCookie):
        CODEC.unseal(value)
    with pytest.raises(BadCookie):
        CODEC.unseal_subject(value)
    with pytest.raises(BadCookie):
        CODEC.read_token("salt", value)
    assert not CODEC.is_sealed(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("vscnrapxe"), json_values) | json_values)
def test_any_signed_json_is_a_state_or_a_bad_cookie(payload: object) -> None:
    """What has our signature is checked as strictly as what has not."""
    try:
        state = CODEC.unseal(signed(payload))
    except BadCookie:
        return
    assert isinstance(state, State)


# ── services that do not follow their purposes ──

answers = st.fixed_dictionaries({name: st.booleans() for name in ("preferences", "analytics", "embeds")})
exceptions = st.dictionaries(st.sampled_from([*ORDER, "login"]), st.booleans())


@given(answers, exceptions)
def test_what_was_chosen_is_read_again(purposes: dict[str, bool], services: dict[str, bool]) -> None:
    """Every choice survives the cookie, service by service."""
    choice = SITE.choose(purposes, services)
    state = CODEC.unseal(CODEC.seal(state_of(choice)))
    read = read_choice(state, SITE, ORDER)
    assert (read.purposes, read.services) == (choice.purposes, choice.services)
    assert read.agrees == state.agrees == choice.agrees


def test_without_exceptions_there_is_no_bitmap() -> None:
    """The cookie of most readers stays short."""
    for choice in (SITE.accept_all(), SITE.choose({"analytics": True}, {})):
        assert state_of(choice).differing == 0


@given(answers, exceptions, st.sets(st.sampled_from(ORDER)))
def test_services_that_are_gone_shift_nobody(
    purposes: dict[str, bool], services: dict[str, bool], gone: set[str]
) -> None:
    """Bits count by the revision's own order: what the site dropped since leaves the others where they were."""
    choice = SITE.choose(purposes, services)
    left = site_with(*(s.model_dump(mode="json") for s in SITE.services if s.id not in gone))
    read = read_choice(state_of(choice), left, ORDER)
    assert read.services == {sid: answer for sid, answer in choice.services.items() if sid not in gone}
    assert read.purposes == choice.purposes


def test_purposes_that_are_gone_are_left_out() -> None:
    """And what used them is off."""
    left = site_with(service("counter", "analytics"), purposes=("analytics",))
    read = read_choice(state_of(SITE.accept_all()), left, ORDER)
    assert read.purposes == {"analytics": True}
    assert read.services == {"counter": True}


def test_a_bit_without_a_service_grants_nothing() -> None:
    """A number that is too big names nobody."""
    read = read_choice(state_of(SITE.choose({"analytics": True}, {}), differing=1 << 60), SITE, ORDER)
    assert read.services == SITE.choose({"analytics": True}, {}).services


# ── the length ──


def test_the_longest_state_is_known_beforehand() -> None:
    """No choice of any reader is longer than what was checked at the start."""
    bound = longest_state(SITE)
    everything_differs = SITE.choose({}, dict.fromkeys(ORDER, True))
    for choice in (SITE.accept_all(), SITE.refuse_all(), everything_differs):
        assert len(CODEC.seal(state_of(choice, Action.ACCEPT_ALL))) <= bound <= MAX_STATE_LENGTH


def test_very_many_purposes_are_too_long() -> None:
    """Such a configuration is refused, rather than given a cookie that does not hold."""
    site = site_with(purposes=tuple(f"purpose-with-a-long-name-{i}" for i in range(15)))
    assert longest_state(site) > MAX_STATE_LENGTH


# ── the other cookies ──


def test_the_class_counts_purposes_in_their_order() -> None:
    """Bit i is the i-th optional purpose."""
    assert class_of(SITE, SITE.refuse_all()) == 0
    assert class_of(SITE, SITE.accept_all()) == 0b111
    assert class_of(SITE, SITE.choose({"analytics": True}, {})) == 0b010


def test_a_subject_id_comes_back() -> None:
    """The reader's key to their own history."""
    subject = new_subject_id()
    sealed = CODEC.seal_subject(subject, NOON)
    assert CODEC.unseal_subject(sealed) == subject
    stock = itsdangerous.URLSafeTimedSerializer([KEY], salt="consentkit.subject.v1")
    assert stock.loads(sealed) == subject


def test_any_changed_character_of_a_subject_is_noticed() -> None:
    """Nobody opens another reader's history."""
    sealed = CODEC.seal_subject(new_subject_id(), NOON)
    for i, character in enumerate(sealed):
        other = ALPHABET[(ALPHABET.find(character) + 1) % 64]
        with pytest.raises(BadCookie):
            CODEC.unseal_subject(sealed[:i] + other + sealed[i + 1 :])


@pytest.mark.parametrize("value", ["", "short", "x" * 23, 1, None, ["A" * 22], "Ж" * 22, "A" * 21 + "\n"])
def test_only_a_subject_id_is_one(value: object) -> None:
    """Whatever else is signed for that use."""
    sealed = itsdangerous.URLSafeTimedSerializer(KEY, salt="consentkit.subject.v1").dumps(value)
    with pytest.raises(CookieMalformed):
        CODEC.unseal_subject(sealed)


def test_state_and_subject_do_not_stand_for_each_other() -> None:
    """Each has a salt of its own."""
    with pytest.raises(BadCookie):
        CODEC.unseal(CODEC.seal_subject(new_subject_id(), NOON))
    with pytest.raises(BadCookie):
        CODEC.unseal_subject(CODEC.seal(state_of(SITE.refuse_all())))


# ── tokens ──


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_token_gives_its_value(value: str) -> None:
    """For its own use, with its own key, and no other."""
    token = CODEC.sign_token("use", value)
    assert CODEC.read_token("use", token) == value
    for codec, salt in ((CODEC, "other"), (Codec(Keyring(["another"])), "use")):
        with pytest.raises(BadCookie):
            codec.read_token(salt, token)


def test_any_changed_character_of_a_token_is_noticed() -> None:
    """The address of a receipt is a secret as a whole."""
    token = CODEC.sign_token("use", "01a208a1-7c75-7640-a422-27e494065f13")
    for i, character in enumerate(token):
        other = ALPHABET[(ALPHABET.find(character) + 1) % 64]
        with pytest.raises(BadCookie):
            CODEC.read_token("use", token[:i] + other + token[i + 1 :])
