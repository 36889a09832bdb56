// Modules of assets/web for tests, put together as the program does it: each once, in the order of their imports.

import { readFileSync } from "node:fs";

/** What the modules of these names export. */
export function load(...names) {
  const texts = new Map();
  for (const name of names) collect(name, texts);
  const source = [...texts.values()].join("\n");
  return import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
}

function collect(name, texts) {
  if (texts.has(name)) return;
  const text = readFileSync(new URL(`../../assets/web/${name}`, import.meta.url), "utf8");
  const line = /^import .* from "\.\/(.+)";\n/gm;
  for (const [, imported] of text.matchAll(line)) collect(imported, texts);
  texts.set(name, text.replace(line, ""));
}
