"""What a User-Agent says of a browser, in two words."""

from __future__ import annotations

import functools
import typing as t


class Device(t.NamedTuple):
    """What kind of browser and device, and no more than that."""

    family: str
    kind: str


#: The first mark found in a User-Agent says the family. The order matters: most name their ancestors too.
_FAMILIES = (
    ("bot", "Bot"),
    ("crawl", "Bot"),
    ("spider", "Bot"),
    ("yabrowser", "Yandex Browser"),
    ("samsungbrowser", "Samsung Internet"),
    ("ucbrowser", "UC Browser"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("edg", "Edge"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)


def device_of(user_agent: str) -> Device:
    """Return the family of the browser and the class of the device (``desktop``, ``mobile``, ``tablet``, ``bot``)."""
    # Cut before it is remembered, or a stranger's long headers would fill the memory.
    return _device_of(user_agent[:512])


@functools.lru_cache(maxsize=1024)
def _device_of(user_agent: str) -> Device:
    text = user_agent.lower()
    family = next((name for mark, name in _FAMILIES if mark in text), "Other")
    if family == "Bot":
        return Device(family, "bot")
    if "ipad" in text or "tablet" in text or ("android" in text and "mobile" not in text):
        return Device(family, "tablet")
    if "mobi" in text or "iphone" in text:
        return Device(family, "mobile")
    return Device(family, "desktop" if text else "other")
