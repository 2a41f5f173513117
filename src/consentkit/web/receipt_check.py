"""``GET receipts/check``: a page that checks a receipt wholly in the reader's browser. Nothing is sent to anybody."""

from __future__ import annotations

import flask
import markupsafe

from ..errors import StoreUnavailable
from ..i18n.catalog import N_
from ..i18n.catalog import catalog
from ..runtime import Runtime
from ..runtime import current_runtime
from .assets import in_script
from .assets import static_asset
from .negotiation import requested_locale
from .negotiation import requested_site
from .pages import base_url
from .pages import site_page

#: What the script says, by what it is for (see widget/src/check/show.ts). ``%(by)s`` is a time that it fills in.
WORDS = {
    # The whole.
    "title_holds": N_("The receipt holds"),
    "text_holds": N_("The site issued it, and its record stands in the log unchanged."),
    "title_promised": N_("The receipt holds so far"),
    "text_promised": N_(
        "The site issued it and has promised that its record will be in the published log by %(by)s. Fetch the receipt "
        "again after that."
    ),
    "title_partly": N_("Not everything could be checked"),
    "text_partly": N_("Nothing contradicts the receipt, but some of it stayed open. Below stands what, and why."),
    "title_fails": N_("The receipt does not hold"),
    "text_fails": N_("Something in the file was changed, or was never right. Do not rely on what it says."),
    "title_no_receipt": N_("This is no receipt"),
    "text_no_receipt": N_(
        "The file does not have the form of a receipt, or it was damaged. Download it again and leave it as it is."
    ),
    "title_too_long": N_("This file is too long"),
    "text_too_long": N_("No receipt is as long as this file, so it was not read."),
    "title_other_version": N_("This receipt is of a newer form"),
    "text_other_version": N_("This page is older than the receipt and does not know its form."),
    "title_no_crypto": N_("This browser cannot check here"),
    "text_no_crypto": N_("Browsers compute hashes and signatures only in pages that came over https."),
    # The checks: their names, and what is shown where they hold.
    "signature": N_("The site's signature"),
    "signature_holds": N_("The site has signed exactly this receipt."),
    "commitment": N_("The record"),
    "commitment_holds": N_("The entry of the log was made from exactly this record."),
    "notice": N_("The notice as it was shown"),
    "notice_holds": N_("It is the notice that the record names, to the letter."),
    "inclusion": N_("The place in the log"),
    "inclusion_holds": N_("The entry stands in the log at exactly this place."),
    "checkpoint": N_("The head of the log"),
    "checkpoint_holds": N_("The log has signed its head, which covers the entry."),
    "is_holds": N_("holds"),
    "is_fails": N_("does not hold"),
    "is_open": N_("not checked"),
    # Why not.
    "malformed": N_("This part of the receipt is damaged."),
    "no_ed25519": N_("This browser does not know signatures of this kind (Ed25519). Newer browsers do."),
    "unknown_key": N_("It names a key that is not among those that are believed."),
    "other_key": N_("It was signed with the key of another log."),
    "changed": N_("It does not fit what it vouches for: something was changed."),
    "no_notice": N_("The receipt does not hold the notice."),
    "other_notice": N_("The notice in the receipt is not the one that the record names."),
    "not_yet": N_("Not in the published log yet. The site has promised it by %(by)s."),
    "overdue": N_(
        "The site promised it by %(by)s, and that is over. Download the receipt again. If that one is not in the log "
        "either, the site broke its word, and this file shows it."
    ),
    "incomplete": N_("A part of the receipt that must be there is missing."),
    "other_root": N_("The proof leads elsewhere: the entry is not at this place of the log."),
    "other_origin": N_("It belongs to another log."),
    # What the receipt says.
    "decided": N_("What was decided"),
    "unconfirmed": N_("What the file says, unconfirmed"),
    "action": N_("Decision"),
    "action_accept_all": N_("Accepted everything"),
    "action_reject_all": N_("Refused everything"),
    "action_save": N_("Chose for each purpose"),
    "action_withdraw": N_("Withdrew consent"),
    "action_gpc": N_("Signalled by the browser (GPC)"),
    "agreed": N_("Agreed to"),
    "refused": N_("Refused"),
    "agreed_services": N_("Services agreed to"),
    "refused_services": N_("Services refused"),
    "nothing": N_("nothing"),
    "when": N_("Decided"),
    "until": N_("In force until"),
    "site": N_("Site"),
    "record": N_("Number of the record"),
    "checks": N_("What was checked"),
    "first_layer": N_("First layer of the notice"),
    "second_layer": N_("Second layer of the notice"),
    "place": N_("Its way into the log"),
    "log": N_("Name of the log"),
    "state": N_("How far it has come"),
    "state_recorded": N_("recorded"),
    "state_integrated": N_("in the log, not published yet"),
    "state_published": N_("published"),
    "index": N_("Number of the entry, from 0"),
    "size": N_("Entries in the log then"),
    "witnesses": N_("Cosigned by"),
    "issued": N_("Receipt issued"),
    "all": N_("All that the record says"),
    "no_key": N_("This is no key, and was left out:"),
}

#: Nothing but the page's own script and styles: not even an image, a request or a form.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types consentkit"
)


def receipt_check() -> flask.Response:
    """Answer with the page, which holds the keys of the site's log. While they can't be read it comes without."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    words = catalog(requested_locale(snapshot.site, otherwise_accepted=True))
    keys = _keys(runtime, snapshot.site.id)
    body = flask.render_template(
        "consentkit/receipt_check.html",
        _=words.gettext,
        keys=keys,
        words=markupsafe.Markup(in_script({name: words.gettext(text) for name, text in WORDS.items()})),  # noqa: S704 - safe in a script's element
        base=base_url(),
        assets=runtime.settings.assets_path,
        version={name: asset.version for name in ("check.js", "check.css") if (asset := static_asset(name))},
    )
    response = site_page(snapshot, words, words.gettext(N_("Check a receipt")), markupsafe.Markup(body))  # noqa: S704 - a template's output
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "public, max-age=60" if keys else "no-store"
    response.vary.add("Accept-Language")
    return response


def _keys(runtime: Runtime, site: str) -> list[str]:
    try:
        with runtime.database.unit_of_work(read_only=True) as uow:
            return [key.verifier for key in uow.log_keys.all(site)]
    except StoreUnavailable:
        return []
