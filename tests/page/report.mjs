// The page that the tests look at: made by the program from a small run on MNIST.
//
// STRIDELAB names the program; without it, target/debug/stridelab. STRIDELAB_REPORT names a page that is there already.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the program and returns what it prints. */
export function stridelab(...args) {
  const program = process.env.STRIDELAB ?? join(root, "target/debug/stridelab");
  return execFileSync(resolve(program), args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
}

/** A run of two seeds of the four networks, and its page: `{ run, file, html, remove }`. */
export function smallReport() {
  const given = process.env.STRIDELAB_REPORT;
  if (given) return { run: dirname(resolve(given)), file: resolve(given), html: readFileSync(given, "utf8"), remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "stridelab-page-"));
  const run = join(folder, "run");
  stridelab("--backend", "cpu", "--epochs", "1", "--limit", "6400", "--seeds", "2", "--out", run);
  const file = join(run, "report.html");
  return { run, file, html: readFileSync(file, "utf8"), remove: () => rmSync(folder, { recursive: true }) };
}

/** The text of one of the page's blocks. */
export function block(html, id) {
  const open = new RegExp(`<script type="[^"]*" id="${id}">`);
  const start = open.exec(html);
  if (!start) throw new Error(`the page has no block ${id}`);
  const from = start.index + start[0].length;
  return html.slice(from, html.indexOf("</script>", from));
}
