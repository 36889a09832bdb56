// Shapes of a convolution, and four of its pixels at a time: which pixels of the input they read through a
// tap (i, j), which is a position in the kernel, or by which pixels of the output they are read.

override BATCH: u32;
override IN_H: u32;
override IN_W: u32;
override IN_C: u32;
override OUT_H: u32;
override OUT_W: u32;
override OUT_C: u32;
override KERNEL_H: u32;
override KERNEL_W: u32;
override STRIDE_H: u32;
override STRIDE_W: u32;
override PAD_TOP: u32;
override PAD_LEFT: u32;

// Four pixels: image, row, column, and whether the pixel exists.
struct Pixels {
    n: vec4<u32>,
    h: vec4<i32>,
    w: vec4<i32>,
    exists: vec4<bool>,
}

// Four successive pixels of a batch of images of height × width.
fn pixels(first: u32, height: u32, width: u32) -> Pixels {
    let p = vec4(first) + vec4(0u, 1u, 2u, 3u);
    let h = vec4<i32>(p / width % height);
    return Pixels(p / (width * height), h, vec4<i32>(p % width), p < vec4(BATCH * height * width));
}

// Whether the input pixels that output pixels p read through tap (i, j) lie inside the image.
fn reads(p: Pixels, i: u32, j: u32) -> vec4<bool> {
    let h = p.h * i32(STRIDE_H) + vec4(i32(i) - i32(PAD_TOP));
    let w = p.w * i32(STRIDE_W) + vec4(i32(j) - i32(PAD_LEFT));
    return p.exists & (h >= vec4(0)) & (h < vec4(i32(IN_H))) & (w >= vec4(0)) & (w < vec4(i32(IN_W)));
}

// The indices in x of those input pixels; 0 where they lie outside.
fn input(p: Pixels, i: u32, j: u32, inside: vec4<bool>) -> vec4<u32> {
    let h = p.h * i32(STRIDE_H) + vec4(i32(i) - i32(PAD_TOP));
    let w = p.w * i32(STRIDE_W) + vec4(i32(j) - i32(PAD_LEFT));
    let at = (vec4<i32>(p.n * IN_H) + h) * i32(IN_W) + w;
    return vec4<u32>(select(vec4(0), at, inside)) * IN_C;
}

// A phase of the stride is the set of pixels whose rows and columns leave the same remainders when divided
// by it. From pixels counted within a phase, those of the whole image.
fn strided(p: Pixels, phase: vec2<u32>) -> Pixels {
    let h = p.h * i32(STRIDE_H) + vec4(i32(phase.x));
    let w = p.w * i32(STRIDE_W) + vec4(i32(phase.y));
    return Pixels(p.n, h, w, p.exists & (h < vec4(i32(IN_H))) & (w < vec4(i32(IN_W))));
}

// Whether an output pixel reads input pixels p through tap (i, j). The tap must be one of the phase: it
// leaves no remainder in the division by the stride.
fn reached(p: Pixels, i: u32, j: u32) -> vec4<bool> {
    let h = p.h + vec4(i32(PAD_TOP) - i32(i));
    let w = p.w + vec4(i32(PAD_LEFT) - i32(j));
    let inside = (h / i32(STRIDE_H) < vec4(i32(OUT_H))) & (w / i32(STRIDE_W) < vec4(i32(OUT_W)));
    return p.exists & (h >= vec4(0)) & (w >= vec4(0)) & inside;
}

// The indices in dy of those output pixels; 0 where there is none.
fn output(p: Pixels, i: u32, j: u32, inside: vec4<bool>) -> vec4<u32> {
    let h = (p.h + vec4(i32(PAD_TOP) - i32(i))) / i32(STRIDE_H);
    let w = (p.w + vec4(i32(PAD_LEFT) - i32(j))) / i32(STRIDE_W);
    let at = (vec4<i32>(p.n * OUT_H) + h) * i32(OUT_W) + w;
    return vec4<u32>(select(vec4(0), at, inside)) * OUT_C;
}
