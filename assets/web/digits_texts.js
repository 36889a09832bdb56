// The words of the section "What it makes of a digit".

import { element } from "./dom.js";
import { blueToRed, colourRamp, viridis } from "./colour_scales.js";
import { percent, predictedClass } from "./predictions.js";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/** What a feature map is. */
export function introduction() {
  return [
    element(
      "p",
      {},
      "A ",
      element("strong", {}, "feature map"),
      " shows where on the image one filter of a layer finds what it looks for: bright where the filter answers strongly, dark where " +
        "it does not answer. Choose a digit of the test set, or draw one. The trained networks run here, in this page, and " +
        "answer while the pen moves.",
    ),
  ];
}

/** Whose weights these are, and which networks have none. */
export function aboutWeights(data, networks) {
  const command = element("code", {}, data.weights_command ?? "stridelab");
  if (networks.length === 0) {
    return ["This run has no weights, so no network can run here. This command trains them: ", command, "."];
  }
  const { seed, epochs, device } = data.models;
  const trained = `${counted(epochs).replace("network", "epoch")} of training`;
  const whose = `These are the networks of seed ${seed} after ${trained}${device ? `, trained on: ${device}` : ""}.`;
  const names = data.configurations.map(({ name }) => name);
  const present = networks.map(({ configuration }) => configuration.name);
  const missing = names.filter((name) => !present.includes(name));
  if (missing.length === 0) return [whose];
  return [`${whose} The page holds no weights of the run's other ${counted(missing.length)}.`];
}

/** "four networks" */
export function counted(count) {
  return `${NUMBERS[count] ?? count} network${count === 1 ? "" : "s"}`;
}

/** What the surface shows, and what to do with it. */
export function captionOf(digit, strokes) {
  if (digit) return [`Test image ${digit.index}, a ${digit.label}. `, "Draw on the black square to begin a digit of your own."];
  if (strokes.length > 0) return ["Your drawing.", ""];
  return ["Nothing is drawn yet. The networks answer even so: this is what they make of a blank image.", ""];
}

/** The answers of all networks in one sentence. */
export function spokenAnswers(configurations, outputs) {
  const answers = outputs.map(({ probabilities }, i) => {
    const predicted = predictedClass(probabilities);
    return `${configurations[i].name} says ${predicted} (${percent(probabilities[predicted])} %)`;
  });
  const sentence = `${answers.join("; ")}.`;
  return sentence[0].toUpperCase() + sentence.slice(1);
}

/** How to draw. */
export function drawingHelp(id) {
  return element(
    "p",
    { class: "digits-help", id },
    "Draw with a mouse, a finger or a pen. With the keyboard, the arrow keys move the pen by a pixel (with Shift by four), the " +
      "space bar puts it down or lifts it, Backspace takes the last stroke back, and Delete clears all.",
  );
}

/** Whether a drawing is scaled and moved as MNIST's digits were. */
export function centringOption(changed) {
  const input = element("input", { type: "checkbox", onchange: changed });
  input.checked = true;
  const node = element("label", { class: "digits-option" }, input, element("span", {}, "centre my drawing as MNIST does"));
  return { input, node };
}

/** How to read the maps. */
export function mapsHelp() {
  return element(
    "div",
    { class: "digits-help digits-legend" },
    element(
      "p",
      {},
      colourRamp("digits-swatch digits-long", viridis, 0),
      "Colour grows with the square root of the value after ReLU, from 0 to the greatest value in the row, which stands at its left. One row has one " +
        "scale for all networks.",
    ),
    element(
      "p",
      {},
      element("span", { class: "digits-swatch digits-read", "aria-hidden": "true" }),
      "Windows reach here, but no cell of the map stands here. ",
      element("span", { class: "digits-swatch digits-unread", "aria-hidden": "true" }),
      "No window of the layer reads this part of the image. A cell stands around the middle of its window and is as large as the step " +
        "from one window to the next.",
    ),
    element(
      "p",
      {},
      colourRamp("digits-swatch digits-long", blueToRed, -1),
      "Beside each map is its kernel, blue below 0 and red above, on one scale for all that are shown. A kernel of conv2 has a slice for each channel " +
        "of the map before it: here is the slice with the greatest norm, and “ch.” says which channel it reads. A pooling layer has no kernel; " +
        "beside its maps is that of the convolution before it.",
    ),
    element(
      "p",
      {},
      "Filters of the same number began with the same random values in every network whose kernels have the same size. So a row shows what " +
        "became of one filter.",
    ),
  );
}
