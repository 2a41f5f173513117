"""Every exception that consentkit raises, in one tree.

::

    ConsentKitError
    ├── ConfigError            a setting or a site's file is wrong: says where, what was found, what is expected
    ├── BadCookie              a cookie that does not hold; never reaches a reader, who is simply undecided
    │   ├── CookieMalformed    wrong size, alphabet or shape, or compressed
    │   └── CookieForged       the signature is not ours
    ├── BadDecision            a decision that cannot be taken as sent; names the field
    ├── NoticeChanged          the notice that was answered is not the current one
    ├── NonceReused            the nonce was used before with another body
    ├── NotFound               a site, record, policy or version that does not exist
    ├── UnknownPurpose         the code asks for a purpose or service that no site has
    ├── OriginRefused          a post from a page that is not the site's
    ├── AccountRefused         an account that cannot be made as asked; names the field
    ├── ProofInvalid           a proof, a signature or a checkpoint that does not hold; says why
    ├── KeyUnavailable         the private half of a log's key is not here, or does not sign; says which and what to do
    ├── AnchorUnavailable      a place for the last checkpoint does not answer now; try again later
    ├── LogRefused             the log would contradict what lies outside of it; says what, and how to go on
    └── StoreUnavailable       the database cannot take or give the data now; try again later
"""

from __future__ import annotations

import dataclasses


class ConsentKitError(Exception):
    """The root: catch this to catch everything of ours."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration.

    :param where: the place: ``file.toml:12`` or the name of a setting.
    :param path: the dotted path of the value, e.g. ``services[2].hosts[0]``.
    :param message: what was found and what was expected, one sentence.
    :param hint: the nearest valid name or the way out, or an empty string.
    """

    where: str
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.path}: {self.message}" if self.path else f"{self.where}: {self.message}"
        return f"{text} {self.hint}".rstrip()


class ConfigError(ConsentKitError):
    """The configuration cannot be used.

    Carries *all* problems that were found, not only the first.
    """

    #: What is wrong, in the order of the file.
    problems: tuple[Problem, ...]

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class BadCookie(ConsentKitError):
    """A cookie that does not hold. The reader counts as undecided."""


class CookieMalformed(BadCookie):
    """The value is too long, of another alphabet or shape, or compressed."""


class CookieForged(BadCookie):
    """No key of ours made this signature."""


class BadDecision(ConsentKitError):
    """A decision cannot be taken as it was sent."""

    #: The field that is wrong, as the sender named it, or ``""`` for the body as a whole.
    field: str

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class NoticeChanged(ConsentKitError):
    """The notice that was answered is not, or no longer, the current one."""

    #: The version that is current now in the reader's locale.
    current: str

    def __init__(self, current: str) -> None:
        self.current = current
        super().__init__("The notice has changed since the page was loaded.")


class NonceReused(ConsentKitError):
    """The nonce was used before, for another decision."""


class NotFound(ConsentKitError):
    """There is no such site, record, policy or version."""


class UnknownPurpose(ConsentKitError):
    """The code asks for a purpose or a service that no site has."""


class OriginRefused(ConsentKitError):
    """The post did not come from a page of the site."""


class AccountRefused(ConsentKitError):
    """An account of the audit view cannot be made or changed as asked."""

    #: What is wrong: ``email``, ``password``, ``grants`` or ``second_factor``.
    field: str

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class PasswordCommon(AccountRefused):
    """The password is one of those that are tried first."""


class WrongPassword(AccountRefused):
    """The password that was asked for again is not the account's."""


class UserLoaderFailed(ConsentKitError):
    """The application's own loader of users is not there, raised, or returned something that is no user."""


class LastOwner(AccountRefused):
    """Without this account nobody would own the site, or all of them."""


class RightMissing(ConsentKitError):
    """The account of the audit view may not do this on that site."""


class SecretUnreadable(ConsentKitError):
    """What is stored encrypted cannot be read: none of the secret keys is the one that it was encrypted with."""


class StoreUnavailable(ConsentKitError):
    """The database cannot take or give the data now."""

    #: Seconds after which another try makes sense.
    retry_after: int

    def __init__(self, message: str = "The database is not available.", *, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ProofInvalid(ConsentKitError):
    """A proof, a signature or a checkpoint does not hold. The message says why, in one sentence."""


class KeyUnavailable(ConsentKitError):
    """The private half of a log's key is not at hand, or does not sign. The message never repeats a private key."""


class AnchorUnavailable(ConsentKitError):
    """An anchor, a place outside the database that holds a log's last checkpoint, cannot be read or written now."""


class LogRefused(ConsentKitError):
    """A checkpoint is not signed, for it would contradict one that was: a database was restored, or changed."""


class ConsentWarning(UserWarning):
    """In debug mode: what a page loads, or a response sets, without its reader's consent. No error, and in no tree."""
