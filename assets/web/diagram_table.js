// The chosen network beside the tutorial's four: sizes, parameters, multiply-adds, pixels that are lost.

import { element, grouped } from "./dom.js";
import { neverRead } from "./coverage.js";
import { slidingLayers, tutorialNetwork } from "./geometry.js";
import { sharePercent } from "./diagram_words.js";
import { asTutorial, choicesName, tutorialChoices } from "./diagram_choices.js";

const tableColumns = [
  "Stride, padding",
  "Rows after each layer",
  "Para\u00admeters",
  "MACs",
  "Never reach the classifier",
];

/** The table; the row of the network that is shown is marked. */
export function networkTable(choices, network) {
  const known = asTutorial(choices);
  const four = tutorialChoices.map((one) => {
    const made = tutorialNetwork([28, 28], { ...one, kernel: 3 });
    return tableRow(
      `stride ${one.stride}, ${one.padding}`,
      `diagram-of-stride${one.stride}-${one.padding}`,
      made,
      one === known,
    );
  });
  const own = known ? [] : [tableRow(choicesName(choices), "diagram-of-own", network, true)];
  const head = element("tr", {}, ...tableColumns.map((name) => element("th", { scope: "col" }, name)));
  const caption = element(
    "caption",
    {},
    "The tutorial's four networks, of images of 28×28 and kernels of 3×3",
    known ? "" : ", and the one that is shown",
  );
  return element(
    "table",
    { class: "diagram-table" },
    caption,
    element("thead", {}, head),
    element("tbody", {}, ...own, ...four),
  );
}

function tableRow(name, colour, network, shown) {
  const swatch = element("span", { class: `diagram-swatch ${colour}`, "aria-hidden": "true" });
  const heading = element(
    "th",
    { scope: "row" },
    swatch,
    name,
    ...(shown ? [element("span", { class: "diagram-shown" }, "shown")] : []),
  );
  const cells = network.refused
    ? [element("td", { colspan: 4 }, "makes no network")]
    : [
        sizesOf(network),
        grouped(network.parameters),
        grouped(network.macs),
        sharePercent(neverRead(slidingLayers(network)).share),
      ].map((text) => element("td", {}, text));
  return element("tr", shown ? { "aria-current": "true" } : {}, heading, ...cells);
}

/** `14 → 7 → 4 → 2`; where a layer is not square, `14×13`. */
export function sizesOf(network) {
  return slidingLayers(network)
    .map(({ output: [rows, across] }) => (rows === across ? `${rows}` : `${rows}×${across}`))
    .join(" → ");
}
