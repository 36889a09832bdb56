// Starts everything that moves; what only has to be read is in the page already.
import { startDownloads } from "./downloads.js";
import { openNamedClaim, startFigures } from "./figures.js";
import { startTheme } from "./theme.js";

startTheme();
startFigures();
startDownloads();
openNamedClaim();
addEventListener("hashchange", openNamedClaim);
document.documentElement.dataset.ready = "";
