// "See what a stride does": one convolution whose window moves, and the network that is made of two of them.

import { choicesInAddress, keepSoon } from "./diagram_choices.js";
import { diagramControls } from "./diagram_controls.js";
import { windowExplorer } from "./diagram_explorer.js";
import { networkExplorer } from "./diagram_network.js";

/** Fills an empty element with the diagram. */
export function startDiagram(root) {
  const choices = choicesInAddress();
  const explorer = windowExplorer(choices);
  const network = networkExplorer(choices);
  const redraw = () => {
    controls.show(choices);
    explorer.redraw();
    network.redraw();
  };
  const controls = diagramControls((made) => {
    Object.assign(choices, made, { pads: { ...choices.pads, ...made.pads } });
    const { stride, kernel, padding, pads, size } = choices;
    keepSoon({ stride, kernel, padding, pads: [pads.top, pads.left, pads.bottom, pads.right].join(","), size });
    redraw();
  });
  root.classList.add("diagram");
  root.append(controls.node, explorer.node, network.node);
  redraw();
  let width = root.clientWidth;
  const resized = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    redraw();
  });
  resized.observe(root);
}
