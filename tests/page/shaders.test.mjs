// Every shader in Chromium's compiler, Tint: it accepts each, and makes a pipeline of each entry point.
//
// STRIDELAB_PIPELINES names what the library's test `pipelines_go_to_a_file` writes. The browser runs SwiftShader, its own
// software Vulkan driver.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FILE = process.env.STRIDELAB_PIPELINES;

/** Entry points that SwiftShader works at for minutes: Tint compiles their shaders, and no pipeline is made. */
const TOO_LONG = ["tiled/first_layer backward_weights"];

let browser;
let page;
before(async () => {
  const args = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  browser = await puppeteer.launch({ executablePath: CHROMIUM, args, protocolTimeout: 300_000 });
  page = await browser.newPage();
  // WebGPU is for pages of files and of https only.
  await page.goto(new URL("package.json", import.meta.url).href);
});
after(() => browser?.close());

/** What the compiler says of a shader, and of the pipelines of it. */
function compiled(source, pipelines) {
  return page.evaluate(
    async (code, pipelines) => {
      globalThis.device ??= await (await navigator.gpu.requestAdapter()).requestDevice({ requiredFeatures: ["subgroups"] });
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      const said = messages.map(({ type, lineNum, message }) => `${type} in line ${lineNum}: ${message}`);
      for (const { entry, constants } of said.length ? [] : pipelines) {
        const compute = { module, entryPoint: entry, constants };
        await device.createComputePipelineAsync({ layout: "auto", compute }).catch(({ message }) => said.push(`${entry}: ${message}`));
      }
      return said;
    },
    source,
    pipelines,
  );
}

/** One pipeline of each entry point: as a browser would run it, where there is a choice. */
function chosen(pipelines) {
  const best = new Map();
  for (const pipeline of pipelines) {
    const preferred = pipeline.constants.WHOLE_VECTORS !== 0;
    if (!best.has(pipeline.entry) || (preferred && best.get(pipeline.entry).constants.WHOLE_VECTORS === 0)) {
      best.set(pipeline.entry, pipeline);
    }
  }
  return [...best.values()];
}

test("Chromium compiles every shader", { skip: !FILE && "STRIDELAB_PIPELINES is not set" }, async (t) => {
  if (!(await page.evaluate(async () => (await navigator.gpu?.requestAdapter())?.features.has("subgroups")))) {
    t.skip("this browser has no WebGPU adapter with subgroups");
    return;
  }
  const shaders = JSON.parse(readFileSync(FILE, "utf8"));
  let count = 0;
  for (const { stem, source, pipelines } of shaders) {
    // naga knows no directive for subgroups, Tint demands it.
    const directive = source.includes("subgroup_invocation_id") || source.includes("subgroupAdd") ? "enable subgroups;\n" : "";
    assert.equal(directive !== "", stem.startsWith("fused/") && /subgroup[A-Z_]/.test(source), stem);
    const some = chosen(pipelines).filter(({ entry }) => !TOO_LONG.includes(`${stem} ${entry}`));
    assert.deepEqual(await compiled(directive + source, some), [], stem);
    count += some.length;
  }
  assert.ok(shaders.length >= 25 && count >= 27, `${count} pipelines of ${shaders.length} shaders`);
  const broken = await compiled(shaders[0].source.replace("fn ", "fn fn "), []);
  assert.notDeepEqual(broken, [], "a mistake is seen");
});
