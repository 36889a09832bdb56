// Through both layers: the tutorial's network with the choices of the diagram.

import { element, grouped } from "./dom.js";
import { neverRead } from "./coverage.js";
import { slidingLayers, tutorialNetwork } from "./geometry.js";
import { diagramLegend } from "./diagram_controls.js";
import { choicesName, keepSoon, paddingOf, positionInAddress, quietStatus } from "./diagram_choices.js";
import { networkGrids, positionSentence } from "./diagram_layers.js";
import { drawNetwork } from "./diagram_maps.js";
import { networkTable } from "./diagram_table.js";
import { listOfRuns, sharePercent } from "./diagram_words.js";

/** The explorer of the network with these choices. Call `redraw` where they or the width have changed. */
export function networkExplorer(choices) {
  let [[layer, ...at], network, drawing, drawn] = [positionInAddress("through", [4, 0, 0]), null, null, false];
  const picture = element("div", { class: "diagram-stage", id: "diagram-network" });
  const legend = element("div", {});
  const place = element("p", { class: "diagram-now", id: "diagram-through" });
  const lost = element("p", { class: "diagram-lost", id: "diagram-lost" });
  const costs = element("p", { id: "diagram-costs" });
  const table = element("div", {
    class: "diagram-scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "The tutorial's four networks",
  });
  const status = element("p", { class: "diagram-heard", "aria-live": "polite" });
  const say = quietStatus(status);
  const show = () => {
    drawing.show(layer, at);
    place.textContent = positionSentence(network, layer, at);
  };
  const choose = (grid, position) => {
    if (grid === layer && position.join() === at.join()) return;
    [layer, at] = [grid, position];
    show();
    say(place.textContent);
    keepSoon({ through: [layer, ...at].join(",") });
  };
  const redraw = () => {
    network = tutorialNetwork([choices.size, choices.size], { ...choices, padding: paddingOf(choices) });
    table.replaceChildren(networkTable(choices, network));
    if (network.refused) {
      drawing = null;
      const refused = `These choices make no network: the image has become too small for ${network.layer}. ${network.refused}`;
      const advice = "Choose a larger input, a smaller stride or kernel, or more padding.";
      picture.replaceChildren(element("p", { class: "diagram-refused" }, `${refused} ${advice}`));
      for (const node of [legend, place, lost, costs]) node.replaceChildren();
      return say(refused);
    }
    const focused = picture.contains(document.activeElement) ? document.activeElement.id : "";
    drawing = drawNetwork(network, Math.max(picture.clientWidth, 280), choose);
    picture.replaceChildren(drawing.svg);
    if (focused) document.getElementById(focused)?.focus();
    const grids = networkGrids(network);
    layer = Math.min(layer, grids.length - 1);
    at = at.map((position, axis) => Math.min(position, grids[layer].size[axis] - 1));
    show();
    legend.replaceChildren(networkLegend(grids));
    lost.replaceChildren(...lostSentence(network, choices));
    if (drawn) say(lost.textContent);
    drawn = true;
    const [parameters, macs] = [grouped(network.parameters), grouped(network.macs)];
    costs.textContent = `It has ${parameters} parameters and takes ${macs} multiply-adds (MACs) an image, dense layers included.`;
  };
  const heading = element("h3", { class: "diagram-heading" }, "Through both layers");
  const intro = element(
    "p",
    {},
    "The tutorial's network with these choices. Point at any position, or use the arrow keys: ",
    "what it sees lights up in every layer before it, what it reaches in every layer after it.",
  );
  const node = element(
    "div",
    { class: "diagram-part" },
    heading,
    intro,
    picture,
    legend,
    place,
    lost,
    costs,
    table,
    status,
  );
  return { node, redraw };
}

function networkLegend(grids) {
  const padded = grids.some(({ pads }) => Object.values(pads).some((pad) => pad > 0));
  const unread = grids.some((grid) => grid.unread?.pixels > 0);
  return diagramLegend([
    ["diagram-lit", "what it sees"],
    ["diagram-reached", "what it reaches"],
    ...(unread ? [["diagram-unread", "never reaches the classifier"]] : []),
    ...(padded ? [["diagram-padding", "padding"]] : []),
  ]);
}

function lostSentence(network, choices) {
  const { rows, columns, pixels, all, share } = neverRead(slidingLayers(network));
  const key = element("span", { class: "diagram-key diagram-unread", "aria-hidden": "true" });
  if (pixels === 0) return [`With ${choicesName(choices)}, every pixel of the image reaches the classifier.`];
  const lines = [rows.length && listOfRuns("row", rows), columns.length && listOfRuns("column", columns)]
    .filter(Boolean)
    .join(" or ");
  return [
    key,
    "With ",
    choicesName(choices),
    ", ",
    element("strong", {}, `${sharePercent(share)} of pixels`),
    ` never reach the classifier: ${pixels} of ${all}, all in ${lines}.`,
  ];
}
