// Runs before anything else in every measured page, the same in each. It notes, after each frame, where the notice is and
// how much of it shows; and what the browser itself tells of paints, shifts, long tasks and events.
((notice, controls) => {
  if (window !== window.top) return;
  const frames = [];
  const state = { frames, shift: 0, shifts: [], tasks: [], events: [], violations: [], paint: null, first: null };
  window.__bench = state;

  const watch = (type, take, options) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
    } catch {
      // This browser does not tell it: the driver finds it missing.
    }
  };
  watch("paint", (entry) => {
    if (entry.name === "first-contentful-paint") state.paint = { start: entry.startTime, painted: entry.paintTime };
  });
  watch("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    state.shift += entry.value;
    const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join();
    for (const { node, previousRect, currentRect } of entry.sources)
      state.shifts.push(`${node?.nodeName}.${node?.className ?? ""} ${box(previousRect)} > ${box(currentRect)}`);
  });
  watch("longtask", (entry) => state.tasks.push([entry.startTime, entry.duration]));
  const event = ({ name, startTime, duration, processingStart, processingEnd, interactionId }) =>
    state.events.push({ name, startTime, duration, handlers: processingEnd - processingStart, interactionId });
  watch("event", event, { durationThreshold: 16 });
  document.addEventListener("securitypolicyviolation", (said) => {
    state.violations.push(`${said.effectiveDirective} ${said.blockedURI}`.slice(0, 120));
  });

  // Opacity of the element with all that it stands in; 0 where it is not shown at all.
  const strength = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return 0;
    let product = 1;
    for (let at = element; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
    return product;
  };
  const round = (rect) => [rect.left, rect.top, rect.width, rect.height].map((n) => Math.round(n * 10) / 10).join();

  const look = () => {
    if (!notice) return { shown: false, looks: "" };
    const element = document.querySelector(notice);
    if (!element) return { shown: false, looks: "" };
    const rect = element.getBoundingClientRect();
    const opacity = strength(element);
    const inside =
      Math.min(rect.right, innerWidth) - Math.max(rect.left, 0) >= 1 &&
      Math.min(rect.bottom, innerHeight) - Math.max(rect.top, 0) >= 1;
    const shown = opacity > 0 && inside;
    if (!shown) return { shown, looks: "" };
    const parts = controls.map((one) => {
      const control = document.querySelector(one);
      return control ? `${round(control.getBoundingClientRect())} ${Math.round(strength(control) * 100)}` : "";
    });
    return { shown, looks: [round(rect), Math.round(opacity * 100), ...parts].join(" ") };
  };

  let last = { shown: false, looks: "" };
  const afterFrame = (began) => {
    const now = performance.now();
    const seen = look();
    frames.push([began, now]);
    const place = frames.length - 1;
    if (seen.looks !== last.looks) state.changed = place;
    if (seen.shown && state.seen === undefined) state.seen = place;
    if (!seen.shown && last.shown) state.gone = place;
    if (seen.shown) delete state.gone;
    last = seen;
    state.shown = seen.shown;
    if (window.__benchStopAtFirstFrame && document.querySelector("h1")) {
      window.__benchStopAtFirstFrame = false;
      // biome-ignore lint/suspicious/noDebugger: the driver takes the coverage while the page stands here.
      debugger;
    }
  };
  // The task runs right after the frame whose callbacks asked for it: what it sees is what that frame painted.
  const frame = (began) => {
    requestAnimationFrame(frame);
    scheduler.postTask(() => afterFrame(began), { priority: "user-blocking" });
  };
  requestAnimationFrame(frame);

  // Whether the page has loaded and nothing of the notice has changed for `quiet` milliseconds.
  state.still = (quiet, wanted) => {
    const loaded = performance.getEntriesByType("navigation")[0]?.loadEventEnd;
    if (!loaded || performance.now() - loaded < quiet || !state.paint) return false;
    if (wanted !== null && Boolean(state.shown) !== wanted) return false;
    return state.changed === undefined || performance.now() - frames[state.changed][1] >= quiet;
  };

  // The place of the frame that first had content.
  const base = () => {
    const at = state.paint.painted ?? state.paint.start;
    return Math.max(0, frames.findLastIndex(([began]) => began <= at));
  };
  // Milliseconds between the ends of that frame and of the one at `place`; 0 is the same frame.
  const afterPaint = (place) => {
    if (place === undefined) return null;
    return place <= base() ? 0 : frames[place][1] - frames[base()][1];
  };
  state.read = () => ({
    fcp: state.paint?.start,
    exact: state.paint?.painted !== undefined,
    base: frames[base()][1],
    seen: afterPaint(state.seen),
    rest: afterPaint(state.changed),
    shift: state.shift,
    shifts: state.shifts,
    tasks: state.tasks,
    violations: state.violations,
    elements: document.getElementsByTagName("*").length,
  });
})(...__ARGUMENTS__);
