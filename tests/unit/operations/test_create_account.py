"""What an account's address and password must be."""

from __future__ import annotations

import pytest

from consentkit.errors import AccountRefused
from consentkit.errors import PasswordCommon
from consentkit.operations.create_account import check_email
from consentkit.operations.create_account import check_new_password
from tools import common_passwords


@pytest.mark.parametrize(
    "email", ["anna@example.org", " Anna@Example.ORG\n", "a.b+c@sub.example.org", "анна@пример.қаз"]
)
def test_an_address_is_taken_in_one_form(email: str) -> None:
    """Trimmed, in lower case."""
    assert check_email(email) == email.strip().lower()


@pytest.mark.parametrize(
    "email",
    ["", "anna", "anna@example", "@example.org", "a@b@c.d", "a b@c.de", "<a@b.cd>", "a\x00@b.cd", "a" * 250 + "@b.cd"],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    """With the field, and an example of what is expected."""
    with pytest.raises(AccountRefused, match="anna@example") as refused:
        check_email(email)
    assert refused.value.field == "email"


def test_only_length_and_being_common_count() -> None:
    """Twelve characters of any kind are enough, unless they are tried first."""
    check_new_password("            ")
    check_new_password("қоңыр күз 12")
    for password in ("", "short", "eleven char", "x" * 129):
        with pytest.raises(AccountRefused, match="expected at") as refused:
            check_new_password(password)
        assert refused.value.field == "password"
    for password in ("password1234", "Қазақстан2024", "1234567890123", "Administrator!", "qwerty 123 456"):
        with pytest.raises(PasswordCommon, match="tried first"):
            check_new_password(password)


def test_the_list_of_common_passwords_is_as_it_is_made() -> None:
    """Nobody's own list went into it."""
    assert common_passwords.TARGET.read_text("utf-8") == common_passwords.text()
