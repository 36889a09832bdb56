// What the visitor has chosen in the diagram: read from the address, kept in it, and put into words.

import { choice, keep } from "./state.js";

/** The tutorial's four choices, in its order. */
export const tutorialChoices = [
  { stride: 1, padding: "same" },
  { stride: 2, padding: "same" },
  { stride: 1, padding: "valid" },
  { stride: 2, padding: "valid" },
];

/** Which of the tutorial's four a choice is; undefined where it is none. */
export function asTutorial({ stride, kernel, padding, size }) {
  return tutorialChoices.find((one) => one.stride === stride && one.padding === padding && kernel === 3 && size === 28);
}

/** The choices in the address; what is missing there or makes no sense is as in the tutorial's second network. */
export function choicesInAddress() {
  const [top, left, bottom, right] = wholeNumbers("pads", "0,0,1,1", [0, 0, 0, 0], 6, [0, 0, 1, 1]);
  const padding = choice("padding", "same");
  return {
    stride: wholeNumbers("stride", "2", [1], 3, [2])[0],
    kernel: wholeNumbers("kernel", "3", [1], 7, [3])[0],
    size: wholeNumbers("size", "28", [4], 28, [28])[0],
    padding: ["same", "valid", "symmetric", "explicit"].includes(padding) ? padding : "same",
    pads: { top, left, bottom, right },
  };
}

/** The output that the address names, `[row, column]`, and the layer's; moved into the grid where it is outside. */
export function positionInAddress(name, otherwise) {
  return wholeNumbers(
    name,
    otherwise.join(","),
    otherwise.map(() => 0),
    27,
    otherwise,
  );
}

// Whole numbers of that name, one for each of the least; `otherwise` where one of them is none or out of range.
function wholeNumbers(name, missing, least, most, otherwise) {
  const numbers = choice(name, missing)
    .split(",")
    .map((text) => (/^\d+$/.test(text) ? Number(text) : NaN));
  const fits =
    numbers.length === least.length && numbers.every((number, index) => number >= least[index] && number <= most);
  return fits ? numbers : otherwise;
}

/** The padding of a choice, as the geometry takes it. */
export function paddingOf({ padding, pads }) {
  return padding === "explicit" ? pads : padding;
}

/** A choice in words: `stride 2, same, kernel 5, image 20×20`. */
export function choicesName({ stride, kernel, padding, pads, size }) {
  const bySide = `${pads.top} above, ${pads.left} left, ${pads.bottom} below, ${pads.right} right`;
  const parts = [`stride ${stride}`, padding === "explicit" ? `padding ${bySide}` : padding];
  if (kernel !== 3) parts.push(`kernel ${kernel}`);
  if (size !== 28) parts.push(`image ${size}×${size}`);
  return parts.join(", ");
}

const unkept = { choices: {}, timer: 0 };

/** Keeps choices in the address a moment later: browsers limit how often it may change. */
export function keepSoon(choices) {
  Object.assign(unkept.choices, choices);
  clearTimeout(unkept.timer);
  unkept.timer = setTimeout(() => {
    keep(unkept.choices);
    unkept.choices = {};
  }, 250);
}

/** A status line for assistive technology. It speaks only when the visitor has paused. */
export function quietStatus(node) {
  let timer = 0;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (node.textContent !== text) node.textContent = text;
    }, 400);
  };
}
