// A surface to draw on with a mouse, a finger, a pen or the keyboard. What is drawn is kept as strokes, which can be
// taken back, and as ink on a raster with INK_SCALE points for each pixel of the small image.

import { element } from "./dom.js";

/** Points of the ink's raster for one pixel of the small image. */
const INK_SCALE = 10;
/** Width of the pen in pixels of the small image; MNIST's lines are two to three pixels wide. */
const PEN_WIDTH = 2.2;
/** Pixels of the small image that an arrow key moves the keyboard's pen, and with Shift. */
const KEY_STEP = 1;
const KEY_LEAP = 4;

/**
 * The surface for images of `[rows, columns]`: `{ node, ink, strokes, undo, clear, show }`. `changed(ended)` is called
 * whenever the ink changes; `ended` says that a stroke has ended. `describedBy` is the id of the instructions.
 */
export function drawingSurface([rows, columns], describedBy, changed) {
  const [height, width] = [rows * INK_SCALE, columns * INK_SCALE];
  const raster = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  const canvas = element("canvas", {
    class: "digits-surface", width, height, tabindex: 0, role: "application", "aria-label": "Drawing surface",
    "aria-describedby": describedBy,
  });
  const screen = canvas.getContext("2d");
  const strokes = [];
  const backdrop = { image: null, cursor: null, down: false };

  const repaint = () => {
    paintInk(raster, strokes, "#fff");
    paintSurface(screen, raster.canvas, strokes.length === 0 ? backdrop.image : null, backdrop);
  };
  const change = (ended) => {
    repaint();
    changed(ended);
  };
  const undo = () => {
    if (strokes.pop()) change(true);
  };
  const clear = () => {
    strokes.length = 0;
    backdrop.image = null;
    change(true);
  };
  const begin = (point) => {
    backdrop.image = null;
    strokes.push([point]);
    change(false);
  };
  const extend = (points) => {
    strokes.at(-1)?.push(...points);
    change(false);
  };

  listenToPointer(canvas, { begin, extend, end: () => changed(true) });
  listenToKeys(canvas, backdrop, { rows, columns, begin, extend, undo, clear, repaint, end: () => changed(true) });
  return {
    node: canvas,
    strokes,
    undo,
    clear,
    /** The ink, a byte for each point of the raster. */
    ink: () => ({ ink: alphaOf(raster.getImageData(0, 0, width, height)), height, width }),
    /** Shows an image of the data set in place of what was drawn. */
    show: (image) => {
      strokes.length = 0;
      backdrop.image = image;
      repaint();
    },
  };
}

function alphaOf({ data }) {
  const alpha = new Uint8Array(data.length / 4);
  for (let point = 0; point < alpha.length; point++) alpha[point] = data[4 * point + 3];
  return alpha;
}

/** Strokes are lists of `[x, y]` in pixels of the small image. */
function paintInk(context, strokes, colour) {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.strokeStyle = colour;
  context.lineWidth = PEN_WIDTH * INK_SCALE;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * INK_SCALE, y * INK_SCALE]);
    context.beginPath();
    context.moveTo(...points[0]);
    // Through the middles of the pieces, with the points as handles: the line has no corners.
    for (let i = 1; i + 1 < points.length; i++) {
      const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1));
    context.stroke();
  }
}

function paintSurface(context, ink, image, { cursor, down }) {
  const { width, height } = context.canvas;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  if (image) context.drawImage(image, 0, 0, width, height);
  context.drawImage(ink, 0, 0);
  if (cursor === null) return;
  context.strokeStyle = down ? "#ffd166" : "#7cb8f5";
  context.lineWidth = INK_SCALE / 3;
  context.beginPath();
  context.arc(cursor[0] * INK_SCALE, cursor[1] * INK_SCALE, (PEN_WIDTH / 2 + 0.5) * INK_SCALE, 0, 2 * Math.PI);
  context.stroke();
}

function listenToPointer(canvas, { begin, extend, end }) {
  let drawing = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = [canvas.width / INK_SCALE / box.width, canvas.height / INK_SCALE / box.height];
    return [(event.clientX - box.left) * scale[0], (event.clientY - box.top) * scale[1]];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    // All places since the last frame, where the browser tells them.
    const passed = event.getCoalescedEvents?.() ?? [];
    extend((passed.length > 0 ? passed : [event]).map(place));
  });
  const lift = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    end();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Arrow keys move a cursor, the space bar puts the pen down and lifts it. */
function listenToKeys(canvas, pen, { rows, columns, begin, extend, undo, clear, repaint, end }) {
  const lift = () => {
    if (!pen.down) return;
    pen.down = false;
    end();
  };
  const move = ([right, down], by) => {
    const within = (value, size) => Math.min(Math.max(value, 0), size);
    pen.cursor = [within(pen.cursor[0] + right * by, columns), within(pen.cursor[1] + down * by, rows)];
    if (pen.down) extend([pen.cursor]);
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    pen.cursor ??= [columns / 2, rows / 4];
    if (event.key in ARROWS) move(ARROWS[event.key], event.shiftKey ? KEY_LEAP : KEY_STEP);
    else if (event.key === " " && pen.down) lift();
    else if (event.key === " ") {
      pen.down = true;
      begin(pen.cursor);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      lift();
      if (event.key === "Delete") clear();
      else undo();
    } else return;
    event.preventDefault();
    repaint();
  });
  canvas.addEventListener("focus", () => {
    if (!canvas.matches(":focus-visible")) return;
    pen.cursor ??= [columns / 2, rows / 4];
    repaint();
  });
  canvas.addEventListener("blur", () => {
    lift();
    pen.cursor = null;
    repaint();
  });
}
