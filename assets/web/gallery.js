// The test digits, to choose one of: a group of radio buttons that look like the digits.

import { element } from "./dom.js";
import { paintGrey, picture } from "./pixels.js";

/**
 * Digits are `{ index, label, bytes }`. `chosen(position)` is called when the visitor picks one. Gives the `node` and
 * `mark(position)`, which marks one as chosen, or none for null.
 */
export function digitGallery(digits, size, chosen) {
  const buttons = digits.map((digit, position) => {
    const thumbnail = picture("digits-thumbnail", size);
    paintGrey(thumbnail, digit.bytes);
    const name = `test image ${digit.index}, a ${digit.label}`;
    const attributes = { type: "button", role: "radio", "aria-checked": "false", "aria-label": name, title: name };
    return element("button", { class: "digits-choice", ...attributes, onclick: () => chosen(position) }, thumbnail);
  });
  const mark = (position) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", String(i === position));
      // One stop of the Tab key for the whole group; arrow keys go on from there.
      button.tabIndex = i === (position ?? 0) ? 0 : -1;
    });
  };
  const node = element("div", { class: "digits-gallery", role: "radiogroup", "aria-label": "Test digits" }, ...buttons);
  node.addEventListener("keydown", (event) => {
    const next = nextPosition(event.key, buttons.indexOf(document.activeElement), buttons);
    if (next === null) return;
    event.preventDefault();
    buttons[next].focus();
    chosen(next);
  });
  mark(null);
  return { node, mark };
}

function nextPosition(key, now, buttons) {
  const last = buttons.length - 1;
  // As many as stand in the first line.
  const inLine = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
  const within = (position) => (position < 0 || position > last ? now : position);
  if (key === "ArrowRight") return now === last ? 0 : now + 1;
  if (key === "ArrowLeft") return now === 0 ? last : now - 1;
  if (key === "ArrowDown") return within(now + inLine);
  if (key === "ArrowUp") return within(now - inLine);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return null;
}
