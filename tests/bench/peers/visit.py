"""One visit of the article in a cold browser: what is painted when, what it costs, and what a click does."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import json
import pathlib
import typing as t

from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import CDPSession
from playwright.sync_api import Page

from .contenders import HERE
from .contenders import Contender
from .site import Served
from .site import Site
from .trace import script_time

CPU_SLOWDOWN = 4
BITS_PER_SECOND = 9_000_000
LATENCY_MS = 60
VIEWPORT = {"width": 390, "height": 844}
#: Milliseconds without a change after which a notice stands still.
QUIET = 1000
PATIENCE = 30_000
#: How often a decided reader comes back for the count of bytes run: what comes first, script or paint, may vary.
VISITS = 3
#: What the browser does not report: an event that was painted in under 16 ms.
UNREPORTED = 16.0

_INSTRUMENTS = (HERE / "instruments.js").read_text("utf-8")
_AXE = HERE.parents[1] / "e2e" / "node_modules" / "axe-core" / "axe.min.js"


def instruments(contender: Contender) -> str:
    """Return the script that watches for that contender's notice."""
    arguments = json.dumps([contender.notice, [one for one in (contender.refuse, contender.accept) if one]])
    return _INSTRUMENTS.replace("__ARGUMENTS__", arguments)


@contextlib.contextmanager
def reader(browser: Browser, contender: Contender, **options: t.Any) -> cabc.Iterator[BrowserContext]:
    """Yield a reader who was never here: no cookie, no storage, nothing in the cache."""
    context = browser.new_context(viewport=t.cast("t.Any", VIEWPORT), locale="ru-RU", color_scheme="light", **options)
    try:
        context.add_init_script(instruments(contender))
        yield context
    finally:
        context.close()


