// Builds what the package ships, into src/consentkit/web/static. The same sources give the same bytes.
//
//     node build.mjs            writes them
//     node build.mjs --check    compares them with what is there, and exits 1 on a difference

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "../src/consentkit/web/static");

// Every browser with <dialog>: 2022 and later. An older one does not parse the scripts, shows the notice, and sends
// its form.
const scripts = { target: ["es2022", "chrome98", "firefox98", "safari15.4"], format: "iife", platform: "browser" };
const styles = { target: ["chrome98", "firefox98", "safari15.4"] };

const entries = {
  "head.js": ["src/head.ts", scripts],
  "page.js": ["src/page.ts", scripts],
  "tag.js": ["src/tag.ts", scripts],
  "debug.js": ["src/debug/debug.ts", scripts],
  "consentkit.css": ["styles/consentkit.css", styles],
  "pages.css": ["styles/pages.css", styles],
};

/** Returns the bytes of every file that the package ships, by name. */
export async function build() {
  const files = new Map();
  for (const [name, [entry, options]] of Object.entries(entries)) {
    const result = await esbuild.build({
      ...options,
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
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  await mkdir(target, { recursive: true });
  for (const [name, contents] of await build()) {
    const file = path.join(target, name);
    if (!check) {
      await writeFile(file, contents);
    } else if (!(await readFile(file).catch(() => Buffer.alloc(0))).equals(contents)) {
      console.error(`${name} is not what the sources give. Run 'npm run build' in widget/ and commit it.`);
      process.exitCode = 1;
    }
  }
}
