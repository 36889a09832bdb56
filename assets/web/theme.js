// Light or dark: as the system has it, or as the visitor chooses.
import { choice, keep } from "./state.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Makes the button in the bar switch between light and dark. */
export function startTheme() {
  const button = document.getElementById("theme");
  const chosen = choice("theme", null);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const name = () => (button.textContent = isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    keep({ theme: document.documentElement.dataset.theme });
    name();
    document.dispatchEvent(new Event("themechange"));
  });
  dark.addEventListener("change", () => {
    name();
    document.dispatchEvent(new Event("themechange"));
  });
  button.hidden = false;
  name();
}
