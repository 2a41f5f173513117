"""A reader with a browser of their own: one context, one page, and a witness of what left it."""

from __future__ import annotations

import collections
import pathlib
import time
import typing as t
import urllib.parse

from playwright.sync_api import Browser
from playwright.sync_api import Error
from playwright.sync_api import Page
from playwright.sync_api import Request
from playwright.sync_api import Response

HERE = pathlib.Path(__file__).parent
ARTIFACTS = HERE.parent / ".artifacts"
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"

#: Milliseconds after which something that did not happen will not happen.
PATIENCE = 20_000
#: Seconds of silence after which a page is at rest: the longest wait of the notice's own script is 99 ms.
QUIET = 0.12
#: Seconds that an answer is waited for which may never come.
HANGING = 0.5
#: What has no answer that a page would wait for.
_UNANSWERED = frozenset({"ping", "cspreport", "eventsource", "websocket"})
#: Ends once the page has painted what it has and its waiting tasks have had their turn, however busy the machine is.
#: A page in the background paints nothing.
_PAINTED = """() => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 500);
})"""

#: Runs before any script of a page: keeps what the policy refused, and each layout shift.
WITNESS = """
(() => {
    const seen = { violations: [], shifts: [], consent: [] };
    Object.defineProperty(window, "__witness", { value: seen });
    document.addEventListener("securitypolicyviolation", (event) =>
        seen.violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sourceFile));
    for (const name of ["ready", "shown", "change"])
        document.addEventListener("consentkit:" + name, () => seen.consent.push(name));
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
})();
"""


class Reader:
    """A fresh browser profile.

    :param locale: the browser's first language.
    :param script: whether scripts run.
    :param width: of the window, in CSS pixels; 390 is a phone.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        locale: str = "ru",
        script: bool = True,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.context = browser.new_context(
            locale=locale,
            java_script_enabled=script,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            extra_http_headers=headers or {},
        )
        self.context.set_default_timeout(PATIENCE)
        self.script = script
        #: Every request of every page of this reader, in order: also beacons, frames and style sheets.
        self.requests: list[Request] = []
        #: What the pages' scripts threw.
        self.errors: list[str] = []
        self.context.on("request", self._begin)
        self.context.on("requestfinished", self._end)
        self.context.on("requestfailed", self._end)
        self._open: set[Request] = set()
        self._last = 0.0
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        if script:
            self.context.add_init_script(WITNESS)
        self.page: Page = self.context.new_page()

    def _begin(self, request: Request) -> None:
        self._last = time.monotonic()
        self.requests.append(request)
        if request.resource_type not in _UNANSWERED:
            self._open.add(request)

    def _end(self, request: Request) -> None:
        self._last = time.monotonic()
        self._open.discard(request)

    def open(self, url: str) -> Response:
        """Go to *url*, wait until it is quiet, and return the answer."""
        answer = self.page.goto(url)
        assert answer is not None
        self.rest(hanging=PATIENCE / 1000)
        return answer

    def reload(self) -> Response:
        """Load the page again, as with the browser's button."""
        answer = self.page.reload()
        assert answer is not None
        self.rest(hanging=PATIENCE / 1000)
        return answer

    def rest(self, page: Page | None = None, *, quiet: float = QUIET, hanging: float = HANGING) -> None:
        """Wait until *page* is loaded, all that any page asked for has come, and nothing more happens for a while.

        Not the browser's own notion of it: that is settled once a page, and a frame that comes later unsettles it.

        :param page: another page than the reader's first. :param quiet: seconds of silence.
        :param hanging: seconds to wait for answers that don't come.
        """
        page = page or self.page
        seen = -1.0
        while seen != self._last:
            page.wait_for_load_state("load")
            self._painted(page)
            begun = time.monotonic()
            seen = self._last
            while seen == self._last and time.monotonic() - begun < (hanging if self._open else quiet):
                page.wait_for_timeout(20)
        # What was never answered is not waited for twice.
        self._open.clear()

    def _painted(self, page: Page) -> None:
        if not self.script:
            return
        try:
            page.evaluate(_PAINTED)
        except Error:
            # The page went on to another one meanwhile, and that is waited for.
            if page.is_closed():
                raise

    def hosts(self) -> collections.Counter[str]:
        """Count the requests by host and port."""
        return collections.Counter(urllib.parse.urlsplit(request.url).netloc for request in self.requests)

    def asked(self, part: str) -> list[str]:
        """Return the addresses asked for that contain *part*."""
        return [request.url for request in self.requests if part in request.url]

    def cookies(self) -> dict[str, str]:
        """Return every cookie in the browser by name, whichever host it belongs to."""
        return {cookie.get("name", ""): cookie.get("value", "") for cookie in self.context.cookies()}

    def storage(self) -> list[str]:
        """Return the names of everything the page keeps in the browser apart from cookies."""
        return t.cast(
            "list[str]",
            self.page.evaluate(
                """async () => [
                    ...Object.keys(localStorage), ...Object.keys(sessionStorage),
                    ...(await indexedDB.databases()).map((database) => database.name),
                    ...("caches" in window ? await caches.keys() : []),
                    ...("serviceWorker" in navigator
                        ? (await navigator.serviceWorker.getRegistrations()).map((worker) => worker.scope) : [])]"""
            ),
        )

    def witness(self, what: t.Literal["violations", "shifts", "consent"]) -> list[t.Any]:
        """Return what the page saw since it began: refusals of its policy, layout shifts, consent events."""
        return t.cast("list[t.Any]", self.page.evaluate("what => window.__witness[what]", what))

    def axe(self, *within: str) -> list[str]:
        """Return the accessibility violations in the page, or only *within* these selectors, one line each."""
        # Through the debugger: a page's content security policy would refuse a script tag.
        session = self.context.new_cdp_session(self.page)
        try:
            session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8") + "; 0"})
            where = [[selector] for selector in within]
            answer = session.send(
                "Runtime.evaluate",
                {
                    "expression": f"axe.run({{include: {where}}})" if where else "axe.run()",
                    "awaitPromise": True,
                    "returnByValue": True,
                },
            )
        finally:
            session.detach()
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return [
            f"{violation['id']}: {violation['help']}: {', '.join(str(node['target']) for node in violation['nodes'])}"
            for violation in answer["result"]["value"]["violations"]
        ]

    def picture(self, name: str) -> None:
        """Keep a picture of the window under tests/.artifacts, for a person to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def close(self) -> None:
        """End the profile and forget everything in it."""
        self.context.close()
