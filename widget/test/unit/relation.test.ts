import assert from "node:assert/strict";
import test from "node:test";
import { relate } from "../../src/core/relation.ts";

const page = (url: string) => new URL(url);

test("on the page's own origin the server's cookies just work", () => {
  assert.deepEqual(relate("https://a.example/consent/", page("https://a.example/x")), {
    credentials: "same-origin",
    domain: "",
  });
});

test("a subdomain shares the cookie of the domain that is configured", () => {
  assert.deepEqual(relate("https://consent.a.example/", page("https://www.a.example/"), "a.example"), {
    credentials: "include",
    domain: "a.example",
  });
});

test("a domain that only ends alike is another site", () => {
  for (const url of ["https://nota.example/", "https://a.example.evil.example/"]) {
    assert.deepEqual(relate("https://consent.a.example/", page(url), "a.example"), { credentials: "omit", domain: "" });
  }
});

test("a service outside of the cookie's domain can't set it, so the page does, for all of its hosts", () => {
  assert.deepEqual(relate("https://consent.example/", page("https://www.a.example/"), "a.example"), {
    credentials: "omit",
    domain: "a.example",
  });
});
