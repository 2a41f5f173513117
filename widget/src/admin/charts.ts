// Draws the overview's chart from the table below it: what cannot be told there is a gap here. The page is complete
// without it. Colours are classes, so that a page's scheme, a printer and forced colours change them without a word
// from here; each line has its own dashes beside its colour.

import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

interface Series {
  key: string;
  name: string;
  counts: (number | null)[];
}

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 280;
const MARGIN = { top: 16, bottom: 28, start: 44 };
// As wide as the longest word beside a line may be; on a phone the words stand above the chart.
const LABELS = 150;
const NARROW = 560;
const APART = 15;

function element(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

function read(table: HTMLTableElement): { days: Date[]; notes: (string | undefined)[]; series: Series[] } {
  const rows = [...table.querySelectorAll<HTMLTableRowElement>("tr[data-day]")];
  const series = [...table.querySelectorAll<HTMLElement>("th[data-key]")].map((head, column) => ({
    key: head.dataset.key ?? "",
    name: head.textContent ?? "",
    counts: rows.map((row) => {
      const told = row.querySelectorAll<HTMLElement>("td[data-n]")[column]?.dataset.n;
      return told ? Number(told) : null;
    }),
  }));
  return {
    days: rows.map((row) => new Date(`${row.dataset.day}T00:00:00Z`)),
    notes: rows.map((row) => row.dataset.notes),
    // What is never told has no line.
    series: series.filter((one) => one.counts.some((count) => count !== null)),
  };
}

function draw(plot: HTMLElement, table: HTMLTableElement): void {
  const { days, notes, series } = read(table);
  const width = plot.clientWidth;
  if (!series.length || days.length < 2 || !width) return;
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(language);
  const dates = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const narrow = width < NARROW;
  const end = narrow ? 8 : LABELS;
  const x = scaleLinear([0, days.length - 1], [MARGIN.start, width - end]);
  const most = max(series, (one) => max(one.counts, (count) => count ?? 0)) ?? 0;
  // Counts begin at zero.
  const y = scaleLinear([0, most], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const svg = element("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, direction: "ltr" });
  for (const tick of y.ticks(4)) {
    svg.append(element("line", { class: "grid", x1: MARGIN.start, x2: width - end, y1: y(tick), y2: y(tick) }));
    svg.append(
      element(
        "text",
        { class: "tick", x: MARGIN.start - 6, y: y(tick) + 4, "text-anchor": "end" },
        numbers.format(tick),
      ),
    );
  }
  const every = Math.max(1, Math.ceil(days.length / Math.max(2, Math.floor((width - end) / 90))));
  for (const [index, day] of days.entries()) {
    if (index % every) continue;
    const anchor = index ? "middle" : "start";
    svg.append(
      element("text", { class: "tick", x: x(index), y: HEIGHT - 8, "text-anchor": anchor }, dates.format(day)),
    );
  }
  for (const [index, note] of notes.entries()) {
    if (!note) continue;
    const mark = element("line", {
      class: "change",
      x1: x(index),
      x2: x(index),
      y1: MARGIN.top,
      y2: HEIGHT - MARGIN.bottom,
    });
    mark.append(element("title", {}, `${dates.format(days[index])}: ${note}`));
    svg.append(mark);
  }
  const path = line<number | null>()
    .defined((count) => count !== null)
    .x((_, index) => x(index))
    .y((count) => y(count ?? 0));
  const labels: { key: string; name: string; at: number }[] = [];
  for (const { key, name, counts } of series) {
    svg.append(element("path", { class: `line ${key}`, d: path(counts) ?? "" }));
    const last = counts.filter((count) => count !== null).at(-1) ?? 0;
    labels.push({ key, name, at: y(last) });
    // A day between two that are not told would be no line at all.
    for (const [index, count] of counts.entries()) {
      if (count !== null && counts[index - 1] == null && counts[index + 1] == null) {
        svg.append(element("circle", { class: `dot ${key}`, cx: x(index), cy: y(count), r: 2.5 }));
      }
    }
  }
  if (!narrow) {
    // Each beside the end of its line, moved down where two would meet.
    let lowest = Number.NEGATIVE_INFINITY;
    for (const { key, name, at } of labels.sort((one, other) => one.at - other.at)) {
      lowest = Math.max(at, lowest + APART);
      svg.append(element("text", { class: `label ${key}`, x: width - end + 8, y: lowest + 4 }, name));
    }
    plot.replaceChildren(svg);
    return;
  }
  const legend = document.createElement("p");
  legend.className = "legend";
  for (const { key, name } of labels) {
    const one = document.createElement("span");
    one.className = key;
    one.textContent = name;
    legend.append(one, " ");
  }
  plot.replaceChildren(legend, svg);
}

const plot = document.querySelector<HTMLElement>("[data-plot=days]");
const table = document.querySelector<HTMLTableElement>("#days");
if (plot && table) {
  // Its height is reserved by the stylesheet: nothing below it moves.
  new ResizeObserver(() => draw(plot, table)).observe(plot);
}
