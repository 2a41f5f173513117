"""What each role may do in the audit view."""

from __future__ import annotations

import enum

from ..storage.accounts import Role


class Right(enum.StrEnum):
    """Something that an account may be allowed to do."""

    #: Look at records, notices, configurations and policies.
    READ = "read"
    #: Take records out as a file.
    EXPORT = "export"
    #: Change notices and policies.
    EDIT = "edit"
    #: Erase records on request, hold them back for a legal claim, release them.
    ERASE = "erase"
    #: Make and disable accounts.
    MANAGE_ACCOUNTS = "manage_accounts"


_AUDITOR = frozenset({Right.READ, Right.EXPORT})
_EDITOR = _AUDITOR | {Right.EDIT, Right.ERASE}

#: The rights of each role. What is not named is not allowed.
RIGHTS = {
    Role.AUDITOR: _AUDITOR,
    Role.EDITOR: _EDITOR,
    Role.OWNER: _EDITOR | {Right.MANAGE_ACCOUNTS},
}


def allows(role: Role, right: Right) -> bool:
    """Whether an account of that role may do this."""
    return right in RIGHTS[role]
