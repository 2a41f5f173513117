"""How often somebody may try to sign in."""

from __future__ import annotations

import pytest

from consentkit.admin.throttle import Throttle
from consentkit.admin.throttle import network_of

ANNA = "anna@example.org"


def allowed(throttle: Throttle, email: str = ANNA, *, address: str = "192.0.2.1", device: str | None = None) -> bool:
    """Try once, and return whether it is looked at."""
    return throttle.attempt(email, address=address, device=device) == 0


def test_five_attempts_are_looked_at() -> None:
    """The sixth is not, and it is told for how long."""
    throttle = Throttle()
    assert [allowed(throttle) for _ in range(6)] == [True] * 5 + [False]
    assert 0 < throttle.attempt(ANNA, address="192.0.2.1", device=None) <= 15 * 60


def test_an_address_has_thirty_for_all_accounts() -> None:
    """Who tries one password on many accounts is stopped as well."""
    throttle = Throttle()
    answers = [allowed(throttle, f"reader{number}@example.org") for number in range(31)]
    assert answers == [True] * 30 + [False]


def test_an_account_has_thirty_from_all_addresses() -> None:
    """Who guesses from many places is stopped as well."""
    throttle = Throttle()
    answers = [allowed(throttle, address=f"192.0.2.{number}") for number in range(31)]
    assert answers == [True] * 30 + [False]
    assert allowed(throttle, "boris@example.org", address="198.51.100.1")


def test_a_known_browser_is_counted_by_itself() -> None:
    """No stranger's attempts touch it, from wherever they come; and it has its own limit."""
    throttle = Throttle()
    for number in range(40):
        allowed(throttle, address=f"192.0.2.{number % 8}")
    assert not allowed(throttle)
    assert [allowed(throttle, device="hers") for _ in range(6)] == [True] * 5 + [False]
    assert allowed(throttle, device="his")


def test_getting_it_right_forgets_what_was_wrong() -> None:
    """Four slips today do not make the next ones fewer."""
    throttle = Throttle()
    for _ in range(3):
        assert [allowed(throttle) for _ in range(4)] == [True] * 4
        throttle.succeeded(ANNA, address="192.0.2.1", device=None)


def test_no_address_is_kept() -> None:
    """What the counters are named after cannot be turned back."""
    throttle = Throttle()
    allowed(throttle)
    names = " ".join(throttle._limiter.storage.events)  # type: ignore[attr-defined]  # the storage in memory
    assert names
    assert "192.0.2.1" not in names
    assert ANNA not in names


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_one_household_is_one_place(address: str | None, network: str) -> None:
    """An IPv6 network has as many addresses as one likes."""
    assert network_of(address) == network
