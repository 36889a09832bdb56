// Sizes and padding of windows that slide over an image: the program's own rules, src/model/geometry.
//
// Sizes are [vertical, horizontal], positions count from 0. A padding is "same", "valid", "symmetric" or the pads by side,
// { top, left, bottom, right }. What cannot be made is no exception but { refused: "a sentence" }.

/** The outputs of a window along one axis with so much padding before and after; none where the window is too large. */
export function outputsAlong(size, kernel, stride, before, after) {
  const room = size + before + after - kernel;
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

/** Padding before and after the image along one axis by a named rule. */
export function padsAlong(size, kernel, stride, padding) {
  if (padding === "valid") return [0, 0];
  if (padding === "symmetric") {
    const side = Math.floor((kernel - 1) / 2);
    return [side, side];
  }
  // TensorFlow's `same`: where the total is odd, the extra row or column comes after the image.
  const outputs = Math.ceil(size / stride);
  const total = Math.max((outputs - 1) * stride + kernel - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Pads by side of an image. */
export function padsOf(input, kernel, stride, padding) {
  if (typeof padding !== "string") return padding;
  const [[top, bottom], [left, right]] = [0, 1].map((axis) =>
    padsAlong(input[axis], kernel[axis], stride[axis], padding),
  );
  return { top, left, bottom, right };
}

/** A window that slides over an image: `{ input, kernel, stride, pads, before, output }`, or `{ refused }`. */
export function slidingWindow(input, kernel, stride, padding) {
  const wrong = [
    ["input size", input],
    ["kernel", kernel],
    ["stride", stride],
  ].find(([, sizes]) => sizes.some((n) => n < 1));
  if (wrong) return { refused: `The ${wrong[0]} must be at least 1, not ${bySides(wrong[1])}.` };
  const pads = padsOf(input, kernel, stride, padding);
  const [before, after] = [
    [pads.top, pads.left],
    [pads.bottom, pads.right],
  ];
  const output = [0, 1].map((axis) => outputsAlong(input[axis], kernel[axis], stride[axis], before[axis], after[axis]));
  if (output.includes(0)) {
    const padded = input.map((size, axis) => before[axis] + size + after[axis]);
    const what = padded.some((size, axis) => size > input[axis]) ? "padded input" : "input";
    return { refused: `A window of ${bySides(kernel)} is larger than its ${what} of ${bySides(padded)}.` };
  }
  return { input, kernel, stride, pads, before, output };
}

/**
 * The tutorial's network with other choices for its convolutions: `{ image, layers, parameters, macs }`, or
 * `{ refused, layer }`.
 */
export function tutorialNetwork(image, { kernel, stride, padding }) {
  const layers = [];
  let [side, channels] = [image, 1];
  for (const [conv, pool, filters] of [
    ["conv1", "pool1", 32],
    ["conv2", "pool2", 64],
  ]) {
    const window = slidingWindow(side, [kernel, kernel], [stride, stride], padding);
    if (window.refused) return { refused: window.refused, layer: conv };
    const weights = kernel * kernel * channels * filters;
    const macs = window.output[0] * window.output[1] * weights;
    layers.push({ name: conv, ...window, channels: filters, parameters: weights + filters, macs });
    const pooled = slidingWindow(window.output, [2, 2], [2, 2], "valid");
    if (pooled.refused) return { refused: pooled.refused, layer: pool };
    layers.push({ name: pool, ...pooled, channels: filters, parameters: 0, macs: 0 });
    [side, channels] = [pooled.output, filters];
  }
  layers.push(denseLayer("dense1", side[0] * side[1] * channels, 128), denseLayer("dense2", 128, 10));
  const sum = (of) => layers.reduce((total, layer) => total + layer[of], 0);
  return { image, layers, parameters: sum("parameters"), macs: sum("macs") };
}

function denseLayer(name, inputs, outputs) {
  return {
    name,
    inputs,
    output: [1, 1],
    channels: outputs,
    parameters: (inputs + 1) * outputs,
    macs: inputs * outputs,
  };
}

/** The layers of a network that slide a window: all in front of the dense ones. */
export function slidingLayers(network) {
  return network.layers.filter((layer) => layer.kernel);
}

/** `[28, 28]` as `28×28`. */
export function bySides(sizes) {
  return sizes.join("×");
}
