// What each network says of the digit: its class in large, and the probabilities of all classes.

import { element } from "./dom.js";

/**
 * A table with a column for each configuration. Gives the `node` and `update(answers, label)`: the probabilities of each
 * configuration, and the digit's true class or null where nobody knows it.
 */
export function predictionTable(configurations) {
  const cells = configurations.map(predictionCell);
  const heads = configurations.map(configurationHead);
  const node = element(
    "table",
    { class: "digits-table" },
    element("caption", { class: "digits-hidden" }, "What each network says of the digit"),
    element("thead", {}, element("tr", {}, element("td", {}), ...heads)),
    element(
      "tbody",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "row" }, "answer", element("small", { class: "digits-note" }, "and the probability of each class in %")),
        ...cells.map((cell) => cell.node),
      ),
    ),
  );
  node.style.setProperty("--columns", configurations.length);
  const update = (answers, label) => cells.forEach((cell, i) => cell.update(answers[i], label));
  return { node, update };
}

/** The head of a configuration's column, in its colour. */
export function configurationHead(configuration) {
  return coloured(element("th", { scope: "col", class: "digits-name" }, configuration.name), configuration);
}

/** The most probable class. */
export function predictedClass(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** A probability in percent with one decimal; 100 has none. */
export function percent(probability) {
  const tenths = (100 * probability).toFixed(1);
  return tenths === "100.0" ? "100" : tenths;
}

function coloured(node, { colour, text }) {
  // The colour for text on light paper, and the figures' colour on dark paper.
  const onDark = colour ? `var(--${colour})` : `color-mix(in oklab, ${text} 55%, white)`;
  node.style.setProperty("--look", `light-dark(${text}, ${onDark})`);
  return node;
}

function predictionCell(configuration) {
  const answer = element("p", { class: "digits-answer" });
  const verdict = element("p", { class: "digits-verdict" });
  const list = element("ul", { class: "digits-bars", role: "list" });
  const node = coloured(element("td", {}, answer, verdict, list), configuration);
  const bars = [];
  const grow = (classes) => {
    while (bars.length < classes) {
      const bar = classBar(bars.length);
      bars.push(bar);
      list.append(bar.node);
    }
  };
  const update = (probabilities, label) => {
    grow(probabilities.length);
    const predicted = predictedClass(probabilities);
    answer.textContent = predicted;
    verdict.textContent = verdictOf(predicted, label);
    verdict.dataset.verdict = label === null ? "none" : predicted === label ? "right" : "wrong";
    bars.forEach((bar, k) => bar.update(probabilities[k], k === predicted, k === label));
  };
  return { node, update };
}

function verdictOf(predicted, label) {
  if (label === null) return "your drawing";
  return predicted === label ? "✓ right" : `✗ wrong, a ${label}`;
}

function classBar(k) {
  const fill = element("span", { class: "digits-fill" });
  // Without the decimal where there is little room.
  const [long, short] = ["digits-long-number", "digits-short-number"].map((name) => element("span", { class: name }));
  const node = element(
    "li",
    {},
    element("span", { class: "digits-digit" }, `${k}`),
    element("span", { class: "digits-bar", "aria-hidden": "true" }, fill),
    element("span", { class: "digits-number" }, long, short),
  );
  const update = (probability, predicted, truth) => {
    fill.style.width = `${100 * probability}%`;
    long.textContent = percent(probability);
    short.textContent = (100 * probability).toFixed(0);
    node.classList.toggle("digits-predicted", predicted);
    node.classList.toggle("digits-truth", truth);
  };
  return { node, update };
}
