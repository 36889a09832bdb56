// Base64, in which the page carries what is not text.

/** The bytes that base64 stands for. */
export function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The bytes that base64 of gzip stands for. */
export async function unzipped(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The text of one of the page's blocks. */
export function blockText(id) {
  return document.getElementById(id).textContent.trim();
}
