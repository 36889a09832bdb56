// Which pixels windows read, from geometry alone: the program's src/analysis/receptive_field.rs and coverage.rs.
//
// Windows slide over rows and columns independently, so everything here is worked out along one axis at a time.

/**
 * The windows of the last of these layers along an axis, in pixels of what the first one reads: output `o` sees the
 * pixels from `first + o·step` on, `extent` of them.
 */
export function windowsOnInput(layers, axis) {
  let [first, step, extent] = [0, 1, 1];
  for (const { before, kernel, stride } of layers) {
    first -= before[axis] * step;
    extent += (kernel[axis] - 1) * step;
    step *= stride[axis];
  }
  return { first, step, extent, outputs: layers.at(-1).output[axis] };
}

/**
 * For each position that the first of these layers reads, the paths through windows from there to an output of the
 * last. 0 means that no weight can make it count.
 */
export function pathsAlong(layers, axis) {
  const ends = new Array(layers.at(-1).output[axis]).fill(1);
  return layers.reduceRight((paths, layer) => pathsThrough(layer, axis, paths), ends);
}

// `paths[i] = Σ over o with 0 ≤ i + before − o·stride < kernel of outputs[o]`
function pathsThrough({ input, before, kernel, stride }, axis, outputs) {
  const paths = new Array(input[axis]).fill(0);
  outputs.forEach((count, o) => {
    for (let k = 0; k < kernel[axis]; k++) {
      const i = o * stride[axis] + k - before[axis];
      // Padding is no pixel.
      if (i >= 0 && i < paths.length) paths[i] += count;
    }
  });
  return paths;
}

/** The positions that the first of these layers reads for one output of the last. */
export function positionsRead(layers, axis, output) {
  const outputs = new Array(layers.at(-1).output[axis]).fill(0).fill(1, output, output + 1);
  const paths = layers.reduceRight((of, layer) => pathsThrough(layer, axis, of), outputs);
  return indicesWhere(paths, (count) => count > 0);
}

/** The outputs of the last of these layers that read one position of what the first one reads. */
export function outputsReached(layers, axis, position) {
  const outputs = [...new Array(layers.at(-1).output[axis]).keys()];
  return outputs.filter((output) => positionsRead(layers, axis, output).includes(position));
}

/** What no window reads of what the first of these layers reads: rows, columns, pixels and their share. */
export function neverRead(layers) {
  const [rows, columns] = [0, 1].map((axis) => pathsAlong(layers, axis));
  const read = [rows, columns].map((paths) => indicesWhere(paths, (count) => count > 0).length);
  const all = rows.length * columns.length;
  const pixels = all - read[0] * read[1];
  return {
    rows: indicesWhere(rows, (count) => count === 0),
    columns: indicesWhere(columns, (count) => count === 0),
    pixels,
    all,
    share: pixels / all,
  };
}

function indicesWhere(values, holds) {
  return [...values.keys()].filter((index) => holds(values[index]));
}
