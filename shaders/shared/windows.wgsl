// 2×2 pool windows of a convolution's output.

#import shared/pixels

override POOLED_H: u32;
override POOLED_W: u32;

// The four pixels of the convolution's output in a pool window, in row-major order.
fn window_pixels(window: u32) -> Pixels {
    let h = vec4(i32(window / POOLED_W % POOLED_H * 2u)) + vec4(0, 0, 1, 1);
    let w = vec4(i32(window % POOLED_W * 2u)) + vec4(0, 1, 0, 1);
    return Pixels(vec4(window / (POOLED_W * POOLED_H)), h, w, vec4(true));
}
