// What the diagram says in words and formulas, computed from what it shows.

import { bySides } from "./geometry.js";
import { grouped } from "./dom.js";

/** `3 rows`, `1 row`. */
export function countOf(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A share as `43.8 %`. */
export function sharePercent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/** A number with a true minus sign. */
export function trueMinus(number) {
  return String(number).replace("-", "−");
}

/** `rows 3 to 5`, `row 3`. */
export function rangeOf(noun, first, extent) {
  if (extent === 1) return `${noun} ${trueMinus(first)}`;
  return `${noun}s ${trueMinus(first)} ${extent === 2 ? "and" : "to"} ${trueMinus(first + extent - 1)}`;
}

/** Positions in ascending order as `rows 0, 3 and 6 to 9`. */
export function listOfRuns(noun, positions) {
  const runs = [];
  for (const position of positions) {
    const last = runs.at(-1);
    if (last && last[1] === position - 1) last[1] = position;
    else runs.push([position, position]);
  }
  const texts = runs.flatMap(([from, to]) =>
    to - from > 1 ? [`${from} to ${to}`] : to > from ? [`${from}`, `${to}`] : [`${from}`],
  );
  const shown = texts.length > 4 ? [...texts.slice(0, 3), "…", texts.at(-1)] : texts;
  const list = shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
  return `${noun}${positions.length === 1 ? "" : "s"} ${list.replace(", … and", " … and")}`;
}

/** What one output reads: where its window stands, and how much of it is padding. */
export function outputSentence(window, [row, column]) {
  const [down, across] = [row, column].map((output, axis) => output * window.stride[axis] - window.before[axis]);
  const inside = [down, across].map((first, axis) => {
    const end = Math.min(first + window.kernel[axis], window.input[axis]);
    return Math.max(end - Math.max(first, 0), 0);
  });
  const all = window.kernel[0] * window.kernel[1];
  const zeros = all - inside[0] * inside[1];
  const padding =
    zeros === 0
      ? ""
      : zeros === all
        ? ", all of them padding"
        : `; ${zeros} of its ${all} values ${zeros === 1 ? "is" : "are"} padding`;
  const [rows, columns] = [rangeOf("row", down, window.kernel[0]), rangeOf("column", across, window.kernel[1])];
  return `Output row ${row}, column ${column} reads ${rows} and ${columns}${padding}.`;
}

/** What one sees of a convolution, a sentence each. */
export function windowSentences(window, padding, unread) {
  const pixels = window.kernel[0] === 1 ? "pixel" : "pixels";
  const reads = `Each output reads ${bySides(window.kernel)} ${pixels}. ${neighbourSentence(window)}`;
  return [reads, paddingSentence(window, padding), shiftSentence(window), unreadSentence(unread)].filter(Boolean);
}

function neighbourSentence({ kernel, stride, output }) {
  if (output[0] * output[1] === 1) return "There is one window only.";
  const shared = kernel[0] - stride[0];
  const lines = `${countOf(Math.abs(shared), "row")} or ${Math.abs(shared) === 1 ? "column" : "columns"}`;
  const moves = `The window moves by ${stride[0]}, so`;
  if (shared === 0) return `${moves} neighbouring windows touch and share nothing.`;
  if (shared > 0) return `${moves} neighbouring windows share ${lines}.`;
  return `${moves} ${lines} between neighbouring windows ${shared === -1 ? "is" : "are"} skipped.`;
}

function paddingSentence({ pads, kernel, stride, input, output }, padding) {
  const { top, left, bottom, right } = pads;
  const kept = input[0] === output[0] && input[1] === output[1] ? "The size stays" : `${bySides(input)} becomes`;
  const result = `${kept} ${bySides(output)}.`;
  if (top + left + bottom + right === 0) return `Padding “${padding}” adds nothing here. ${result}`;
  const [rows, columns] = [`${countOf(top, "row")} above`, `${countOf(left, "column")} on the left`];
  const sides = `${rows} and ${bottom} below, ${columns} and ${right} on the right`;
  return `Padding “${padding}” adds ${sides}. ${result}${unusedPadding(pads, kernel, stride, input, output)}`;
}

// Where the last window ends before the padding does.
function unusedPadding(pads, kernel, stride, input, output) {
  const [rows, columns] = [
    [pads.top, pads.bottom],
    [pads.left, pads.right],
  ].map(([before, after], axis) => {
    const left = before + input[axis] + after - (output[axis] - 1) * stride[axis] - kernel[axis];
    return Math.min(left, after);
  });
  if (rows + columns === 0) return "";
  const parts = [
    rows && `${countOf(rows, "row")} below`,
    columns && `${countOf(columns, "column")} on the right`,
  ].filter(Boolean);
  const are = rows + columns === 1 ? "is" : "are";
  return ` The windows stop before the padding ends: ${parts.join(" and ")} ${are} never read.`;
}

/** How far the middle of all windows lies from the middle of the image, in pixels, by axis. */
export function windowOffsets({ before, kernel, stride, input, output }) {
  return [0, 1].map((axis) => ((output[axis] - 1) * stride[axis] + kernel[axis] - input[axis]) / 2 - before[axis]);
}

function shiftSentence(window) {
  const [down, across] = windowOffsets(window);
  if (down === 0 && across === 0) return "The windows lie evenly over the picture, so it is not shifted.";
  const pixels = (offset) => (Math.abs(offset) === 0.5 ? "half a pixel" : countOf(Math.abs(offset), "pixel"));
  const towards = (offset, before, after) => (offset < 0 ? before : after);
  const [vertical, horizontal] = [
    ["above", "below"],
    ["to the left of", "to the right of"],
  ];
  const middle = "the picture's middle";
  let where = `${pixels(down || across)} `;
  if (down === 0) where += `${towards(across, ...horizontal)} ${middle}`;
  else if (across === 0) where += `${towards(down, ...vertical)} ${middle}`;
  else if (Math.abs(down) === Math.abs(across))
    where += `${towards(down, ...vertical)} and ${towards(across, ...horizontal)} ${middle}`;
  else where += `${towards(down, ...vertical)} and ${pixels(across)} ${towards(across, ...horizontal)} ${middle}`;
  const moves = [down && towards(-down, "up", "down"), across && towards(-across, "left", "right")]
    .filter(Boolean)
    .join(" and ");
  return `The windows are not centred: their middle lies ${where}, so the output shows the picture shifted ${moves}.`;
}

function unreadSentence({ rows, columns, pixels, all, share }) {
  if (pixels === 0) return "Every pixel is read by a window.";
  const lines = [rows.length && listOfRuns("row", rows), columns.length && listOfRuns("column", columns)].filter(
    Boolean,
  );
  const what = lines.join(" or ");
  return `No window reads ${what}: ${pixels} of ${all} pixels, ${sharePercent(share)}, never count.`;
}

/** The formula of where a window begins, with its numbers. */
export function placeFormulas({ stride, before }, position) {
  const line = (label, at, axis) => {
    const numbers = `${at} × ${stride[axis]} − ${before[axis]}`;
    return {
      label: `first ${label} of the window`,
      rule: `${label} × s − before`,
      numbers,
      result: trueMinus(at * stride[axis] - before[axis]),
    };
  };
  return [line("row", position[0], 0), line("column", position[1], 1)];
}

/** The formula of the output size with its numbers, a line for each axis that differs. */
export function sizeFormulas(window, padding) {
  const { pads, input, kernel, stride, output } = window;
  const axes = [
    ["rows", 0, pads.top, pads.bottom],
    ["columns", 1, pads.left, pads.right],
  ];
  const equal = pads.top === pads.left && pads.bottom === pads.right && input[0] === input[1];
  return (equal ? axes.slice(0, 1) : axes).flatMap(([name, axis, before, after]) => {
    const [n, k, s, out] = [input[axis], kernel[axis], stride[axis], output[axis]];
    const label = equal ? "outputs" : name;
    const general = {
      label,
      rule: "⌊(n + before + after − k) ÷ s⌋ + 1",
      numbers: `⌊(${n} + ${before} + ${after} − ${k}) ÷ ${s}⌋ + 1`,
      result: out,
    };
    if (padding !== "same") return [general];
    const total = {
      label: "padding",
      rule: "max((outputs − 1) × s + k − n, 0)",
      numbers: `max(${out - 1} × ${s} + ${k} − ${n}, 0)`,
      result: `${before + after}: ${before} before, ${after} after`,
    };
    return [{ label, rule: "⌈n ÷ s⌉", numbers: `⌈${n} ÷ ${s}⌉`, result: out }, total];
  });
}
