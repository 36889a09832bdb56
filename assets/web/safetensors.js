// The weights inside the page: base64 of gzip of a safetensors file, whose bytes were put in four planes first. Plane k
// holds byte k of every 4-byte word. Exponents then lie beside exponents, which gzip makes smaller.

import { unzipped } from "./base64.js";

/** The safetensors file that a block of weights holds, byte for byte. */
export async function weightsFile(base64) {
  return joinPlanes(await unzipped(base64));
}

/** The tensors of a block of weights, by name: `{ shape, values }`. */
export async function decodeWeights(base64) {
  return readSafetensors(await weightsFile(base64));
}

/** Four planes put together again: byte `k` of word `n` is byte `n` of plane `k`. */
export function joinPlanes(planes) {
  if (planes.length % 4 !== 0) throw new Error(`${planes.length} bytes are not four planes`);
  const words = planes.length / 4;
  const bytes = new Uint8Array(planes.length);
  for (let k = 0; k < 4; k++) {
    const plane = planes.subarray(k * words, (k + 1) * words);
    for (let n = 0; n < words; n++) bytes[4 * n + k] = plane[n];
  }
  return bytes;
}

/** A safetensors file: the length of its header (64 bits, little-endian), the header (JSON), the tensors' bytes. */
export function readSafetensors(bytes) {
  if (bytes.length < 8) throw new Error("the file is too short for safetensors");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (8 + length > bytes.length) throw new Error("the file ends within its header");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors = new Map();
  for (const [name, tensor] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, readTensor(name, tensor, bytes.subarray(8 + length)));
  }
  return tensors;
}

function readTensor(name, { dtype, shape, data_offsets: [start, end] }, data) {
  const count = shape.reduce((product, side) => product * side, 1);
  if (dtype !== "F32") throw new Error(`${name} is of type ${dtype}, not F32`);
  if (end - start !== 4 * count) throw new Error(`${name} has ${end - start} bytes for ${count} values`);
  if (end > data.length) throw new Error(`the file ends within ${name}`);
  // A copy of its own, as a Float32Array must begin at a multiple of four bytes. Every machine that runs a browser is
  // little-endian, as the file is.
  return { shape, values: new Float32Array(data.slice(start, end).buffer) };
}
