// One image through a trained network, in plain JavaScript. conv2d is that of shaders/plain/conv2d_naive.wgsl with the
// same names: (i, j) is a tap, c a channel of the input, o one of the output, and output pixel (oh, ow) reads
//
//     ih = oh·STRIDE_H + i − PAD_TOP      iw = ow·STRIDE_W + j − PAD_LEFT
//
// Tensors are row-major [height, width, channels], weights [KERNEL_H, KERNEL_W, IN_C, OUT_C]. Sums are doubles; what a
// layer gives is rounded to single precision.

/**
 * Runs a network on `pixels`, one byte each of the data set's image. `tensors` maps names such as `conv1.weight` to
 * `{ shape, values }`. Gives the output of every layer by its name (of convolutions after ReLU), the logits and the
 * probabilities.
 */
export function runNetwork(network, tensors, pixels) {
  const activations = new Map();
  let x = networkInput(network, pixels);
  for (const layer of network.layers) {
    const name = layer.name ?? layer.kind;
    const weight = tensors.get(`${name}.weight`)?.values;
    const bias = tensors.get(`${name}.bias`)?.values;
    if (layer.kind === "conv") x = conv2d(layer, x, weight, bias);
    else if (layer.kind === "pool") x = maxPool(layer, x);
    else if (layer.kind === "gap") x = globalAveragePool(layer, x);
    else if (layer.kind === "dense") x = dense(layer, x, weight, bias);
    else throw new Error(`no layer of the kind ${layer.kind} is known`);
    activations.set(name, x);
  }
  return { activations, logits: x, probabilities: softmax(x) };
}

/** Pixels from 0 to 1, without the `crop` pixels at each side of the image. */
export function networkInput({ input: [rows, columns], crop }, pixels) {
  const width = columns + 2 * crop;
  const x = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      x[row * columns + column] = pixels[(row + crop) * width + column + crop] / 255;
    }
  }
  return x;
}

/** `y[oh,ow,o] = max(0, bias[o] + Σ_{i,j,c} x[ih,iw,c] · w[i,j,c,o])`, where pixels outside of `x` count as zero. */
export function conv2d(layer, x, w, bias) {
  const [IN_H, IN_W, IN_C] = layer.input;
  const [OUT_H, OUT_W, OUT_C] = layer.output;
  const [KERNEL_H, KERNEL_W] = layer.kernel;
  const [STRIDE_H, STRIDE_W] = layer.stride;
  const { top: PAD_TOP, left: PAD_LEFT } = layer.pads;
  const y = new Float32Array(OUT_H * OUT_W * OUT_C);
  // Of all output channels at once, as their weights lie side by side.
  const sum = new Float64Array(OUT_C);
  for (let oh = 0; oh < OUT_H; oh++) {
    for (let ow = 0; ow < OUT_W; ow++) {
      sum.set(bias);
      for (let i = 0; i < KERNEL_H; i++) {
        for (let j = 0; j < KERNEL_W; j++) {
          const ih = oh * STRIDE_H + i - PAD_TOP;
          const iw = ow * STRIDE_W + j - PAD_LEFT;
          if (ih < 0 || ih >= IN_H || iw < 0 || iw >= IN_W) continue;
          for (let c = 0; c < IN_C; c++) {
            const pixel = x[(ih * IN_W + iw) * IN_C + c];
            if (pixel === 0) continue; // It adds nothing, and after ReLU most are zero.
            const row = ((i * KERNEL_W + j) * IN_C + c) * OUT_C;
            for (let o = 0; o < OUT_C; o++) sum[o] += pixel * w[row + o];
          }
        }
      }
      const pixel = (oh * OUT_W + ow) * OUT_C;
      for (let o = 0; o < OUT_C; o++) y[pixel + o] = Math.max(0, sum[o]);
    }
  }
  return y;
}

/** `y[oh,ow,c] = max x[ih,iw,c]` over the window; what lies outside of `x` takes no part. */
export function maxPool(layer, x) {
  const [IN_H, IN_W, IN_C] = layer.input;
  const [OUT_H, OUT_W] = layer.output;
  const [KERNEL_H, KERNEL_W] = layer.kernel;
  const [STRIDE_H, STRIDE_W] = layer.stride;
  const { top: PAD_TOP, left: PAD_LEFT } = layer.pads;
  const y = new Float32Array(OUT_H * OUT_W * IN_C).fill(-Infinity);
  for (let oh = 0; oh < OUT_H; oh++) {
    for (let ow = 0; ow < OUT_W; ow++) {
      for (let i = 0; i < KERNEL_H; i++) {
        for (let j = 0; j < KERNEL_W; j++) {
          const ih = oh * STRIDE_H + i - PAD_TOP;
          const iw = ow * STRIDE_W + j - PAD_LEFT;
          if (ih < 0 || ih >= IN_H || iw < 0 || iw >= IN_W) continue;
          const from = (ih * IN_W + iw) * IN_C;
          const to = (oh * OUT_W + ow) * IN_C;
          for (let c = 0; c < IN_C; c++) y[to + c] = Math.max(y[to + c], x[from + c]);
        }
      }
    }
  }
  return y;
}

/** `y[c] = (1/(H·W)) Σ_{h,w} x[h,w,c]` */
export function globalAveragePool(layer, x) {
  const [IN_H, IN_W, IN_C] = layer.input;
  const sum = new Float64Array(IN_C);
  for (let element = 0; element < x.length; element++) sum[element % IN_C] += x[element];
  return Float32Array.from(sum, (total) => total / (IN_H * IN_W));
}

/** `y[o] = bias[o] + Σ_i x[i] · w[i,o]`, and ReLU where the layer has it. */
export function dense(layer, x, w, bias) {
  const sum = Float64Array.from(bias);
  for (let i = 0; i < layer.inputs; i++) {
    const value = x[i];
    if (value === 0) continue;
    const row = i * layer.outputs;
    for (let o = 0; o < layer.outputs; o++) sum[o] += value * w[row + o];
  }
  return Float32Array.from(sum, (total) => (layer.relu ? Math.max(0, total) : total));
}

/** `p[k] = exp(z[k] − max z) / Σ exp(z − max z)` */
export function softmax(logits) {
  const greatest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - greatest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
