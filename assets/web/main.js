// Starts everything that moves; what only has to be read is in the page already.
import { startDiagram } from "./diagram.js";
import { startDigits } from "./digits.js";
import { startDownloads } from "./downloads.js";
import { startFigures } from "./figures.js";
import { startNavigation } from "./navigation.js";
import { startTheme } from "./theme.js";

const data = JSON.parse(document.getElementById("page-data").textContent);
startTheme();
for (const name of ["diagram", "digits"]) document.getElementById(name).replaceChildren();
startDiagram(document.getElementById("diagram"));
startDigits(document.getElementById("digits"), data);
startFigures();
startDownloads(data);
startNavigation();
document.documentElement.dataset.ready = "";
