// One convolution to explore: the picture, a player and a slider that move its window, and what one sees in words.

import { element, shape } from "./dom.js";
import { neverRead } from "./coverage.js";
import { bySides, slidingWindow } from "./geometry.js";
import { diagramLegend } from "./diagram_controls.js";
import { keepSoon, paddingOf, positionInAddress, quietStatus } from "./diagram_choices.js";
import { glider, lessMotion, player } from "./diagram_player.js";
import { windowLegend } from "./diagram_labels.js";
import { drawWindow } from "./diagram_window.js";
import { outputSentence, placeFormulas, sizeFormulas, windowSentences } from "./diagram_words.js";

/** The explorer of one convolution with these choices. Call `redraw` where they or the width have changed. */
export function windowExplorer(choices) {
  let [at, window, drawing, drawn] = [positionInAddress("at", [3, 5]), null, null, false];
  const picture = element("div", { class: "diagram-stage" });
  const legend = element("div", {});
  const place = element("p", { class: "diagram-now", id: "diagram-now" });
  const words = element("div", { class: "diagram-words", id: "diagram-words" });
  const formulas = element("dl", { class: "diagram-formulas", id: "diagram-formulas" });
  const places = element("dl", { class: "diagram-formulas" });
  const status = element("p", { class: "diagram-heard", "aria-live": "polite" });
  const slider = element("input", {
    type: "range",
    id: "diagram-step",
    min: 0,
    step: 1,
    "aria-label": "Output that the window makes",
  });
  const button = element("button", { type: "button", class: "diagram-play", id: "diagram-play" });
  const say = quietStatus(status);
  const glide = glider((position) => drawing?.show(position));

  const move = (target, milliseconds) => {
    at = target;
    glide(at, milliseconds);
    place.textContent = outputSentence(window, at);
    places.replaceChildren(...placeFormulas(window, at).map(formulaLine));
    slider.value = at[0] * window.output[1] + at[1];
    slider.setAttribute("aria-valuetext", `row ${at[0]}, column ${at[1]}`);
  };
  const choose = (target) => {
    motion.stop();
    if (target.join() === at.join()) return;
    move(target, 120);
    say(outputSentence(window, at));
    keepSoon({ at: at.join(",") });
  };
  const byIndex = (index) => [Math.floor(index / window.output[1]), index % window.output[1]];
  const step = () => {
    const next = at[0] * window.output[1] + at[1] + 1;
    if (next >= window.output[0] * window.output[1]) return false;
    move(byIndex(next), pace() * 0.6);
    return true;
  };
  // A large output is passed through faster, so that the whole of it takes a minute at most.
  const pace = () => Math.min(Math.max(30000 / (window.output[0] * window.output[1]), 80), 600);
  const motion = player(
    step,
    () => pace(),
    (playing) => labelPlay(button, playing),
  );
  labelPlay(button, false);
  button.addEventListener("click", () => {
    if (motion.playing()) return motion.stop();
    if (at.join() === window.output.map((count) => count - 1).join()) move([0, 0], 0);
    motion.start();
  });
  slider.addEventListener("input", () => choose(byIndex(Number(slider.value))));

  const redraw = () => {
    window = slidingWindow(
      [choices.size, choices.size],
      [choices.kernel, choices.kernel],
      [choices.stride, choices.stride],
      paddingOf(choices),
    );
    const refused = window.refused !== undefined;
    if (refused) motion.stop();
    for (const control of [button, slider]) control.disabled = refused;
    if (refused) {
      drawing = null;
      picture.replaceChildren(
        element(
          "p",
          { class: "diagram-refused" },
          window.refused,
          " Choose a larger input, a smaller kernel or more padding.",
        ),
      );
      for (const node of [legend, words, formulas, places]) node.replaceChildren();
      place.textContent = "";
      return say(window.refused);
    }
    const unread = neverRead([window]);
    const focused = picture.contains(document.activeElement);
    drawing = drawWindow(window, Math.max(picture.clientWidth, 280), choose);
    picture.replaceChildren(drawing.svg);
    if (focused) drawing.grid.focus();
    slider.max = window.output[0] * window.output[1] - 1;
    move(
      at.map((position, axis) => Math.min(position, window.output[axis] - 1)),
      0,
    );
    legend.replaceChildren(diagramLegend(windowLegend(window, unread)));
    words.replaceChildren(
      ...windowSentences(window, choices.padding, unread).map((sentence) => element("p", {}, sentence)),
    );
    formulas.replaceChildren(...sizeFormulas(window, choices.padding).map(formulaLine));
    if (drawn) say(`${bySides(window.input)} becomes ${bySides(window.output)}.`);
    drawn = true;
  };
  const controls = element("div", { class: "diagram-transport" }, button, slider);
  const explained = element(
    "div",
    { class: "diagram-explained" },
    words,
    element("div", { class: "diagram-formulary" }, formulas, places),
  );
  const hint = element(
    "p",
    { class: "diagram-hint" },
    "Point at an output or move over the input: the window follows. With the keyboard, press Tab until a grid is marked, then the arrow keys. Rows and columns count from 0.",
  );
  const node = element("div", { class: "diagram-part" }, hint, picture, controls, place, legend, explained, status);
  return { node, redraw };
}

function formulaLine({ label, rule, numbers, result }) {
  const calculation = element(
    "dd",
    {},
    element("span", { class: "diagram-rule" }, rule),
    " = ",
    element("span", { class: "diagram-sum" }, `${numbers} = `, element("strong", {}, `${result}`)),
  );
  return element("div", {}, element("dt", {}, label), calculation);
}

function labelPlay(button, playing) {
  const icon = shape(
    "svg",
    { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
    shape("path", { d: playing ? "M2 1h3v10h-3zM7 1h3v10h-3z" : "M2 1l9 5l-9 5z" }),
  );
  button.replaceChildren(icon, playing ? "Pause" : "Play");
}
