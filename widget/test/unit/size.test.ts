import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { brotliCompressSync } from "node:zlib";
import { build, place } from "../../build.mjs";

const files = await build();
const budget = JSON.parse(await readFile(new URL("../../size-budget.json", import.meta.url), "utf8")) as {
  minified: Record<string, number>;
  brotli: Record<string, number>;
};
const contents = (name: string) => Buffer.from(files.get(name) as Uint8Array);

for (const [names, most] of Object.entries(budget.brotli)) {
  test(`${names} ${names.includes("+") ? "are" : "is"} at most ${most} bytes, brotli`, () => {
    const size = names.split(" + ").reduce((sum, name) => sum + brotliCompressSync(contents(name)).length, 0);
    assert.ok(size <= most, `${size} bytes`);
  });
}

for (const [name, most] of Object.entries(budget.minified)) {
  test(`${name} is at most ${most} bytes, as it stands in the page`, () => {
    assert.ok(contents(name).length <= most, `${contents(name).length} bytes`);
  });
}

test("the built files that are committed are those of these sources", async () => {
  for (const [name, built] of files) {
    const committed = await readFile(place(name));
    assert.ok(committed.equals(built), `${name}: run 'npm run build' in widget/`);
  }
});

test("what stands in a page ends neither its element nor becomes a comment", () => {
  for (const name of ["policy.js", "head.js", "page.js"])
    assert.doesNotMatch(contents(name).toString(), /<\/script|<!--/i);
});

test("no file's name has a word that lists of filters look for", () => {
  for (const name of files.keys()) {
    assert.doesNotMatch(
      name,
      /cookie|consent|gdpr|privacy|notice|banner|popup|overlay|track|analytic|stat|cmp|adv/,
      name,
    );
  }
});

test("the tag has one place for its data, and no file names where it was built", () => {
  assert.equal(contents("tag.js").toString().split("__CONSENTKIT_DATA__").length, 2);
  for (const [name, built] of files) assert.doesNotMatch(Buffer.from(built).toString(), /file:|\/src\//, name);
});
