// Files that the page holds, saved from it.
import { blockText, unzipped } from "./base64.js";
import { element } from "./dom.js";
import { weightsFile } from "./safetensors.js";

/** Saves bytes or text under that name. */
export function save(name, contents, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([contents], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Makes the buttons of the last section save their files, and adds one for the weights of each network. */
export function startDownloads(data) {
  for (const button of document.querySelectorAll("button[data-file]")) {
    button.hidden = false;
    button.addEventListener("click", async () =>
      save(button.dataset.file, await unzipped(blockText(button.dataset.block)), button.dataset.type),
    );
  }
  const list = document.querySelector(".files");
  for (const { file, element: block } of data.models?.entries ?? []) {
    const onclick = async () => save(file, await weightsFile(blockText(block)), "application/octet-stream");
    list.append(element("li", {}, element("button", { type: "button", onclick }, file)));
  }
}