def slow_page(context: BrowserContext) -> tuple[Page, CDPSession]:
    """Open a page on a slow processor and a slow network."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    rate = BITS_PER_SECOND / 8
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    return page, session


def wait_until_still(page: Page, *, shown: bool | None, quiet: int = QUIET) -> None:
    """Return once the page is loaded and its notice, there or gone as told, has not changed for a while."""
    page.wait_for_function("args => window.__bench?.still(...args)", arg=[quiet, shown], polling=150, timeout=PATIENCE)


def _wire(served: cabc.Iterable[Served]) -> dict[str, int]:
    """Return what was asked for and how many bytes of it came, beacons apart."""
    asked = [each for each in served if not each.is_beacon]
    return {"requests": len(asked), "bytes": sum(each.body for each in asked)}


def _tasks(read: dict[str, t.Any]) -> dict[str, float]:
    """Return how many tasks took over 50 ms, and by how much they did."""
    durations = [duration for _, duration in read["tasks"]]
    return {"long_tasks": len(durations), "blocking": sum(duration - 50 for duration in durations)}


def first_and_repeat(browser: Browser, site: Site, contender: Contender, answer: str) -> dict[str, t.Any]:
    """Visit cold, answer with ``"refuse"`` or ``"accept"``, come back in a new tab. Times are in milliseconds."""
    with reader(browser, contender) as context:
        mark = site.mark()
        page, session = slow_page(context)
        received = _count_received(session)
        session.send("Performance.enable")
        page.goto(site.page(contender.name))
        wait_until_still(page, shown=True if contender.notice else None)
        site.settle()
        read = page.evaluate("() => window.__bench.read()")
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        first = {
            **{name: read[name] for name in ("fcp", "seen", "rest", "shift", "shifts", "elements")},
            **_wire(site.since(mark)),
            **_tasks(read),
            "received": sum(received.values()),
            "script": metrics["ScriptDuration"] * 1000,
        }
        click = _click(page, getattr(contender, answer)) if contender.notice else {}
        site.settle()
        page.close()
        repeat = _repeat(browser, context, site, contender)
    return {"first": first, "click": click, "repeat": repeat}


def _count_received(session: CDPSession) -> dict[str, float]:
    received: dict[str, float] = {}
    session.on(
        "Network.loadingFinished", lambda event: received.__setitem__(event["requestId"], event["encodedDataLength"])
    )
    return received


def _click(page: Page, selector: str) -> dict[str, float]:
    """Click with the mouse; return milliseconds until the next paint, and until nothing of the notice is left."""
    box = page.locator(selector).first.bounding_box()
    if box is None:
        raise AssertionError(f"There is no {selector} to click on.")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(100)
    begun = page.evaluate("() => { window.__bench.events.length = 0; return performance.now(); }")
    page.mouse.down()
    page.mouse.up()
    wait_until_still(page, shown=False, quiet=500)
    return t.cast(
        "dict[str, float]",
        page.evaluate(
            """([begun, unreported]) => {
              const { events, frames, gone } = window.__bench;
              const mine = events.filter(e => e.startTime >= begun && /^(pointer(down|up)|click)$/.test(e.name));
              const click = events.findLast(e => e.name === "click");
              return {
                paint: Math.max(unreported, ...mine.map(e => e.duration)),
                handlers: Math.max(0, ...mine.map(e => e.handlers)),
                gone: frames[gone][1] - (click?.startTime ?? begun),
              };
            }""",
            [begun, UNREPORTED],
        ),
    )


def _repeat(browser: Browser, context: BrowserContext, site: Site, contender: Contender) -> dict[str, t.Any]:
    mark = site.mark()
    page, _ = slow_page(context)
    browser.start_tracing(page=page, categories=["devtools.timeline", "loading", "v8", "blink.user_timing"])
    try:
        page.goto(site.page(contender.name) + "?again")
        wait_until_still(page, shown=False if contender.notice else None)
        site.settle()
        read = page.evaluate("() => window.__bench.read()")
    finally:
        trace = browser.stop_tracing()
    page.close()
    before, total = script_time(trace)
    return {
        "fcp": read["fcp"],
        "shift": read["shift"],
        "shifts": read["shifts"],
        **_wire(site.since(mark)),
        **_tasks(read),
        "script_before_paint": before,
        "script": total,
    }


def facts(browser: Browser, site: Site, contender: Contender) -> dict[str, t.Any]:
    """Return what needs no clock: bytes of the second layer, without script, strict policies, axe, code that ran."""
    found: dict[str, t.Any] = {"axe": _axe(browser, site, contender)}
    if contender.notice:
        with reader(browser, contender, java_script_enabled=False) as context:
            page = context.new_page()
            page.goto(site.page(contender.name))
            found["without_script"] = page.locator(contender.notice).first.is_visible()
        for policy in ("strict", "types"):
            found[policy] = _under_policy(browser, site, contender, policy)
        for answer in ("refuse", "accept"):
            found[f"executed_after_{answer}"] = _executed(browser, site, contender, answer)
    if contender.choose:
        with reader(browser, contender) as context:
            page = context.new_page()
            page.goto(site.page(contender.name))
            wait_until_still(page, shown=True, quiet=500)
            site.settle()
            mark = site.mark()
            page.locator(contender.choose).first.click()
            page.locator('dialog[open], [role="dialog"]').first.wait_for()
            site.settle()
            found["second_layer"] = _wire(site.since(mark))
    return found


def _axe(browser: Browser, site: Site, contender: Contender) -> dict[str, int]:
    """Return what axe finds on the page with the notice open: violations by rule, with the number of elements."""
    with reader(browser, contender) as context:
        page = context.new_page()
        page.goto(site.page(contender.name))
        wait_until_still(page, shown=True if contender.notice else None)
        page.add_script_tag(content=_AXE.read_text("utf-8"))
        return dict(
            page.evaluate(
                """() => axe.run(document, { resultTypes: ["violations"] })
                  .then(found => found.violations.map(one => [one.id, one.nodes.length]))"""
            )
        )


def _under_policy(browser: Browser, site: Site, contender: Contender, policy: str) -> dict[str, t.Any]:
    """Return how often the policy was violated, and whether the notice still shows and refuses."""
    with reader(browser, contender) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)[:120]))
        page.goto(site.page(contender.name, policy=policy))
        shows = works = False
        with contextlib.suppress(Exception):
            page.wait_for_function("() => window.__bench.shown", polling=100, timeout=4000)
            shows = True
            wait_until_still(page, shown=True, quiet=600)
            page.locator(contender.refuse).first.click(timeout=2000)
            page.wait_for_function("() => !window.__bench.shown", polling=100, timeout=3000)
            works = True
        site.settle()
        violations: list[str] = page.evaluate("() => window.__bench.violations")
        return {
            "violations": len(violations),
            "directives": sorted({said.split(" ")[0] for said in violations}),
            "shows": shows,
            "refuses": works,
            "errors": errors,
        }


def _executed(browser: Browser, site: Site, contender: Contender, answer: str) -> int:
    """Return how many bytes of script had run when a decided reader's first frame was painted: the most of some visits.

    V8's block coverage, taken while the page stands in the task after that frame; functions that were defined and not
    called do not count, nor does the article's own script, nor what this benchmark runs itself.
    """
    with reader(browser, contender) as context:
        page = context.new_page()
        page.goto(site.page(contender.name))
        wait_until_still(page, shown=True, quiet=500)
        page.locator(getattr(contender, answer)).first.click()
        wait_until_still(page, shown=False, quiet=500)
        site.settle()
        page.close()
        return max(_run_by_first_frame(context, site.page(contender.name) + f"?{visit}") for visit in range(VISITS))


def _run_by_first_frame(context: BrowserContext, url: str) -> int:
    page, session = slow_page(context)
    page.add_init_script("window.__benchStopAtFirstFrame = true;")
    sizes: list[int] = []

    def paused(_: object) -> None:
        sizes.append(_covered(session))
        session.send("Debugger.resume")

    session.on("Debugger.paused", paused)
    session.send("Profiler.enable")
    session.send("Debugger.enable")
    session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
    page.goto(url, wait_until="commit")
    for _ in range(PATIENCE // 50):
        if sizes:
            page.close()
            return sizes[0]
        page.wait_for_timeout(50)
    raise TimeoutError(f"{url} painted no frame.")


def _covered(session: CDPSession) -> int:
    total = 0
    for script in session.send("Profiler.takePreciseCoverage")["result"]:
        # The browser's driver and this benchmark have no address; a page's inline script has the page's.
        if not script["url"].startswith("http") or "/static/letters.js" in script["url"]:
            continue
        source = session.send("Debugger.getScriptSource", {"scriptId": script["scriptId"]})["scriptSource"]
        ran = bytearray(len(source))
        ranges = [each for function in script["functions"] for each in function["ranges"]]
        # The wider first: what lies inside says more.
        for each in sorted(ranges, key=lambda one: one["startOffset"] - one["endOffset"]):
            width = each["endOffset"] - each["startOffset"]
            ran[each["startOffset"] : each["endOffset"]] = bytes([each["count"] > 0]) * width
        total += sum(len(character.encode()) for character, count in zip(source, ran, strict=True) if count)
    return total


def installed(path: pathlib.Path = _AXE) -> bool:
    """Return whether the packages of the browser tests are there."""
    return path.exists()
