// Motion: a position that glides, and a player that steps through the outputs.

/** Whether the visitor's system asks for less motion. */
export function lessMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Moves `[row, column]` to where it is told within a moment, and calls `draw` at every frame on the way. */
export function glider(draw) {
  let now = [0, 0];
  let frame = 0;
  return (target, milliseconds) => {
    cancelAnimationFrame(frame);
    const [from, began] = [now, performance.now()];
    const step = (time) => {
      const share = milliseconds > 0 && !lessMotion() ? Math.min(Math.max(time - began, 0) / milliseconds, 1) : 1;
      const eased = share * share * (3 - 2 * share);
      now = [0, 1].map((axis) => from[axis] + (target[axis] - from[axis]) * eased);
      draw(now);
      if (share < 1) frame = requestAnimationFrame(step);
    };
    step(began);
  };
}

/** Calls `step` again and again until it returns false or `stop` is called; `changed` hears whether it plays. */
export function player(step, milliseconds, changed) {
  let timer = 0;
  const stop = () => {
    if (!timer) return;
    clearInterval(timer);
    timer = 0;
    changed(false);
  };
  const start = () => {
    if (timer) return;
    timer = setInterval(() => step() || stop(), milliseconds());
    changed(true);
  };
  return { start, stop, playing: () => timer !== 0 };
}
