import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "../../build.mjs";

const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));

/** Compiles *source* beside the published types, in a project that has nothing else, and returns what tsc said. */
async function compile(source: string, ambient = ""): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "types-"));
  try {
    const files = await build();
    await writeFile(path.join(folder, "widget.d.mts"), files.get("widget.d.mts") as Uint8Array);
    await writeFile(path.join(folder, "page.mts"), source);
    await writeFile(path.join(folder, "names.d.ts"), ambient);
    const flags = ["--strict", "--noEmit", "--target", "ES2022", "--module", "NodeNext", "--lib", "ES2022,DOM"];
    return spawnSync(tsc, [...flags, "--types", "", "page.mts", "names.d.ts"], { cwd: folder, encoding: "utf8" })
      .stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a page's own script compiles against the published types", async () => {
  const said = await compile(`
    import consentkit, { type ConsentKit, type Outcome, type State } from "./widget.mjs";
    const kit: ConsentKit | undefined = window.consentkit ?? consentkit;
    const stop: (() => void) | undefined = kit?.on("change", (state: State) => void state.purposes["analytics"]);
    document.addEventListener("consentkit:change", ({ detail }) => console.log(detail.status === "valid"));
    document.addEventListener("consentkit:error", ({ detail }: CustomEvent<unknown>) => console.warn(detail));
    if (await kit?.willShow) await kit?.ready;
    const outcome: Outcome | undefined = await kit?.reject();
    console.log(stop, outcome === "unsaved", kit?.allows("analytics"));
  `);
  assert.equal(said, "");
});

test("the module can be named by its address, as the documentation says", async () => {
  const said = await compile(
    `import consentkit from "https://news.example/consent/widget.mjs?site=news";
     const allowed: boolean = consentkit?.allows("analytics") ?? false;
     console.log(allowed);`,
    `declare module "*/widget.mjs?site=news" {
       const consentkit: import("./widget.mjs").ConsentKit | undefined;
       export default consentkit;
     }`,
  );
  assert.equal(said, "");
});

test("what is not there does not compile", async () => {
  for (const wrong of [
    "window.consentkit.state();",
    'window.consentkit?.on("chang", () => {});',
    'document.addEventListener("consentkit:change", ({ detail }) => detail.purpose);',
    'const allowed: boolean = window.consentkit?.state().status === "yes";',
  ]) {
    assert.match(await compile(`import type {} from "./widget.mjs"; ${wrong}`), /error TS/, wrong);
  }
});
