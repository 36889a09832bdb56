// The weights in the page: planes, gzip, base64 and safetensors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { decodeWeights, joinPlanes, readSafetensors } from "../../assets/web/safetensors.js";

const TENSORS = { "conv1.bias": [[3], [0.5, -2, 1e-20]], "dense1.weight": [[2, 2], [1, 3.25, -0, 7]] };

function file(tensors, change = (header) => header) {
  const header = { __metadata__: { seed: "0" } };
  const values = [];
  for (const [name, [shape, numbers]] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [4 * values.length, 4 * (values.length + numbers.length)] };
    values.push(...numbers);
  }
  const json = JSON.stringify(change(header));
  // Padded with spaces to a multiple of eight, as safetensors does.
  const text = Buffer.from(json.padEnd(8 * Math.ceil(json.length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => data.writeFloatLE(value, 4 * i));
  return Buffer.concat([length, text, data]);
}

function planes(bytes) {
  return Buffer.from([0, 1, 2, 3].flatMap((k) => [...bytes].filter((_, place) => place % 4 === k)));
}

function assertTensors(tensors) {
  assert.deepEqual([...tensors.keys()], Object.keys(TENSORS));
  for (const [name, [shape, numbers]] of Object.entries(TENSORS)) {
    assert.deepEqual(tensors.get(name).shape, shape);
    assert.deepEqual([...tensors.get(name).values], numbers.map(Math.fround));
  }
}

test("planes are put together byte by byte", () => {
  assert.deepEqual([...joinPlanes(Uint8Array.of(1, 5, 2, 6, 3, 7, 4, 8))], [1, 2, 3, 4, 5, 6, 7, 8]);
  const bytes = file(TENSORS);
  assert.deepEqual(Buffer.from(joinPlanes(planes(bytes))), bytes);
  assert.throws(() => joinPlanes(new Uint8Array(6)), /6 bytes/);
});

test("what the page carries gives the tensors back", async () => {
  assertTensors(await decodeWeights(`\n${gzipSync(planes(file(TENSORS))).toString("base64")}\n`));
});

test("a file that begins anywhere in its buffer is read", () => {
  const shifted = Buffer.concat([Buffer.from([9]), file(TENSORS)]);
  assertTensors(readSafetensors(new Uint8Array(shifted.buffer, shifted.byteOffset + 1, shifted.length - 1)));
});

test("damaged files are refused", async () => {
  const bytes = file(TENSORS);
  assert.throws(() => readSafetensors(bytes.subarray(0, 5)), /too short/);
  assert.throws(() => readSafetensors(bytes.subarray(0, 20)), /within its header/);
  assert.throws(() => readSafetensors(bytes.subarray(0, bytes.length - 4)), /ends within dense1.weight/);
  const half = (header) => ({ ...header, "conv1.bias": { ...header["conv1.bias"], dtype: "F16" } });
  assert.throws(() => readSafetensors(file(TENSORS, half)), /F16/);
  const long = (header) => ({ ...header, "conv1.bias": { ...header["conv1.bias"], shape: [4] } });
  assert.throws(() => readSafetensors(file(TENSORS, long)), /12 bytes for 4 values/);
  await assert.rejects(decodeWeights(Buffer.from("no gzip").toString("base64")));
});
