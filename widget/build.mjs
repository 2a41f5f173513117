// Builds what the package ships, into src/consentkit/web/static, and the audit view's into src/consentkit/admin/static.
// The same sources give the same bytes.
//
//     node build.mjs            writes them
//     node build.mjs --check    compares them with what is there, and exits 1 on a difference

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "../src/consentkit/web/static");
/** The audit view's scripts: readers never load them. */
const admin = path.join(here, "../src/consentkit/admin/static");

// Every browser with <dialog>: 2022 and later. An older one does not parse the scripts, shows the notice, and sends
// its form.
const scripts = { target: ["es2022", "chrome98", "firefox98", "safari15.4"], format: "iife", platform: "browser" };
const styles = { target: ["chrome98", "firefox98", "safari15.4"] };

/** The second layer's style stands in its script: no request of its own, and nothing in a page's CSP. */
const entries = {
  "bar.css": { entry: "styles/bar.css", ...styles },
  "box.css": { entry: "styles/box.css", ...styles },
  "modal.css": { entry: "styles/modal.css", ...styles },
  "tag.css": { entry: "styles/tag.css", ...styles },
  "frame.css": { entry: "styles/frame.css", ...styles },
  "embeds.css": { entry: "styles/embeds.css", ...styles },
  "pages.css": { entry: "styles/pages.css", ...styles },
  "preferences.css": { entry: "styles/preferences.css", ...styles },
  "check.css": { entry: "styles/check.css", ...styles },
  "history.css": { entry: "styles/history.css", ...styles },
  "messages.css": { entry: "styles/messages.css", ...styles },
  // What stands in a page is short: the one is a block, the other a module.
  "head.js": { entry: "src/head.ts", ...scripts, format: "esm" },
  "policy.js": { entry: "src/policy.ts", ...scripts },
  "send.js": { entry: "src/send.ts", ...scripts, format: "esm" },
  "limits.js": { entry: "src/limits.ts", ...scripts, format: "esm" },
  "release.js": { entry: "src/release.ts", ...scripts, format: "esm" },
  "choose.js": {
    entry: "src/choose.ts",
    ...scripts,
    format: "esm",
    names: (files) => ({ STYLE: text(files, "preferences.css").trim() }),
  },
  "tell.js": {
    entry: "src/tell.ts",
    ...scripts,
    format: "esm",
    names: (files) => ({ STYLE: text(files, "messages.css").trim() }),
  },
  "page.js": { entry: "src/page.ts", ...scripts, format: "esm", names: version },
  "tag.js": { entry: "src/tag.ts", ...scripts, names: version },
  "tag.mjs": { entry: "src/module.ts", ...scripts, format: "esm", names: version },
  "signals.js": { entry: "src/signals/main.ts", ...scripts },
  "check.js": { entry: "src/check/main.ts", ...scripts },
  "history.js": { entry: "src/history.ts", ...scripts },
  "debug.js": { entry: "src/debug/debug.ts", ...scripts },
  // The audit view's.
  "charts.js": { entry: "src/admin/charts.ts", ...scripts, folder: admin },
  "proof.js": { entry: "src/admin/proof.ts", ...scripts, folder: admin },
};

function text(files, name) {
  return Buffer.from(files.get(name)).toString("utf8");
}

/** The version of what pages load when they need it: one for all, as the server counts it (see web/assets.py). */
function version(files) {
  const hash = createHash("sha256");
  for (const name of ["send.js", "limits.js", "release.js", "choose.js", "tell.js"]) hash.update(files.get(name));
  return { VERSION: hash.digest("base64url").slice(0, 16) };
}

/** Where the built file of this name stands. */
export function place(name) {
  return path.join(entries[name]?.folder ?? target, name);
}

/** Returns the bytes of every file that the package ships, by name. */
export async function build() {
  const files = new Map();
  for (const [name, { entry, names = () => ({}), folder: _, ...options }] of Object.entries(entries)) {
    const define = Object.fromEntries(Object.entries(names(files)).map(([key, value]) => [key, JSON.stringify(value)]));
    const result = await esbuild.build({
      ...options,
      define,
      absWorkingDir: here,
      entryPoints: [entry],
      bundle: true,
      minify: true,
      charset: "utf8",
      legalComments: "none",
      logLevel: "warning",
      write: false,
    });
    files.set(name, result.outputFiles[0].contents);
  }
  files.set("widget.d.mts", Buffer.from(await declarations()));
  return files;
}

/** The types for who imports `widget.mjs`, or uses `window.consentkit`: the public ones of the sources, in one file. */
async function declarations() {
  const types = await readFile(path.join(here, "src/api.ts"), "utf8");
  return `${types}
/** The page's consentkit; \`undefined\` where nothing could start. */
declare const consentkit: ConsentKit | undefined;
export default consentkit;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const files = await build();
  await mkdir(target, { recursive: true });
  // For bundlers, by package.json.
  await mkdir(path.join(here, "dist"), { recursive: true });
  await writeFile(path.join(here, "dist/widget.d.mts"), files.get("widget.d.mts"));
  for (const [name, contents] of files) {
    const file = place(name);
    if (!check) {
      await writeFile(file, contents);
    } else if (!(await readFile(file).catch(() => Buffer.alloc(0))).equals(contents)) {
      console.error(`${name} is not what the sources give. Run 'npm run build' in widget/ and commit it.`);
      process.exitCode = 1;
    }
  }
}
