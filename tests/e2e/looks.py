"""What is measured of a rendered page: contrast, the size of what can be pressed, what lies over the focus.

Everything is computed in the browser from what it would paint, never read from a stylesheet.
"""

from __future__ import annotations

import typing as t

from playwright.sync_api import Page

#: The formula is that of WCAG 2.2, "relative luminance" and "contrast ratio".
_COLOURS = """
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
};
const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
};
const lineage = (element) => element ? [...lineage(element.parentElement), element] : [];
// What is painted behind the content of *element*: every ground from the canvas up.
const ground = (element) => lineage(element).reduce(
    (below, one) => over(rgba(getComputedStyle(one).backgroundColor), below), rgba("Canvas").slice(0, 3));
const opacity = (element) => lineage(element).reduce((all, one) => all * getComputedStyle(one).opacity, 1);
const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
"""

_TEXT = (
    "(root) => {"
    + _COLOURS
    + """
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || element.closest("script, style, noscript, template") || !seen(element)) continue;
        const behind = ground(element);
        const [r, g, b, a] = rgba(getComputedStyle(element).color);
        found.push([node.data.trim().slice(0, 40), ratio(over([r, g, b, a * opacity(element)], behind), behind)]);
    }
    return found;
}"""
)

_EDGES = (
    "(root) => {"
    + _COLOURS
    + """
    return [...root.querySelectorAll(".consentkit-button, input[type=checkbox]")].filter(seen).map((element) => {
        const style = getComputedStyle(element);
        const outside = ground(element.parentElement);
        const inside = ground(element);
        const edge = parseFloat(style.borderTopWidth) > 0 ? over(rgba(style.borderTopColor), inside) : outside;
        const knob = getComputedStyle(element, "::before");
        const parts = [Math.max(ratio(edge, outside), ratio(inside, outside))];
        if (knob.content !== "none") parts.push(ratio(over(rgba(knob.backgroundColor), inside), inside));
        return [element.value || element.className, Math.min(...parts)];
    });
}"""
)

_FOCUS = (
    "(element) => {"
    + _COLOURS
    + """
    const style = getComputedStyle(element);
    const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth);
    // The outline stands outside of the control, at a distance: what is around it is the parent's ground.
    return { width: drawn || 0, apart: parseFloat(style.outlineOffset), ratio: ratio(
        over(rgba(style.outlineColor), ground(element.parentElement)), ground(element.parentElement)) };
}"""
)

#: What a finger can hit: for a box with a label, the label too.
_TARGETS = """(root) => [...root.querySelectorAll("a[href], button, input:not([type=hidden]), summary")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return [(element.textContent || element.value).trim().slice(0, 40), width, height];
    })"""

#: Whether nothing at all of what has the focus can be seen, because of what lies over it (WCAG 2.2, 2.4.11).
_HIDDEN = """() => {
    const element = document.activeElement;
    const { left, top, width, height } = element.getBoundingClientRect();
    const points = [0.1, 0.3, 0.5, 0.7, 0.9]
        .flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + width * x, top + height * y]));
    const inNotice = (one) => !!one.closest("#consentkit-notice");
    return !points.some(([x, y]) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (element.contains(hit) || hit.contains(element)) && inNotice(hit) === inNotice(element);
    });
}"""


def faint_text(page: Page, selector: str) -> list[tuple[str, float]]:
    """Return the texts in *selector* with a contrast below 4.5:1."""
    found = page.locator(selector).first.evaluate(_TEXT)
    assert found, f"no text in {selector}"
    return [(text, round(ratio, 2)) for text, ratio in found if ratio < 4.5]


def faint_edges(page: Page, selector: str) -> list[tuple[str, float]]:
    """Return the buttons and switches in *selector* whose shape or state has a contrast below 3:1."""
    found = page.locator(selector).first.evaluate(_EDGES)
    return [(name, round(ratio, 2)) for name, ratio in found if ratio < 3]


def focus_ring(page: Page) -> dict[str, float]:
    """Return the width, the distance and the contrast of the outline around what has the focus."""
    ring: dict[str, float] = page.evaluate(f"({_FOCUS})(document.activeElement)")
    return ring


def small_targets(page: Page, selector: str, *, least: float = 24) -> list[t.Any]:
    """Return what can be pressed in *selector* and is smaller than *least* pixels either way."""
    found = page.locator(selector).first.evaluate(_TARGETS)
    assert found, f"nothing to press in {selector}"
    return [entry for entry in found if min(entry[1:]) < least - 0.1]


def focus_is_hidden(page: Page) -> bool:
    """Tell whether what has the focus is wholly covered."""
    return bool(page.evaluate(_HIDDEN))
