// The winner of a 2×2 pool window after ReLU, for four channels at once, and the input pixels that it read.

// No pixel: ReLU set the maximum to zero.
const NONE: u32 = 4;

struct Best {
    value: vec4<f32>,
    position: vec4<u32>,
}

// The bits of NaN, for four numbers: see is_nan.
fn are_nan(v: vec4<f32>) -> vec4<bool> {
    return (bitcast<vec4<u32>>(v) & vec4(0x7fffffffu)) > vec4(0x7f800000u);
}

// Whether a later value of a window beats an earlier one; NaN wins and stays.
fn beats(later: vec4<f32>, earlier: vec4<f32>) -> vec4<bool> {
    return (later > earlier) | (are_nan(later) & !are_nan(earlier));
}

// The maximum of a window's four pixels, rectified, and its first position, row by row.
fn best_of(pixels: array<vec4<f32>, 4>) -> Best {
    let right = beats(pixels[1], pixels[0]);
    let lower_right = beats(pixels[3], pixels[2]);
    let top = select(pixels[0], pixels[1], right);
    let bottom = select(pixels[2], pixels[3], lower_right);
    let below = beats(bottom, top);
    let best = select(top, bottom, below);
    let position = select(
        select(vec4(0u), vec4(1u), right),
        select(vec4(2u), vec4(3u), lower_right),
        below,
    );
    let positive = (best > vec4(0.0)) | are_nan(best);
    return Best(select(vec4(0.0), best, positive), select(vec4(NONE), position, positive));
}

struct InputPixel {
    index: u32, // of the pixel in x, in pixels; of no use outside
    inside: bool,
}

// The input pixel that pixel `position` of a pool window reads through tap (i, j).
fn window_pixel(window: u32, position: u32, i: u32, j: u32) -> InputPixel {
    let oh = window / POOLED_W % POOLED_H * 2u + position / 2u;
    let ow = window % POOLED_W * 2u + position % 2u;
    let n = window / (POOLED_W * POOLED_H);
    // Differences are unsigned: one below zero is a large number, and outside.
    let h = oh * STRIDE_H + i - PAD_TOP;
    let w = ow * STRIDE_W + j - PAD_LEFT;
    return InputPixel((n * IN_H + h) * IN_W + w, h < IN_H && w < IN_W);
}
