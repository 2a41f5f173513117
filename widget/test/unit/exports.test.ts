import assert from "node:assert/strict";
import test from "node:test";
import * as widget from "../../src/index.ts";

test("the module exports exactly these names", () => {
  assert.deepEqual(Object.keys(widget).sort(), [
    "createConsent",
    "createEvents",
    "judge",
    "parseCookie",
    "permits",
    "relate",
  ]);
});
