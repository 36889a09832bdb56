// Small pictures on canvases, one point of the canvas for a pixel; CSS makes them large.

import { element } from "./dom.js";

/** A canvas of `[rows, columns]`; `what` says to a screen reader what it shows, nothing hides it from one. */
export function picture(className, [rows, columns], what) {
  const spoken = what ? { role: "img", "aria-label": what } : { "aria-hidden": "true" };
  return element("canvas", { class: className, height: rows, width: columns, ...spoken });
}

/** Paints the canvas; `colour` gives `[red, green, blue]` of the pixel at an index, or null for see-through. */
export function paintPixels(canvas, colour) {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const found = colour(pixel);
    if (found !== null) image.data.set([...found, 255], 4 * pixel);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Paints bytes from black to white. */
export function paintGrey(canvas, bytes) {
  paintPixels(canvas, (pixel) => [bytes[pixel], bytes[pixel], bytes[pixel]]);
}

/** Places a node within its frame: `[top, left, bottom, right]` as shares of the frame. */
export function placed(node, [top, left, bottom, right]) {
  const sides = { top, left, height: bottom - top, width: right - left };
  for (const [side, share] of Object.entries(sides)) node.style[side] = `${100 * share}%`;
  return node;
}
