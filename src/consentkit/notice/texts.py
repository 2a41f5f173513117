"""The texts of the notice, by name. A site can replace each of them for each locale (``[notice.texts.ru]``).

The values are the catalogs' message ids. The words are those of a valid consent: what happens, why, that refusing costs
nothing, and how to change one's mind (GDPR Art. 4(11), 7(2), 7(3); EDPB guidelines 05/2020). None of them says that
browsing on is agreeing.
"""

from __future__ import annotations

from ..i18n.catalog import N_

#: The first layer.
FIRST_LAYER = {
    "title": N_("May we use cookies?"),
    "body": N_("If you agree, we and our partners store and read data on your device for: %(purposes)s."),
    "freedom": N_("If you refuse, every article stays open, and you can change your mind at any time."),
    "gpc": N_(
        "Your browser sends Global Privacy Control, and we follow it: only what is necessary is on, unless you choose "
        "more."
    ),
    "accept": N_("Accept all"),
    "reject": N_("Refuse all"),
    "customize": N_("Choose"),
    "privacy": N_("Privacy policy"),
    "terms": N_("Terms of use"),
    "changed": N_("What has changed since you last decided:"),
}

#: The second layer and the page that shows the same.
SECOND_LAYER = {
    "preferences_title": N_("Choose what you allow"),
    "preferences_body": N_(
        "Switch on what you agree to. Nothing is switched on for you. You can come back here from the foot of every "
        "page."
    ),
    "always_on": N_("Always on"),
    "save": N_("Save my choice"),
    "withdraw": N_("Withdraw my consent"),
    "history": N_("Your choices so far"),
    "close": N_("Close without changing anything"),
    "no_services": N_("No service uses this yet."),
    "provider": N_("Who receives data"),
    "country": N_("Country"),
    "transfer": N_("Transfer rests on"),
    "hosts": N_("Loads from"),
    "legal_basis": N_("Legal basis"),
    "data": N_("Data"),
    "retention": N_("Kept for"),
    "cookies": N_("Stored on your device"),
    "cookie_name": N_("Name"),
    "cookie_kind": N_("Kind"),
    "cookie_lifetime": N_("Stays for"),
    "cookie_party": N_("Set by"),
    "why_necessary": N_("Why it is needed"),
    "provider_policy": N_("Their privacy policy"),
    "controller": N_("Responsible: %(name)s, %(email)s"),
}

#: What stands elsewhere on the page, or is said while something happens.
ELSEWHERE = {
    "settings": N_("Cookie settings"),
    "saving": N_("Saving your choice…"),
    "done": N_("Your choice is in force."),
    "failed": N_("Your choice could not be saved. Nothing has been switched on. Please try again in a moment."),
    "refused_unsaved": N_("Your refusal is in force here. We will save it as soon as the connection is back."),
    "notice_changed": N_("This notice has changed. Please choose again."),
    "gpc_recorded": N_("Your browser refused for you by Global Privacy Control. Only what is necessary is on."),
    "left_behind": N_(
        "What these services have stored in your browser under their own addresses, we cannot delete. You can do it in "
        "your browser's settings, or they can:"
    ),
    "dismiss": N_("Close"),
    "embed_blocked": N_(
        "This content comes from %(name)s. If you show it, %(provider)s (%(country)s) receives data from your device."
    ),
    "embed_closed": N_("This content comes from %(name)s. It is not shown on this site."),
    "embed_nameless": N_("Something from another site stood here. It is not shown."),
    "embed_video": N_("Video: %(name)s"),
    "embed_post": N_("Post: %(name)s"),
    "embed_audio": N_("Audio: %(name)s"),
    "embed_map": N_("Map: %(name)s"),
    "embed_chart": N_("Chart: %(name)s"),
    "embed_other": N_("Content: %(name)s"),
    "embed_shown": N_("Content from %(name)s is shown now."),
    "embed_once": N_("Show once"),
    "embed_always": N_("Always show from %(name)s"),
    "embed_original": N_("Open it at %(name)s"),
}

#: Every text that a site can replace.
TEXTS = {**FIRST_LAYER, **SECOND_LAYER, **ELSEWHERE}

#: The purposes that consentkit knows, inside the sentence of the first layer.
PURPOSE_PHRASES = {
    "preferences": N_("your settings"),
    "analytics": N_("audience statistics"),
    "advertising": N_("advertising"),
    "embeds": N_("videos and posts from other sites"),
}

#: What has changed since an older decision.
CHANGES = {
    "purpose_added": N_("A new purpose: %(purpose)s."),
    "basis_changed": N_("Another legal basis: %(purpose)s."),
    "recipient_added": N_("A new recipient of data: %(name)s."),
    "recipient_purpose_added": N_("%(name)s is now used for: %(purpose)s."),
    "policy_changed": N_("A new version: %(policy)s."),
}
