"""How the audit view calls what is stored. The values are the catalogs' message ids."""

from __future__ import annotations

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..i18n import vocabulary
from ..i18n.catalog import N_
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
