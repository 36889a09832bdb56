// The kernels beside the feature maps.

import { blueToRed } from "./colour_scales.js";
import { paintPixels, picture } from "./pixels.js";

/** The convolution whose kernels belong to a layer's maps: the layer itself, or the last one before a pooling layer. */
export function convolutionOf(network, layerName) {
  let convolution = null;
  for (const layer of network.layers) {
    if (layer.kind === "conv") convolution = layer;
    if (layer.name === layerName) return convolution;
  }
  return null;
}

/**
 * A filter's kernel for one input channel, the one with the greatest norm: `{ rows, columns, channel, channels, values }`.
 */
export function strongestSlice(convolution, tensors, filter) {
  const [rows, columns] = convolution.kernel;
  const [channels, filters] = [convolution.input[2], convolution.output[2]];
  const weight = tensors.get(`${convolution.name}.weight`).values;
  const slice = (channel) =>
    Array.from({ length: rows * columns }, (_, tap) => weight[(tap * channels + channel) * filters + filter]);
  const norm = (values) => values.reduce((sum, value) => sum + value * value, 0);
  const slices = Array.from({ length: channels }, (_, channel) => slice(channel));
  const norms = slices.map(norm);
  const channel = norms.indexOf(Math.max(...norms));
  return { rows, columns, channel, channels, values: slices[channel] };
}

/** A kernel's picture, on a scale from `-strongest` to `strongest`. */
export function kernelPicture(kernel, strongest) {
  const { rows, columns, values } = kernel;
  const numbers = Array.from({ length: rows }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns).map((value) => value.toFixed(2)).join(" "),
  );
  const canvas = picture("digits-kernel", [rows, columns], `kernel${ofChannel(kernel)}: ${numbers.join("; ")}`);
  paintPixels(canvas, (tap) => blueToRed(strongest > 0 ? values[tap] / strongest : 0));
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  return canvas;
}

/** Which channel of the input a kernel is for, where there are several. */
export function ofChannel({ channel, channels }) {
  return channels > 1 ? ` of channel ${channel + 1}` : "";
}
