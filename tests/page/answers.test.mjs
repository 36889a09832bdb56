// The networks in the page against the CPU backend: the same weights, the same images, the same probabilities.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { load } from "./modules.mjs";
import { block, smallReport, stridelab } from "./report.mjs";

const { bytesOf, decodeWeights, runNetwork } = await load("base64.js", "safetensors.js", "inference.js");
/** Largest difference of a probability. */
const ALLOWED = 1e-4;

let report;
before(() => (report = smallReport()));
after(() => report?.remove());

test("every network says of every digit in the page what the CPU backend says", async () => {
  const data = JSON.parse(block(report.html, "page-data"));
  const networks = new Map();
  for (const { slug, element } of data.models.entries) {
    const { network } = data.configurations.find((configuration) => configuration.slug === slug);
    networks.set(slug, { network, tensors: await decodeWeights(block(report.html, element)) });
  }
  assert.equal(networks.size, 4);
  assert.ok(data.digits.length >= 30, `${data.digits.length} digits`);
  let worst = 0;
  for (const { index, label, pixels } of data.digits.filter((_, i) => i % 5 === 0)) {
    const line = stridelab("predict", report.run, "--test-image", `${index}`, "--seed", `${data.models.seed}`, "--json");
    const said = JSON.parse(line.trim().split("\n")[0]);
    assert.equal(said.label, label);
    assert.deepEqual([...bytesOf(pixels)], said.pixels);
    assert.equal(said.models.length, 4);
    for (const { configuration, probabilities } of said.models) {
      const slug = data.configurations.find(({ name, slug }) => [name, slug].includes(configuration)).slug;
      const { network, tensors } = networks.get(slug);
      const own = runNetwork(network, tensors, bytesOf(pixels)).probabilities;
      for (let i = 0; i < probabilities.length; i++) {
        const difference = Math.abs(own[i] - probabilities[i]);
        assert.ok(difference <= ALLOWED, `${slug}, image ${index}, class ${i}: ${own[i]} and ${probabilities[i]}`);
        worst = Math.max(worst, difference);
      }
    }
  }
  console.log(`largest difference of a probability: ${worst.toExponential(1)}`);
});
