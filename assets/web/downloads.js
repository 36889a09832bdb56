// Files that the page holds, saved from it.

/** The bytes of a block of base64 that was compressed with gzip. */
export async function unpacked(element) {
  const text = atob(document.getElementById(element).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Saves bytes or text under that name. */
export function save(name, contents, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([contents], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Makes the buttons of the last section save their files. */
export function startDownloads() {
  for (const button of document.querySelectorAll("button[data-file]")) {
    button.hidden = false;
    button.addEventListener("click", async () =>
      save(button.dataset.file, await unpacked(button.dataset.block), button.dataset.type),
    );
  }
}
