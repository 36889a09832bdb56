// What the visitor has chosen, kept in the page's address: a link shows another reader the same thing.

/** The choice of that name, or `otherwise` where the address has none. */
export function choice(name, otherwise) {
  return new URLSearchParams(location.hash.slice(1)).get(name) ?? otherwise;
}

/** Keeps choices in the address without a new entry in the browser's history: `keep({ stride: 2, padding: "same" })`. */
export function keep(choices) {
  const all = new URLSearchParams(location.hash.slice(1));
  // A bare place, such as "#cost", is no choice.
  for (const [name, value] of [...all]) if (value === "") all.delete(name);
  for (const [name, value] of Object.entries(choices)) all.set(name, value);
  history.replaceState(null, "", "#" + all);
}
