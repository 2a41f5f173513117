// Bundles what bundles, copies what is loaded as it comes, into dist/: each notice in a folder of its own.
import { cp, mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

await rm("dist", { recursive: true, force: true });
await mkdir("dist");

for (const [name, entry] of [
  ["vanilla-cookieconsent", "vanilla-cookieconsent.mjs"],
  ["consent-banner", "consent-banner.mjs"],
  ["c15t", "c15t.jsx"],
]) {
  await build({
    ...common,
    format: "esm",
    jsx: "automatic",
    entryPoints: { notice: `setups/${entry}` },
    outdir: `dist/${name}`,
  });
}
for (const name of ["klaro", "tarteaucitron", "cookieconsent"]) {
  await build({ ...common, format: "iife", entryPoints: { setup: `setups/${name}.mjs` }, outdir: `dist/${name}` });
}
for (const [name, files] of Object.entries({
  "klaro/dist": { "klaro.js": "klaro/klaro.js" },
  cookieconsent: {
    "build/cookieconsent.min.js": "cookieconsent/cookieconsent.min.js",
    "build/cookieconsent.min.css": "cookieconsent/cookieconsent.min.css",
  },
  tarteaucitronjs: {
    "tarteaucitron.min.js": "tarteaucitron/tarteaucitron.min.js",
    "tarteaucitron.services.min.js": "tarteaucitron/tarteaucitron.services.min.js",
    "css/tarteaucitron.min.css": "tarteaucitron/css/tarteaucitron.min.css",
    "lang/tarteaucitron.ru.min.js": "tarteaucitron/lang/tarteaucitron.ru.min.js",
  },
})) {
  for (const [from, to] of Object.entries(files)) await cp(`node_modules/${name}/${from}`, `dist/${to}`);
}
