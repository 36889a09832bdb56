// Which layer's maps are shown, and of which filters.

import { element } from "./dom.js";
import { choice, keep } from "./state.js";

const FILTERS_AT_ONCE = 8;

/**
 * Radio buttons for the layers and buttons for the filters. `chosenFilters` are numbers from 1 that come first, or
 * undefined. `changed(layer, filters)` gets filters from 0. Gives the `node`; `start`, which shows what the address asks
 * for; and `fromAddress`, for when that changes.
 */
export function digitsControls(networks, chosenFilters, changed) {
  const layers = layersOf(networks);
  const groupsOf = (layer) => filterGroups(filtersOf(networks, layer), chosenFilters ?? []);
  const state = { layer: layers[0], group: 0 };
  const radios = layers.map((layer) => {
    const select = () => show({ layer, key: groupsOf(state.layer)[state.group].key }, true);
    return element("input", { type: "radio", name: "digits-layer", value: layer, onchange: select });
  });
  const range = element("span", { class: "digits-range", "aria-live": "polite" });
  const step = (by) => {
    const group = groupsOf(state.layer)[state.group + by];
    if (group) show({ layer: state.layer, key: group.key }, true);
  };
  const previous = element("button", { type: "button", onclick: () => step(-1) }, "Previous");
  const following = element("button", { type: "button", onclick: () => step(1) }, "Next");

  const show = ({ layer, key }, kept) => {
    state.layer = layers.includes(layer) ? layer : layers[0];
    const groups = groupsOf(state.layer);
    state.group = Math.max(groups.findIndex((group) => group.key === key), 0);
    radios.forEach((radio) => (radio.checked = radio.value === state.layer));
    const group = groups[state.group];
    range.textContent = `${group.name} of ${filtersOf(networks, state.layer)}`;
    // aria-disabled and not disabled, so that the button that was pressed keeps the focus.
    enable(previous, state.group > 0);
    enable(following, state.group + 1 < groups.length);
    if (kept) keep({ layer: state.layer, filter: group.key });
    changed(state.layer, group.filters);
  };
  const start = () => show({ layer: choice("layer", layers[0]), key: choice("filter", "") }, false);
  const fromAddress = () => {
    const { key } = groupsOf(state.layer)[state.group];
    if (choice("layer", state.layer) !== state.layer || choice("filter", key) !== key) start();
  };
  const segments = radios.map((radio) => element("label", {}, radio, element("span", {}, radio.value)));
  const node = element(
    "div",
    { class: "digits-controls" },
    element("fieldset", { class: "digits-segments" }, element("legend", { class: "digits-hidden" }, "Layer"), ...segments),
    element("div", { class: "digits-buttons", role: "group", "aria-label": "Filters" }, previous, range, following),
  );
  return { node, start, fromAddress };
}

/** Layers of maps in the order of the networks, each once. */
function layersOf(networks) {
  const maps = networks.flatMap(({ configuration }) => configuration.network.layers);
  const names = maps.filter(({ kind }) => kind === "conv" || kind === "pool").map(({ name }) => name);
  // conv1, pool1, conv2, … also where the first network has no pooling.
  const order = (name) => [name.match(/\d*$/)[0].padStart(4, "0"), name];
  return [...new Set(names)].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function filtersOf(networks, layer) {
  const layers = networks.flatMap(({ configuration }) => configuration.network.layers);
  return Math.max(...layers.filter(({ name }) => name === layer).map(({ output }) => output[2]));
}

/** Filters in groups of eight, behind the chosen ones where those are not the first group themselves. */
function filterGroups(count, chosenFilters) {
  const groups = [];
  for (let first = 0; first < count; first += FILTERS_AT_ONCE) {
    const filters = Array.from({ length: Math.min(FILTERS_AT_ONCE, count - first) }, (_, i) => first + i);
    groups.push({ key: `${first + 1}`, name: `filters ${first + 1} to ${first + filters.length}`, filters });
  }
  const filters = chosenFilters.map((number) => number - 1).filter((filter) => filter >= 0 && filter < count);
  if (filters.length > 0 && filters.join() !== groups[0].filters.join()) {
    groups.unshift({ key: "chosen", name: `filters ${chosenFilters.join(", ")}`, filters });
  }
  return groups;
}

function enable(button, possible) {
  if (possible) button.removeAttribute("aria-disabled");
  else button.setAttribute("aria-disabled", "true");
}
