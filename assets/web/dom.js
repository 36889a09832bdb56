// Elements in one call. Texts become text nodes, so nothing that is shown can turn into markup.

/** An HTML element: `element("p", { class: "note" }, "text", child)`. A property that begins with `on` is a listener. */
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function shape(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** `4241152` as `4,241,152`. */
export function grouped(number) {
  return number.toLocaleString("en-US");
}
