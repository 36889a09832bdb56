// Where the cells of a feature map lie on the image.

/**
 * The windows of a layer's map along both axes, rows first, in pixels of the image before it is cropped: output `o`
 * sees `extent` pixels from `first + o·step` on. Null where the network has no such layer of maps. From the image on:
 *
 *     first ← first − pad·step      extent ← extent + (kernel − 1)·step      step ← step·stride
 *
 * Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019.
 */
export function mapWindows(network, layerName) {
  const axes = [0, 1].map(() => ({ first: network.crop, extent: 1, step: 1, outputs: 0 }));
  for (const layer of network.layers) {
    if (layer.kind !== "conv" && layer.kind !== "pool") return null;
    axes.forEach((axis, i) => {
      axis.first -= [layer.pads.top, layer.pads.left][i] * axis.step;
      axis.extent += (layer.kernel[i] - 1) * axis.step;
      axis.step *= layer.stride[i];
      axis.outputs = layer.output[i];
    });
    if (layer.name === layerName) return axes;
  }
  return null;
}

/** Where an output's cell begins: around the middle of its window, as large as a step, so that cells leave no gaps. */
export function cellStart({ first, extent, step }, output) {
  return first + output * step + (extent - step) / 2;
}

/** From the first pixel that some window sees to the end of the last one, of what the crop leaves: shares of the image. */
export function readShare({ first, extent, step, outputs }, crop, size) {
  const share = (pixel) => Math.min(Math.max(pixel, crop), size - crop) / size;
  return [share(first), share(first + (outputs - 1) * step + extent)];
}
