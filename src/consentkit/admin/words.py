"""How the audit view calls what is stored. The values are the catalogs' message ids."""

from __future__ import annotations

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..i18n import vocabulary
from ..i18n.catalog import N_
from ..ledger.events import Result
from ..ledger.events import What
from ..operations.log_findings import Kind as Damage
from ..operations.take_stock import Standing
from ..storage.accounts import Role
from ..storage.observations import Kind
from ..storage.observations import Outcome

#: What a reader did, as a filter and a list say it.
ACTIONS = {
    Action.ACCEPT_ALL: N_("Accepted everything"),
    Action.REJECT_ALL: N_("Refused everything"),
    Action.SAVE: N_("Chose"),
    Action.WITHDRAW: N_("Withdrew"),
    Action.GPC: N_("Signalled by the browser (GPC)"),
}

#: The same as a sentence.
SENTENCES = {
    Action.ACCEPT_ALL: N_("The reader accepted everything."),
    Action.REJECT_ALL: N_("The reader refused everything."),
    Action.SAVE: N_("The reader chose for each purpose."),
    Action.WITHDRAW: N_("The reader withdrew their consent."),
    Action.GPC: N_("The reader's browser refused by a signal (Global Privacy Control)."),
}

LAYERS = {
    Layer.FIRST: N_("First layer of the notice"),
    Layer.SECOND: N_("Second layer of the notice"),
    Layer.PAGE: N_("Page of preferences"),
}

METHODS = {
    Method.WIDGET: N_("Notice with script"),
    Method.FORM: N_("Form without script"),
    Method.API: N_("Programming interface"),
    Method.AMP: N_("AMP page"),
    Method.SIGNAL: N_("Signal of the browser"),
}

LAYOUTS = {
    "bar": N_("Bar at the edge of the page"),
    "box": N_("Box in the corner of the page"),
    "modal": N_("Dialog over the page"),
}

REGIMES = {
    "gdpr": N_("GDPR: nothing without consent"),
    "us": N_("United States: on until refused"),
    "notice": N_("Information only"),
}

#: The classes of device.
DEVICES = vocabulary.DEVICES

ROLES = {
    Role.AUDITOR: N_("Auditor"),
    Role.EDITOR: N_("Editor"),
    Role.OWNER: N_("Owner"),
}

KINDS = {
    Kind.COOKIE: N_("Cookie"),
    Kind.HOST: N_("Host"),
}

STANDINGS = {
    Standing.UNDECLARED: N_("Not declared"),
    Standing.DECLARED: N_("By a service"),
    Standing.OWN: N_("The site itself"),
}
ITSELF = STANDINGS[Standing.OWN]

#: What became of a cookie or a host.
OUTCOMES = {
    Outcome.PASSED: N_("let through"),
    Outcome.WITHHELD: N_("withheld"),
    Outcome.EXPIRED: N_("deleted"),
    Outcome.BLOCKED: N_("blocked"),
    Outcome.REPORTED: N_("only reported"),
}

#: What verification of a log can find.
DAMAGE = {
    Damage.CHANGED: N_("A record was changed after it entered the log"),
    Damage.SWAPPED: N_("Two records stand in each other's places"),
    Damage.OTHER_SITE: N_("A record says that it is of another site"),
    Damage.MISSING: N_("A record is gone, and the log says nothing of an erasure"),
    Damage.TRUNCATED: N_("The end of the log is gone"),
    Damage.NOT_ERASED: N_("A record is there that the log says was erased"),
    Damage.UNLOGGED: N_("A record has no place in the log"),
    Damage.BACK_DATED: N_("A record says an earlier time than it can have"),
    Damage.FORGED_STATEMENT: N_("A statement of the log on itself was forged"),
    Damage.TILE_CHANGED: N_("A stored part of the log's tree was changed"),
    Damage.HEAD_CHANGED: N_("The log's stored head was changed"),
    Damage.CHECKPOINT_CHANGED: N_("A checkpoint was changed, or another key signed it"),
    Damage.FORKED: N_("A signed checkpoint is of another tree"),
    Damage.ROLLED_BACK: N_("An anchor holds more than the database: it was restored, or cut"),
    Damage.UNKNOWN_KEY: N_("A key signs for the log that no key before it vouched for"),
    Damage.QUEUE_GAP: N_("The queue names a record that is not there, or has a place already"),
}

#: What was done, in the log of access.
EVENTS = {
    What.SIGN_IN: N_("Signed in"),
    What.SIGN_OUT: N_("Signed out"),
    What.SESSION_END: N_("Ended sessions"),
    What.OVERVIEW_VIEW: N_("Looked at the overview"),
    What.OVERVIEW_EXPORT: N_("Downloaded figures"),
    What.RECORDS_VIEW: N_("Listed records"),
    What.RECORDS_FIND: N_("Looked for a record"),
    What.RECORDS_EXPORT: N_("Exported records"),
    What.RECORD_VIEW: N_("Looked at a record"),
    What.RECORD_ERASE_ASK: N_("Was asked whether to erase"),
    What.RECORD_ERASE: N_("Erased records"),
    What.RECORD_HOLD: N_("Held a record"),
    What.RECORD_RELEASE: N_("Released a record"),
    What.RETENTION_RUN: N_("Erased what was past its time"),
    What.FILTER_SAVE: N_("Saved a filter"),
    What.FILTER_DELETE: N_("Removed a filter"),
    What.NOTICE_VIEW: N_("Looked at a notice"),
    What.CONFIGURATION_VIEW: N_("Looked at a configuration"),
    What.POLICY_VIEW: N_("Looked at a policy"),
    What.SERVICES_VIEW: N_("Looked at the services"),
    What.SERVICES_EXPORT: N_("Downloaded the services"),
    What.LOG_VIEW: N_("Looked at the log"),
    What.LOG_VERIFY: N_("Verified the log"),
    What.PACK_EXPORT: N_("Made an audit pack"),
    What.PEOPLE_VIEW: N_("Looked at the people"),
    What.PERSON_CREATE: N_("Created an account"),
    What.PERSON_INVITE: N_("Invited somebody"),
    What.PERSON_JOIN: N_("Accepted an invitation"),
    What.PERSON_CHANGE: N_("Changed an account or a role"),
    What.ACCOUNT_VIEW: N_("Looked at their own account"),
    What.ACCOUNT_CHANGE: N_("Changed their own account"),
    What.ACCESS_VIEW: N_("Looked at the log of access"),
    What.ACCESS_VERIFY: N_("Verified the log of access"),
    What.OTHER: N_("Something else"),
}

RESULTS = {
    Result.DONE: N_("done"),
    Result.REFUSED: N_("not allowed, or not found"),
    Result.FAILED: N_("failed"),
}
