// Convolution, bias, ReLU and 2×2 max pooling as a matrix product by tiles. Shapes and equation as in
// fused/conv_pool.wgsl; IN_C and OUT_C are multiples of four. The product's rows are the convolution's pixels, four
// of a pool window in turn, its columns the output channels, its terms the taps' input channels.

#import shared/windows
#import shared/product
#import shared/winner
#import shared/common

override TILE_ROWS: u32;
override TILE_COLUMNS: u32;
override HIGH: u32;
override WIDE: u32;
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override b_offset: u32;
override b_stride: u32;
override y_stride: u32;
override argmax_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> argmax: array<vec4<u32>>;

var<private> first_row: u32;
var<private> first_column: u32;
var<private> replica: u32;

fn along_terms_a(job: u32) -> bool { return true; }
fn along_terms_b(job: u32) -> bool { return false; }

fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32> {
    let row = first_row + slot / (STEP / 4u);
    let k = step * STEP + slot % (STEP / 4u) * 4u;
    let tap = k / IN_C;
    let window = row / 4u;
    let at = window_pixel(window, row % 4u, tap / KERNEL_W, tap % KERNEL_W);
    if (window < BATCH * POOLED_H * POOLED_W && k < KERNEL_H * KERNEL_W * IN_C && at.inside) {
        return x[(replica * x_stride + at.index * IN_C + k % IN_C) / 4u];
    }
    return vec4(0.0);
}

fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32> {
    let k = step * STEP + slot / (TILE_COLUMNS / 4u);
    let channel = first_column + slot % (TILE_COLUMNS / 4u) * 4u;
    if (k < KERNEL_H * KERNEL_W * IN_C && channel < OUT_C) {
        return w[(w_offset + replica * w_stride + k * OUT_C + channel) / 4u];
    }
    return vec4(0.0);
}

// One workgroup per TILE_ROWS pixels × TILE_COLUMNS channels.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = linear(group, groups, 1u);
    let across = tiles(OUT_C, TILE_COLUMNS);
    first_row = number / across * TILE_ROWS;
    first_column = number % across * TILE_COLUMNS;
    replica = group.z;
    let here = place(TILE_ROWS, TILE_COLUMNS, HIGH, WIDE, invocation);
    let sums = product(0u, here, KERNEL_H * KERNEL_W * IN_C, invocation);
    let window = first_row / 4u + here.row;
    let channel = first_column + here.column * 4u;
    store(window, channel, sums.top_left);
    if (WIDE == 2u) { store(window, channel + TILE_COLUMNS / 2u, sums.top_right); }
    if (HIGH == 2u) { store(window + TILE_ROWS / 8u, channel, sums.bottom_left); }
    if (HIGH * WIDE == 4u) {
        store(window + TILE_ROWS / 8u, channel + TILE_COLUMNS / 2u, sums.bottom_right);
    }
}

// A block's rows are the four pixels of a window.
fn store(window: u32, channel: u32, pixels: Block) {
    if (window < BATCH * POOLED_H * POOLED_W && channel < OUT_C) {
        let bias = b[(b_offset + replica * b_stride + channel) / 4u];
        let best = best_of(array(pixels.r0 + bias, pixels.r1 + bias, pixels.r2 + bias, pixels.r3 + bias));
        let out = window * OUT_C + channel;
        y[(replica * y_stride + out) / 4u] = best.value;
        argmax[(replica * argmax_stride + out) / 4u] = best.position;
    }
}
