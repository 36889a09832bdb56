// Links inside the page. The address holds the visitor's choices, so the place goes in as one more of them.
import { choice, keep } from "./state.js";

/** Shows the element of that name: the claim is opened, the page scrolls, and the keyboard goes on from there. */
function goTo(id) {
  const target = document.getElementById(id);
  if (!target) return;
  const claim = target.querySelector(":scope > details");
  if (claim) claim.open = true;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView();
}

/** Marks the section in the bar that is being read. */
function markSection(links) {
  const seen = new Map();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) seen.set(entry.target.id, entry.isIntersecting);
      const current = [...links.keys()].find((id) => seen.get(id));
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-30% 0px -60% 0px" },
  );
  for (const id of links.keys()) observer.observe(document.getElementById(id));
}

/** Makes links inside the page keep the choices in the address, and shows the place that the address names. */
export function startNavigation() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.hash.slice(1);
    keep({ section: id });
    goTo(id);
  });
  const links = [...document.querySelectorAll(".bar nav a")].map((link) => [link.hash.slice(1), link]);
  markSection(new Map(links));
  const named = choice("section", /^#([\w-]+)$/.exec(location.hash)?.[1] ?? null);
  if (named) goTo(named);
}
