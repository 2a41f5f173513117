// Lets Node 20 import the sources as they are: esbuild takes the types out on the way.

import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";
import esbuild from "esbuild";

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = await readFile(new URL(url), "utf8");
  const { code } = await esbuild.transform(source, {
    loader: "ts",
    format: "esm",
    sourcemap: "inline",
    sourcefile: url,
  });
  return { format: "module", source: code, shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
