// The controls of the diagram: what a convolution can be, and the tutorial's four choices.

import { element } from "./dom.js";
import { asTutorial, tutorialChoices } from "./diagram_choices.js";

const paddingNames = ["same", "valid", "symmetric", "explicit"];
const padSides = ["top", "left", "bottom", "right"];

/** The controls. `changed` gets the choices that the visitor made, `{ stride: 2 }` for example; `show` sets every control. */
export function diagramControls(changed) {
  const stride = segmentedChoice("stride", "Stride", [1, 2, 3], (value) => changed({ stride: Number(value) }));
  const kernel = segmentedChoice("kernel", "Kernel", [1, 2, 3, 4, 5, 6, 7], (value) =>
    changed({ kernel: Number(value) }),
  );
  const padding = segmentedChoice("padding", "Padding", paddingNames, (value) => changed({ padding: value }));
  const pads = padInputs((side, value) => changed({ pads: { [side]: value } }));
  const size = sizeSlider((value) => changed({ size: value }));
  const presets = tutorialChoices.map((one) => presetButton(one, () => changed({ ...one, kernel: 3, size: 28 })));
  const four = element(
    "div",
    { class: "diagram-presets", role: "group", "aria-label": "The tutorial's four networks" },
    element("span", { class: "diagram-caption" }, "The tutorial's four"),
    ...presets,
  );
  const node = element(
    "div",
    { class: "diagram-controls" },
    four,
    stride.node,
    kernel.node,
    padding.node,
    pads.node,
    size.node,
  );
  const show = (choices) => {
    stride.show(choices.stride);
    kernel.show(choices.kernel);
    padding.show(choices.padding);
    pads.show(choices.pads, choices.padding === "explicit");
    size.show(choices.size);
    presets.forEach((button, index) =>
      button.setAttribute("aria-pressed", asTutorial(choices) === tutorialChoices[index]),
    );
  };
  return { node, show };
}

/** A legend: an entry for each `[class of the key, text]`. */
export function diagramLegend(entries) {
  const items = entries.map(([kind, text]) =>
    element("li", {}, element("span", { class: `diagram-key ${kind}`, "aria-hidden": "true" }), text),
  );
  return element("ul", { class: "diagram-legend" }, ...items);
}

function presetButton({ stride, padding }, chosen) {
  const swatch = element("span", {
    class: `diagram-swatch diagram-of-stride${stride}-${padding}`,
    "aria-hidden": "true",
  });
  const id = `diagram-preset-stride${stride}-${padding}`;
  return element(
    "button",
    { type: "button", id, class: "diagram-preset", "aria-pressed": "false", onclick: chosen },
    swatch,
    `stride ${stride}, ${padding}`,
  );
}

// Radio buttons that look like one bar.
function segmentedChoice(name, label, values, chosen) {
  const inputs = values.map((value) =>
    element("input", {
      type: "radio",
      name: `diagram-${name}`,
      id: `diagram-${name}-${value}`,
      value,
      onchange: () => chosen(value),
    }),
  );
  const options = values.map((value, index) =>
    element("label", { class: "diagram-segment" }, inputs[index], element("span", {}, `${value}`)),
  );
  const node = element(
    "fieldset",
    { class: "diagram-choice" },
    element("legend", { class: "diagram-caption" }, label),
    element("div", { class: "diagram-segments" }, ...options),
  );
  const show = (value) => inputs.forEach((input) => (input.checked = input.value === String(value)));
  return { node, show };
}

function padInputs(chosen) {
  const inputs = padSides.map((side) => {
    const input = element("input", {
      type: "number",
      id: `diagram-pad-${side}`,
      min: 0,
      max: 6,
      step: 1,
      inputmode: "numeric",
    });
    input.addEventListener("input", () => {
      const value = Math.round(Number(input.value));
      if (input.value !== "" && value >= 0 && value <= 6) chosen(side, value);
    });
    return input;
  });
  const fields = padSides.map((side, index) =>
    element("label", { class: `diagram-pad diagram-pad-${side}` }, element("span", {}, side), inputs[index]),
  );
  const node = element(
    "fieldset",
    { class: "diagram-choice diagram-pads" },
    element("legend", { class: "diagram-caption" }, "Padding by side, 0 to 6"),
    ...fields,
  );
  const show = (pads, explicit) => {
    node.hidden = !explicit;
    padSides.forEach((side, index) => {
      if (Number(inputs[index].value) !== pads[side] || inputs[index].value === "") inputs[index].value = pads[side];
    });
  };
  return { node, show };
}

function sizeSlider(chosen) {
  const slider = element("input", { type: "range", id: "diagram-size", min: 4, max: 28, step: 1 });
  slider.addEventListener("input", () => chosen(Number(slider.value)));
  const value = element("output", { for: "diagram-size", class: "diagram-value" });
  const node = element(
    "div",
    { class: "diagram-choice" },
    element("label", { class: "diagram-caption", for: "diagram-size" }, "Input"),
    element("div", { class: "diagram-sized" }, slider, value),
  );
  const show = (size) => {
    slider.value = size;
    slider.setAttribute("aria-valuetext", `${size} by ${size} pixels`);
    value.textContent = `${size}×${size}`;
  };
  return { node, show };
}
