"""Figures to tables: medians, quartiles, differences to the page alone in the same round, and the budgets."""

from __future__ import annotations

import collections.abc as cabc
import statistics
import typing as t

from .contenders import BARE
from .contenders import CONTENDERS
from .contenders import RENDERED
from .contenders import TAG
from .contenders import Contender

#: By contender, by answer, one for each round: what :func:`visit.first_and_repeat` returned.
Runs = dict[str, dict[str, list[dict[str, t.Any]]]]
Facts = dict[str, dict[str, t.Any]]
Figure = dict[str, float]

FIRST = ("seen", "rest", "shift")
FIRST_OVER_BARE = ("fcp", "bytes", "requests", "received", "script", "long_tasks", "blocking", "elements")
REPEAT_OVER_BARE = ("fcp", "bytes", "requests", "script_before_paint", "script", "long_tasks", "blocking")


def figure(values: cabc.Sequence[float]) -> Figure:
    """Return median, quartiles and the highest of *values*."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return {"median": middle, "q1": low, "q3": high, "highest": max(values)}


def summarise(runs: Runs) -> dict[str, dict[str, t.Any]]:
    """Return figures by contender. What the page alone costs too is the difference to it, round by round."""
    found: dict[str, dict[str, t.Any]] = {}
    for contender in CONTENDERS:
        mine = runs[contender.name]
        bare = runs[BARE.name]
        pairs = list(zip(mine["refuse"], bare["refuse"], strict=True))
        row: dict[str, t.Any] = {"runs": len(pairs)}
        if contender is BARE:
            row["first"] = {name: figure([one["first"][name] for one, _ in pairs]) for name in FIRST_OVER_BARE}
            row["repeat"] = {name: figure([one["repeat"][name] for one, _ in pairs]) for name in REPEAT_OVER_BARE}
        else:
            row["first"] = {name: figure([one["first"][name] for one, _ in pairs]) for name in FIRST} | {
                name: figure([one["first"][name] - other["first"][name] for one, other in pairs])
                for name in FIRST_OVER_BARE
            }
            row["click"] = {name: figure([one["click"][name] for one, _ in pairs]) for name in ("paint", "gone")}
            row["repeat"] = {
                answer: {
                    name: figure(
                        [
                            one["repeat"][name] - other["repeat"][name]
                            for one, other in zip(mine[answer], bare[answer], strict=True)
                        ]
                    )
                    for name in REPEAT_OVER_BARE
                }
                for answer in ("refuse", "accept")
            }
        found[contender.name] = row
    return found


def budgets(found: dict[str, dict[str, t.Any]], facts: Facts) -> list[dict[str, t.Any]]:
    """Return each budget of consentkit: what it says, what was measured, whether it holds."""
    rendered, tag = found[RENDERED.name], found[TAG.name]

    def median(row: dict[str, t.Any], *path: str, what: str = "median") -> float:
        for name in path:
            row = row[name]
        return float(row[what])

    rows: list[tuple[str, str, float, float]] = [
        ("in the page: painted after the first contentful paint", "ms", median(rendered, "first", "seen"), 0),
        ("in the page: at rest after the first contentful paint", "ms", median(rendered, "first", "rest"), 0),
        ("in the page: layout shift, at worst", "", median(rendered, "first", "shift", what="highest"), 0),
        ("in the page: bytes of a first visit", "B", median(rendered, "first", "bytes"), 5000),
        ("in the page: requests of a first visit", "", median(rendered, "first", "requests"), 1),
        ("by tag: bytes of a first visit", "B", median(tag, "first", "bytes"), 7000),
        ("by tag: requests of a first visit", "", median(tag, "first", "requests"), 1),
        (
            "by tag: painted, beside the first of the peers with purposes",
            "ms",
            median(tag, "first", "seen"),
            min(median(found[one.name], "first", "seen") for one in CONTENDERS if one.is_peer and one.purposes),
        ),
    ]
    for contender, words in ((RENDERED, "in the page"), (TAG, "by tag")):
        row, fact = found[contender.name], facts[contender.name]
        rows.append((f"{words}: second layer, when asked for", "B", fact["second_layer"]["bytes"], 5000))
        rows.append((f"{words}: Refuse, click to next paint", "ms", median(row, "click", "paint"), 24))
        for answer, after in (("refuse", "after a refusal"), ("accept", "after an acceptance")):
            before = fact[f"executed_after_{answer}"]
            rows += [
                (f"{words}, again {after}: script run before the first paint, at worst", "B", before, 1000),
                (f"{words}, again {after}: requests", "", median(row, "repeat", answer, "requests"), 0),
                (
                    f"{words}, again {after}: tasks over 50 ms more than the page has",
                    "",
                    median(row, "repeat", answer, "long_tasks"),
                    0,
                ),
            ]
    return [
        {"budget": words, "unit": unit, "measured": measured, "limit": limit, "holds": measured <= limit}
        for words, unit, measured, limit in rows
    ]


def tables(found: dict[str, dict[str, t.Any]], facts: Facts, held: list[dict[str, t.Any]]) -> str:
    """Return the report as Markdown."""
    others = [one for one in CONTENDERS if one is not BARE]
    first = [
        [
            _name(one),
            _number(row["bytes"]),
            _number(row["requests"]),
            _spread(row["seen"]),
            _spread(row["rest"]),
            _spread(row["fcp"]),
            f"{row['shift']['median']:.2f} ({row['shift']['highest']:.2f})",
            _spread(row["blocking"]),
            _spread(found[one.name]["click"]["paint"]),
            _number(found[one.name]["click"]["gone"]),
        ]
        for one in others
        for row in [found[one.name]["first"]]
    ]
    again = [
        [
            _name(one),
            *(
                cell
                for answer in ("refuse", "accept")
                for row in [found[one.name]["repeat"][answer]]
                for cell in (
                    _number(row["requests"]),
                    _number(row["bytes"]),
                    f"{facts[one.name][f'executed_after_{answer}']:,}",
                    _spread(row["script_before_paint"]),
                    _spread(row["blocking"]),
                )
            ),
        ]
        for one in others
    ]
    plain = [
        [
            _name(one),
            str(one.purposes or "none"),
            "shows" if facts[one.name]["without_script"] else "nothing",
            _policy(facts[one.name]["strict"]),
            _policy(facts[one.name]["types"]),
            _axe(facts, one),
        ]
        for one in others
    ]
    budget = [
        [
            row["budget"],
            f"{_plain(row['measured'])} {row['unit']}".strip(),
            f"{_plain(row['limit'])} {row['unit']}".strip(),
            "holds" if row["holds"] else "**does not hold**",
        ]
        for row in held
    ]
    return "\n".join(
        [
            "First visit. Times in ms on the slowed processor; all but those of the notice are over the page alone.",
            "",
            *_table(
                _FIRST,
                first,
            ),
            "",
            "Coming back in a new tab, after a refusal and after an acceptance.",
            "",
            *_table(
                ["", *(f"{word} ({a})" for a in ("refused", "accepted") for word in _AGAIN)],
                again,
            ),
            "",
            "Without a clock.",
            "",
            *_table(
                ["", "purposes", "without script", "strict policy", "and Trusted Types", "axe: rules, elements"], plain
            ),
            "",
            "Budgets of consentkit.",
            "",
            *_table(["", "measured", "limit", ""], budget),
            "",
        ]
    )


_FIRST = (
    "",
    "bytes",
    "requests",
    "painted",
    "at rest",
    "page's first paint later",
    "layout shift (at worst)",
    "tasks over 50 ms, by",
    "Refuse: next paint",
    "Refuse: gone",
)
_AGAIN = ("requests", "bytes", "bytes run before paint", "script before paint", "tasks over 50 ms, by")


def _name(one: Contender) -> str:
    return f"{one.title} {one.version}".strip()


def _number(value: Figure) -> str:
    return f"{value['median']:,.0f}"


def _plain(value: float) -> str:
    return f"{value:,.2f}".removesuffix("0").removesuffix("0").removesuffix(".")


def _spread(value: Figure) -> str:
    # Nothing is below nothing: "-0" would be a rounded little less.
    median, low, high = (round(value[name]) for name in ("median", "q1", "q3"))
    return f"{median:,} ({low:,}–{high:,})"


def _policy(said: dict[str, t.Any]) -> str:
    state = "works" if said["refuses"] else "shows, cannot refuse" if said["shows"] else "not in view"
    return f"{said['violations']} refused ({', '.join(said['directives'])}), {state}" if said["violations"] else state


def _axe(facts: Facts, one: Contender) -> str:
    bare = facts[BARE.name]["axe"]
    more = [count - bare.get(rule, 0) for rule, count in facts[one.name]["axe"].items() if count > bare.get(rule, 0)]
    return f"{len(more)}, {sum(more)}"


def _table(head: cabc.Sequence[str], rows: cabc.Iterable[cabc.Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
