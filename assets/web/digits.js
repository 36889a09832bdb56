// "What it makes of a digit": the visitor picks a test digit or draws one, and the trained networks answer in the page.

import { element } from "./dom.js";
import { choice, keep } from "./state.js";
import { bytesOf } from "./base64.js";
import { asDrawn, asMnist } from "./centre.js";
import { digitsControls } from "./digits_controls.js";
import { featureMapTable } from "./feature_maps.js";
import { digitGallery } from "./gallery.js";
import { runNetwork } from "./inference.js";
import { drawingSurface } from "./pen.js";
import { paintGrey, picture } from "./pixels.js";
import { predictionTable } from "./predictions.js";
import { decodeWeights } from "./safetensors.js";
import { aboutWeights, captionOf, centringOption, counted, drawingHelp, introduction, mapsHelp, spokenAnswers } from "./digits_texts.js";

/** Builds the section inside `root`. The promise ends when the first digit is shown, or the reason why there is none. */
export async function startDigits(root, data) {
  const status = element("p", { class: "digits-status" }, "Reading the weights…");
  root.classList.add("digits-root");
  root.replaceChildren(...introduction(), status);
  const networks = [];
  for (const configuration of data.configurations) {
    const entry = data.models?.entries.find(({ slug }) => slug === configuration.slug);
    const script = entry && document.getElementById(entry.element);
    if (!script) continue;
    try {
      networks.push({ configuration, tensors: await decodeWeights(script.textContent) });
    } catch (error) {
      status.textContent = `The weights of ${configuration.name} in this page cannot be read: ${error.message}.`;
      root.dataset.ready = "failed";
      return;
    }
  }
  status.replaceChildren(...aboutWeights(data, networks));
  if (networks.length > 0) {
    const laboratory = digitLaboratory(networks, data);
    root.append(laboratory.node);
    laboratory.start();
    warmUp(networks, data, laboratory.refresh);
  }
  root.dataset.ready = "true";
}

/** Runs the networks a few times between other work, so that the browser has compiled the loops before the first stroke. */
function warmUp(networks, data, done) {
  const pixels = new Uint8Array(data.image_size[0] * data.image_size[1]).fill(1);
  for (const { configuration, tensors } of [...networks, ...networks]) {
    setTimeout(() => runNetwork(configuration.network, tensors, pixels));
  }
  setTimeout(done);
}

/** Everything that moves. */
function digitLaboratory(networks, data) {
  const size = data.image_size;
  const digits = data.digits.map((digit) => ({ ...digit, bytes: bytesOf(digit.pixels) }));
  // The chosen test digit's position, null for what is drawn.
  const shown = { position: 0, pixels: new Uint8Array(size[0] * size[1]), table: null };
  const next = { frame: null, spoken: false, first: true };
  const configurations = networks.map(({ configuration }) => configuration);

  const predictions = predictionTable(configurations);
  const maps = element("div", { class: "digits-scroll", tabindex: 0, role: "region", "aria-label": "Feature maps" });
  const seen = picture("digits-seen", size, "what the networks read");
  const caption = element("p", { class: "digits-caption" });
  const time = element("p", { class: "digits-time" });
  const live = element("p", { class: "digits-hidden", "aria-live": "polite" });

  /** Runs the networks in the next frame, at most once a frame. */
  const schedule = (spoken) => {
    next.spoken ||= spoken;
    next.frame ??= requestAnimationFrame(() => {
      next.frame = null;
      const speak = next.spoken;
      next.spoken = false;
      run(speak);
    });
  };
  const run = (spoken) => {
    const digit = shown.position === null ? null : digits[shown.position];
    const convert = centring.input.checked ? asMnist : asDrawn;
    shown.pixels = digit?.bytes ?? convert(surface.ink(), size);
    const begin = performance.now();
    const outputs = networks.map(({ configuration, tensors }) => runNetwork(configuration.network, tensors, shown.pixels));
    const milliseconds = performance.now() - begin;
    paintGrey(seen, shown.pixels);
    predictions.update(outputs.map(({ probabilities }) => probabilities), digit?.label ?? null);
    shown.table.update(shown.pixels, outputs.map(({ activations }) => activations), spoken);
    const [what, hint] = captionOf(digit, surface.strokes);
    caption.replaceChildren(what, element("span", { class: "digits-hint" }, hint));
    time.textContent = `${counted(networks.length)} in ${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
    // A page that opens says nothing by itself.
    if (spoken && !next.first) live.textContent = spokenAnswers(configurations, outputs);
    next.first = false;
  };
  const show = (position) => {
    shown.position = position;
    gallery.mark(position);
    const image = picture("digits-seen", size);
    paintGrey(image, digits[position].bytes);
    surface.show(image);
    schedule(true);
  };
  const choose = (position) => {
    show(position);
    keep({ digit: digits[position].index });
  };
  const drawn = (ended) => {
    shown.position = null;
    gallery.mark(null);
    schedule(ended);
  };

  const gallery = digitGallery(digits, size, choose);
  const surface = drawingSurface(size, "digits-drawing-help", drawn);
  const centring = centringOption(() => schedule(true));
  const controls = digitsControls(networks, data.feature_filters, (layer, filters) => {
    shown.table = featureMapTable(networks, size, layer, filters);
    maps.replaceChildren(shown.table.node);
    schedule(true);
  });
  const node = element(
    "div",
    { class: "digits-laboratory" },
    element("div", { class: "digits-test-set" }, element("h3", {}, "Choose a digit, or draw one"), gallery.node),
    element(
      "div",
      { class: "digits-input" },
      element(
        "div",
        { class: "digits-drawing" },
        surface.node,
        element(
          "div",
          { class: "digits-beside-surface" },
          element("figure", { class: "digits-figure" }, seen, element("figcaption", {}, "what the networks read")),
          element(
            "div",
            { class: "digits-buttons" },
            element("button", { type: "button", onclick: surface.undo }, "Undo"),
            element("button", { type: "button", onclick: surface.clear }, "Clear"),
          ),
          centring.node,
        ),
      ),
      caption,
      drawingHelp("digits-drawing-help"),
    ),
    element(
      "div",
      { class: "digits-output" },
      element("h3", {}, "What each network says"),
      element("div", { class: "digits-scroll", tabindex: 0, role: "region", "aria-label": "Predictions" }, predictions.node),
      time,
      live,
      element("h3", {}, "What its filters see"),
      controls.node,
      maps,
      mapsHelp(),
    ),
  );
  const fromAddress = () => {
    const index = digits.findIndex((digit) => String(digit.index) === choice("digit", ""));
    controls.fromAddress();
    if (index !== -1 && index !== shown.position) show(index);
  };
  const start = () => {
    const index = digits.findIndex((digit) => String(digit.index) === choice("digit", ""));
    controls.start();
    if (digits.length === 0) drawn(true);
    else show(Math.max(index, 0));
    addEventListener("hashchange", fromAddress);
  };
  return { node, start, refresh: () => schedule(false) };
}
