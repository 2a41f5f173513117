"""The words for what a configuration names by keyword: purposes, legal bases, kinds of storage and of policy.

They stand here once, so that the notice, the cookies page and the audit view say the same word for the same thing. The
values are message ids.
"""

from __future__ import annotations

from .catalog import N_

#: The purposes that consentkit knows, as headings.
PURPOSE_NAMES = {
    "necessary": N_("Necessary"),
    "preferences": N_("Preferences"),
    "analytics": N_("Audience statistics"),
    "advertising": N_("Advertising"),
    "embeds": N_("Embedded media"),
}

#: The same, each in a sentence.
PURPOSE_SENTENCES = {
    "necessary": N_("What the site cannot work without: security, your session, this very choice."),
    "preferences": N_("Remembers how you like the site: text size, city, theme."),
    "analytics": N_("Counts visits, so that the newsroom knows what is read."),
    "advertising": N_("Shows and measures advertisements that may be chosen by what you read."),
    "embeds": N_("Shows videos and posts of other sites inside articles. Those sites then receive data about you."),
}

#: The grounds of GDPR Art. 6(1).
LEGAL_BASES = {
    "consent": N_("your consent"),
    "contract": N_("a contract with you"),
    "legal_obligation": N_("a legal obligation"),
    "legitimate_interest": N_("our legitimate interest"),
}

#: What a transfer abroad stands on (GDPR Art. 45, 46, 49). No word for no transfer.
TRANSFERS = {
    "adequacy": N_("an adequacy decision"),
    "standard_clauses": N_("standard contractual clauses"),
    "binding_rules": N_("binding corporate rules"),
    "consent": N_("your explicit consent"),
}

#: Where on the device something is kept.
STORAGE_KINDS = {
    "cookie": N_("cookie"),
    "local_storage": N_("local storage"),
    "session_storage": N_("session storage"),
    "indexed_db": N_("browser database"),
    "cache": N_("browser cache"),
}

#: Who set it and can read it.
PARTIES = {"first": N_("this site"), "third": N_("the provider")}

#: The classes of device that are told apart.
DEVICES = {
    "desktop": N_("Computer"),
    "mobile": N_("Phone"),
    "tablet": N_("Tablet"),
    "bot": N_("Program"),
    "other": N_("Unknown device"),
}

#: The documents that a notice rests on.
POLICY_NAMES = {
    "privacy": N_("Privacy policy"),
    "terms": N_("Terms of use"),
    "cookies": N_("Cookies and services"),
}
