"""Tries the clock on notices whose times are known, beside the browser's own pictures of the page."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import typing as t

from playwright.sync_api import Browser

from .contenders import Contender
from .site import serve
from .visit import reader
from .visit import slow_page
from .visit import wait_until_still

FRAME = 17.0
#: Milliseconds by which a time may be off: three frames.
TOLERANCE = 50.0
TRIES = 4

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A known notice</title>
<style>
  body {{ margin: 0; background: rgb(0, 0, 255); color: #fff; font: 24px sans-serif }}
  #notice {{ position: fixed; inset: auto 0 0 0; height: 200px; background: rgb(255, 0, 0) }}
  {style}
</style>
<h1>A known notice</h1>
{html}
<script>
  const afterPaint = (act) => new PerformanceObserver((list) => {{
    if (list.getEntriesByName("first-contentful-paint").length)
      setTimeout(() => {{ performance.mark("known"); act(); }}, 400);
  }}).observe({{ type: "paint", buffered: true }});
  {script}
</script>
"""
_NOTICE = '<div id="notice">Notice</div>'
_ADD = f"afterPaint(() => document.body.insertAdjacentHTML('beforeend', '{_NOTICE}'));"


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A notice painted in the first frame, or in the next after its page said so, that then moves for a while."""

    name: str
    #: Milliseconds from its first frame to its rest.
    moves: float = 0
    html: str = ""
    style: str = ""
    script: str = ""

    @property
    def page(self) -> str:
        """Its page."""
        return _PAGE.format(html=self.html, style=self.style, script=self.script)


KNOWN = (
    Known("in the page", html=_NOTICE),
    Known("added by a timer", script=_ADD),
    Known(
        "added by a timer, fades in for 500 ms",
        500,
        style="#notice { animation: in 500ms linear } @keyframes in { from { opacity: 0 } }",
        script=_ADD,
    ),
    Known(
        "in the page, slides in from below for 600 ms",
        600,
        html=_NOTICE,
        style="#notice { animation: in 600ms linear } @keyframes in { from { transform: translateY(190px) } }",
    ),
    Known(
        "in the page, invisible until a timer",
        html='<div id="notice" style="visibility: hidden">Notice</div>',
        script="afterPaint(() => notice.style.visibility = 'visible');",
    ),
)

#: How much of the area of the notice is red, and whether the page is painted, of each picture.
_LOOK = """async pictures => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 390, height: 844 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const found = [];
  for (const [time, data] of pictures) {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    context.drawImage(image, 0, 0, 390, 844);
    const [, , page] = context.getImageData(200, 400, 1, 1).data;
    const [near] = context.getImageData(200, 650, 1, 1).data;
    const [low] = context.getImageData(200, 839, 1, 1).data;
    found.push([time, page > 200 && context.getImageData(200, 400, 1, 1).data[0] < 50, near, low]);
  }
  return found;
}"""


def check(browser: Browser) -> list[dict[str, t.Any]]:
    """Measure each known notice; return what was expected, measured, and seen in the pictures, in milliseconds."""
    pages = {f"known-{place}": known.page for place, known in enumerate(KNOWN)}
    with tempfile.TemporaryDirectory(prefix="consentkit-bench-") as folder, serve(pathlib.Path(folder), pages) as site:
        return [
            {"case": known.name, **_measure_patiently(browser, site.page(f"known-{place}"), known.moves)}
            for place, known in enumerate(KNOWN)
        ]


def _measure_patiently(browser: Browser, url: str, moves: float) -> dict[str, t.Any]:
    """Measure, again where it was not right: what a busy machine did passes, what the clock does wrong stays."""
    for _ in range(TRIES - 1):
        if is_right(row := _measure(browser, url, moves)):
            return row
    return _measure(browser, url, moves)


def _measure(browser: Browser, url: str, moves: float) -> dict[str, t.Any]:
    with reader(browser, Contender("known", "known", notice="#notice")) as context:
        page, session = slow_page(context)
        pictures: list[tuple[float, str]] = []

        def take(event: dict[str, t.Any]) -> None:
            pictures.append((event["metadata"]["timestamp"] * 1000, event["data"]))
            session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

        session.on("Page.screencastFrame", take)
        session.send("Page.startScreencast", {"format": "png"})
        page.goto(url)
        wait_until_still(page, shown=True)
        read = page.evaluate("() => window.__bench.read()")
        said = page.evaluate("() => performance.getEntriesByName('known')[0]?.startTime")
        session.send("Page.stopScreencast")
        found = page.evaluate(_LOOK, pictures)
    painted = next(time for time, page_there, *_ in found if page_there)
    seen = next(time for time, page_there, near, low in found if page_there and max(near, low) > 2)
    rest = next(
        time for place, (time, *_) in enumerate(found) if all(one[2:] == found[-1][2:] for one in found[place:])
    )
    known = 0.0 if said is None else said - read["base"]
    return {
        "seen": known,
        "rest": known + moves,
        "measured_seen": read["seen"],
        "measured_rest": read["rest"],
        "pictured_seen": seen - painted,
        "pictured_rest": max(0.0, rest - painted),
        "exact": read["exact"],
    }


def is_right(row: dict[str, t.Any]) -> bool:
    """Return whether the clock was right: no frame too early, and not later than known, or than the pictures show.

    On a busy machine a frame comes late; then the pictures are late as well, and the clock is right to say so.
    """
    close = all(
        min(abs(row[f"measured_{name}"] - row[other]) for other in (name, f"pictured_{name}")) <= TOLERANCE
        for name in ("seen", "rest")
    )
    return close and row["measured_seen"] >= row["seen"] - FRAME and (row["seen"] > 0 or row["measured_seen"] == 0)
