import assert from "node:assert/strict";
import test from "node:test";
import { createEvents } from "../../src/core/events.ts";

test("events are DOM events, and can be listened to by their short names until told otherwise", () => {
  const target = new EventTarget();
  const events = createEvents(target);
  const heard: unknown[] = [];
  target.addEventListener("consentkit:change", (event) => heard.push((event as CustomEvent).detail));
  const stop = events.on("change", (state) => heard.push(state));
  events.send("change", 1);
  stop();
  events.send("change", 2);
  assert.deepEqual(heard, [1, 1, 2]);
});
