// Figures: saved as files of their own, and shown inside the claims that rest on them.
import { save } from "./downloads.js";

/** The drawing in its own colours, as any reader of SVG takes it. */
function standalone(svg) {
  const text = new XMLSerializer().serializeToString(svg);
  return text.replace(/var\(--[\w-]+, (#[0-9a-f]{6})\)/g, "$1");
}

/** A copy with identifiers of its own. */
function copyOf(figure) {
  const copy = figure.cloneNode(true);
  copy.removeAttribute("id");
  const renamed = new Map();
  for (const node of copy.querySelectorAll("[id]")) {
    renamed.set(node.id, `${node.id}-copy`);
    node.id = renamed.get(node.id);
  }
  for (const node of copy.querySelectorAll("[fill^='url(#']")) {
    const name = node.getAttribute("fill").slice(5, -1);
    node.setAttribute("fill", `url(#${renamed.get(name) ?? name})`);
  }
  return copy;
}

function makeSavable(figure) {
  const button = figure.querySelector("button.save");
  button.hidden = false;
  button.addEventListener("click", () =>
    save(`${button.dataset.name}.svg`, standalone(figure.querySelector("svg")), "image/svg+xml"),
  );
}

/** Opens everything for the printer, and closes again what was closed. */
function openForPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}

/** Makes figures savable, and shows each inside its claim when that is opened. */
export function startFigures() {
  openForPrint();
  for (const figure of document.querySelectorAll("figure.figure")) makeSavable(figure);
  for (const place of document.querySelectorAll("[data-figure]")) {
    place.closest("details").addEventListener("toggle", () => {
      const figure = document.getElementById(place.dataset.figure);
      if (!figure || place.querySelector("figure")) return;
      const copy = copyOf(figure);
      place.replaceChildren(copy);
      makeSavable(copy);
    });
  }
}
