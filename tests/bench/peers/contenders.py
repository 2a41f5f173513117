"""What is measured side by side, each set up as its own documentation says, in its leanest documented form."""

from __future__ import annotations

import dataclasses
import json
import pathlib

HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True, slots=True)
class Contender:
    """One way to have a notice on the article's page."""

    #: In addresses, file names and the JSON.
    name: str
    title: str
    #: The npm package; empty for the page alone and for consentkit.
    package: str = ""
    #: HTML for the end of ``<head>``, the beginning and the end of ``<body>``.
    head: str = ""
    first: str = ""
    last: str = ""
    #: Inline scripts in that HTML: a strict policy allows them by hash.
    inline: tuple[str, ...] = ()
    #: CSS selectors: the notice's visible box, and its buttons.
    notice: str = ""
    refuse: str = ""
    accept: str = ""
    choose: str = ""
    #: How many optional purposes a reader can choose between.
    purposes: int = 4

    @property
    def is_peer(self) -> bool:
        """Whether it is somebody else's."""
        return bool(self.package)

    @property
    def version(self) -> str:
        """The version that is installed here."""
        if not self.package:
            return ""
        return str(json.loads((HERE / "node_modules" / self.package / "package.json").read_text("utf-8"))["version"])


def _style(path: str) -> str:
    return f'<link rel="stylesheet" href="/peers/{path}">'


def _setup(name: str) -> str:
    """Return the call that sets a notice up, for an inline script; nothing before it is built."""
    path = HERE / "dist" / name / "setup.js"
    return path.read_text("utf-8").strip() if path.exists() else ""


_CONSENTKIT = {
    "notice": "#consentkit-notice",
    "refuse": '#consentkit-notice [data-consentkit-action="reject_all"]',
    "accept": '#consentkit-notice [data-consentkit-action="accept_all"]',
    "choose": '#consentkit-notice [data-consentkit-action="customize"]',
}
_TARTEAUCITRON_LANGUAGE = 'var tarteaucitronForceLanguage = "ru";'

BARE = Contender("bare", "the page alone")
RENDERED = Contender("consentkit", "consentkit, in the page", **_CONSENTKIT)
TAG = Contender(
    "consentkit-tag",
    "consentkit, by tag",
    head='<script src="/consent/widget.js?site=steppe-herald&amp;locale=ru" async></script>',
    **_CONSENTKIT,
)
PEERS = (
    Contender(
        "consent-banner",
        "@mozmeao/consent-banner",
        "@mozmeao/consent-banner",
        head=_style("consent-banner/notice.css"),
        first=(HERE / "setups" / "consent-banner.html").read_text("utf-8"),
        last='<script type="module" src="/peers/consent-banner/notice.js"></script>',
        notice="#moz-consent-banner",
        refuse="#moz-consent-banner-button-reject",
        accept="#moz-consent-banner-button-accept",
        purposes=0,
    ),
    Contender(
        "cookieconsent",
        "cookieconsent (Osano)",
        "cookieconsent",
        head=_style("cookieconsent/cookieconsent.min.css"),
        last='<script src="/peers/cookieconsent/cookieconsent.min.js"></script>'
        f"<script>{_setup('cookieconsent')}</script>",
        inline=(_setup("cookieconsent"),),
        notice=".cc-window",
        refuse=".cc-window .cc-deny",
        accept=".cc-window .cc-allow",
        purposes=0,
    ),
    Contender(
        "vanilla-cookieconsent",
        "vanilla-cookieconsent",
        "vanilla-cookieconsent",
        head=_style("vanilla-cookieconsent/notice.css"),
        last='<script type="module" src="/peers/vanilla-cookieconsent/notice.js"></script>',
        notice="#cc-main .cm",
        refuse='#cc-main .cm [data-role="necessary"]',
        accept='#cc-main .cm [data-role="all"]',
    ),
    Contender(
        "tarteaucitron",
        "tarteaucitronjs",
        "tarteaucitronjs",
        last=f"<script>{_TARTEAUCITRON_LANGUAGE}</script>"
        '<script src="/peers/tarteaucitron/tarteaucitron.min.js"></script>'
        f"<script>{_setup('tarteaucitron')}</script>",
        inline=(_TARTEAUCITRON_LANGUAGE, _setup("tarteaucitron")),
        notice="#tarteaucitronAlertBig",
        refuse="#tarteaucitronAllDenied2",
        accept="#tarteaucitronPersonalize2",
    ),
    Contender(
        "klaro",
        "klaro",
        "klaro",
        last='<script defer src="/peers/klaro/setup.js"></script><script defer src="/peers/klaro/klaro.js"></script>',
        notice=".klaro .cookie-notice",
        refuse=".klaro .cookie-notice .cn-decline",
        accept=".klaro .cookie-notice .cm-btn-success",
    ),
    Contender(
        "c15t",
        "@c15t/react (with React)",
        "@c15t/react",
        head=_style("c15t/notice.css"),
        last='<div id="consent"></div><script type="module" src="/peers/c15t/notice.js"></script>',
        notice='[data-testid="consent-banner-root"] [data-testid="consent-banner-card"]',
        refuse='[data-testid="consent-banner-reject-button"]',
        accept='[data-testid="consent-banner-accept-button"]',
    ),
)
CONTENDERS = (BARE, RENDERED, TAG, *PEERS)
