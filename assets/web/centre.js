// Ink on a fine raster made into the small grey image that a network reads. MNIST's digits were scaled to fit a box of
// 20×20 pixels with antialiasing, and moved so that their centre of mass is in the middle of 28×28
// (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").

/** The share of the image's shorter side that a digit's box has in MNIST. */
const BOX_SHARE = 20 / 28;

/** The ink as it lies: `ink` has `height`·`width` bytes, the result `rows`·`columns`. */
export function asDrawn({ ink, height, width }, [rows, columns]) {
  return resampled({ ink, height, width }, [rows, columns], { top: 0, left: 0, pixel: height / rows });
}

/** The ink scaled and centred as MNIST's; a blank image where there is none. */
export function asMnist({ ink, height, width }, [rows, columns]) {
  const box = inkBox({ ink, height, width });
  if (box === null) return new Uint8Array(rows * columns);
  // How much of the raster a pixel covers.
  const pixel = Math.max(box.height, box.width) / (BOX_SHARE * Math.min(rows, columns));
  // In MNIST the centre of mass is the middle of pixel (14, 14), not the corner between the four middle pixels.
  const middle = (count) => Math.floor(count / 2) + 0.5;
  const top = box.centre[0] - middle(rows) * pixel;
  const left = box.centre[1] - middle(columns) * pixel;
  return resampled({ ink, height, width }, [rows, columns], { top, left, pixel });
}

/** The smallest box around the ink, and the ink's centre of mass. */
export function inkBox({ ink, height, width }) {
  let [top, left, bottom, right, mass, massDown, massAcross] = [height, width, -1, -1, 0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = ink[row * width + column];
      if (value === 0) continue;
      top = Math.min(top, row);
      bottom = row;
      left = Math.min(left, column);
      right = Math.max(right, column);
      mass += value;
      massDown += value * (row + 0.5);
      massAcross += value * (column + 0.5);
    }
  }
  if (mass === 0) return null;
  return { height: bottom - top + 1, width: right - left + 1, centre: [massDown / mass, massAcross / mass] };
}

/** Means of the squares of the raster that the small image's pixels cover; a pixel's side is `pixel` raster points. */
function resampled({ ink, height, width }, [rows, columns], { top, left, pixel }) {
  const small = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const down = shares(top + row * pixel, pixel, height);
    for (let column = 0; column < columns; column++) {
      const across = shares(left + column * pixel, pixel, width);
      let sum = 0;
      for (const [y, tall] of down) {
        for (const [x, wide] of across) sum += ink[y * width + x] * tall * wide;
      }
      small[row * columns + column] = Math.round(sum / (pixel * pixel));
    }
  }
  return small;
}

/** The raster's points from `start` on, `length` long, with the share of each that lies within: `[index, share]`. */
function shares(start, length, size) {
  const points = [];
  const last = Math.min(Math.ceil(start + length), size);
  for (let index = Math.max(Math.floor(start), 0); index < last; index++) {
    const share = Math.min(index + 1, start + length) - Math.max(index, start);
    if (share > 0) points.push([index, share]);
  }
  return points;
}
