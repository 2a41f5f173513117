"""Reads a Chromium trace: how long script ran on the page's main thread."""

from __future__ import annotations

import json
import typing as t

#: Events of the timeline that are script being read or run; some lie inside others.
_SCRIPT = {
    "EvaluateScript",
    "FunctionCall",
    "RunMicrotasks",
    "v8.compile",
    "v8.compileModule",
    "v8.evaluateModule",
}


def script_time(trace: bytes) -> tuple[float, float]:
    """Return milliseconds of script before the first contentful paint, and in all.

    :raises ValueError: the trace has no first contentful paint.
    """
    events: list[dict[str, t.Any]] = json.loads(trace)["traceEvents"]
    paints = [event for event in events if event["name"] == "firstContentfulPaint"]
    if not paints:
        raise ValueError("The trace has no first contentful paint.")
    paint = max(paints, key=lambda event: event["ts"])
    spans = sorted(
        (event["ts"], event["ts"] + event["dur"])
        for event in events
        if event["name"] in _SCRIPT and event["pid"] == paint["pid"] and event["tid"] == paint["tid"] and "dur" in event
    )
    before = total = 0.0
    end = 0.0
    for begin, until in spans:
        fresh = max(begin, end)
        if until <= fresh:
            continue
        total += until - fresh
        before += max(0.0, min(until, paint["ts"]) - fresh)
        end = until
    return before / 1000, total / 1000
