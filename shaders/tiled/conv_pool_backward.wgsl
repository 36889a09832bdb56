// Gradients of convolution, bias, ReLU and 2×2 max pooling as matrix products by tiles, all in one dispatch: those
// of the input, the weights and the bias do not depend on each other. Shapes and equations as in
// fused/conv_pool_backward.wgsl and fused/conv2d.wgsl; IN_C and OUT_C are multiples of four. The gradient of the
// convolution's output is never stored: it is dy where the window's winner is the pixel, and 0 elsewhere.

#import shared/windows
#import shared/product
#import shared/winner
#import shared/common

// Of the input's gradient: pixels and input channels; of the weights': taps' input channels and output channels.
override INPUT_ROWS: u32;
override INPUT_COLUMNS: u32;
override WEIGHT_ROWS: u32;
override WEIGHT_COLUMNS: u32;
// Blocks of rows and of columns of an invocation; of the input's gradient it has one of columns.
override INPUT_HIGH: u32;
override HIGH: u32;
override WIDE: u32;
override WINDOWS: u32; // pool windows of a slice of the batch
override SLICES: u32;
override INPUT_GROUPS: u32; // workgroups of the input's gradient, the first ones; one a slice for the bias follows
override x_stride: u32;
override dy_stride: u32;
override winner_stride: u32;
override w_offset: u32;
override w_stride: u32;
override partial_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> winner: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> dx: array<vec4<f32>>;

// Parts of a slice in the bias' sums.
const PARTS: u32 = 8;

const INPUT: u32 = 0;
const WEIGHTS: u32 = 1;

var<private> first_row: u32;
var<private> first_column: u32;
var<private> replica: u32;
var<private> first_window: u32;
var<private> end_window: u32;
// The phase of the stride that a tile's pixels belong to, its first tap, and how many it has in a row of the kernel.
var<private> phase: vec2<u32>;
var<private> first_tap: vec2<u32>;
var<private> row_taps: u32;
var<private> terms: u32;

fn along_terms_a(job: u32) -> bool { return job == INPUT; }
fn along_terms_b(job: u32) -> bool { return job == INPUT; }

// The gradients of four channels of pixel `position` of a pool window.
fn gradient(window: u32, position: u32, channel: u32) -> vec4<f32> {
    let at = window * OUT_C + channel;
    let g = dy[(replica * dy_stride + at) / 4u];
    let won = winner[(replica * winner_stride + at) / 4u] == vec4(position);
    return select(vec4(0.0), g, won);
}

// A pixel of dx by its number in the phase: image, row, column, and whether it exists.
struct PhasePixel {
    n: u32,
    h: u32,
    w: u32,
    exists: bool,
}

fn phase_pixel(number: u32) -> PhasePixel {
    let height = tiles(IN_H, STRIDE_H);
    let width = tiles(IN_W, STRIDE_W);
    let h = number / width % height * STRIDE_H + phase.x;
    let column = number % width * STRIDE_W + phase.y;
    let n = number / (width * height);
    return PhasePixel(n, h, column, n < BATCH && h < IN_H && column < IN_W);
}

fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32> {
    if (job == INPUT) {
        let p = phase_pixel(first_row + slot / (STEP / 4u));
        let k = step * STEP + slot % (STEP / 4u) * 4u;
        let tap = k / OUT_C;
        // Differences are unsigned: one below zero is a large number, and in no window.
        let oh = (p.h + PAD_TOP - (first_tap.x + tap / row_taps * STRIDE_H)) / STRIDE_H;
        let ow = (p.w + PAD_LEFT - (first_tap.y + tap % row_taps * STRIDE_W)) / STRIDE_W;
        if (p.exists && k < terms && oh < POOLED_H * 2u && ow < POOLED_W * 2u) {
            let window = (p.n * POOLED_H + oh / 2u) * POOLED_W + ow / 2u;
            return gradient(window, oh % 2u * 2u + ow % 2u, k % OUT_C);
        }
        return vec4(0.0);
    }
    let row = first_row + slot % (WEIGHT_ROWS / 4u) * 4u;
    let term = step * STEP + slot / (WEIGHT_ROWS / 4u);
    let window = first_window + term / 4u;
    let tap = row / IN_C;
    let at = window_pixel(window, term % 4u, tap / KERNEL_W, tap % KERNEL_W);
    if (window < end_window && row < KERNEL_H * KERNEL_W * IN_C && at.inside) {
        return x[(replica * x_stride + at.index * IN_C + row % IN_C) / 4u];
    }
    return vec4(0.0);
}

fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32> {
    if (job == INPUT) {
        let channel = first_column + slot / (STEP / 4u);
        let k = step * STEP + slot % (STEP / 4u) * 4u;
        let number = k / OUT_C;
        let i = first_tap.x + number / row_taps * STRIDE_H;
        let j = first_tap.y + number % row_taps * STRIDE_W;
        if (k < terms && channel < IN_C) {
            let row = (i * KERNEL_W + j) * IN_C + channel;
            return w[(w_offset + replica * w_stride + row * OUT_C + k % OUT_C) / 4u];
        }
        return vec4(0.0);
    }
    let channel = first_column + slot % (WEIGHT_COLUMNS / 4u) * 4u;
    let term = step * STEP + slot / (WEIGHT_COLUMNS / 4u);
    let window = first_window + term / 4u;
    if (window < end_window && channel < OUT_C) {
        return gradient(window, term % 4u, channel);
    }
    return vec4(0.0);
}

// One workgroup per tile of dx, then one per slice for its db, then one per tile of each slice's dw.
@compute @workgroup_size(WORKGROUP)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = linear(group, groups, 1u);
    replica = group.z;
    if (number < INPUT_GROUPS) {
        input_tile(number, invocation);
    } else if (number < INPUT_GROUPS + SLICES) {
        bias_slice(number - INPUT_GROUPS, invocation);
    } else {
        weights_tile(number - INPUT_GROUPS - SLICES, invocation);
    }
}

fn input_tile(tile: u32, invocation: u32) {
    let across = tiles(IN_C, INPUT_COLUMNS);
    let blocks = tiles(BATCH * tiles(IN_H, STRIDE_H) * tiles(IN_W, STRIDE_W), INPUT_ROWS);
    first_column = tile % across * INPUT_COLUMNS;
    first_row = tile / across % blocks * INPUT_ROWS;
    let of_stride = tile / across / blocks;
    phase = vec2(of_stride / STRIDE_W, of_stride % STRIDE_W);
    first_tap = vec2((phase.x + PAD_TOP) % STRIDE_H, (phase.y + PAD_LEFT) % STRIDE_W);
    // Taps of the phase: none where the kernel is smaller than the stride. Loops around barriers have local bounds,
    // which are known to be the same for all invocations.
    let i = (of_stride / STRIDE_W + PAD_TOP) % STRIDE_H;
    let j = (of_stride % STRIDE_W + PAD_LEFT) % STRIDE_W;
    let down = select(0u, (KERNEL_H - 1u - i) / STRIDE_H + 1u, i < KERNEL_H);
    let right = select(0u, (KERNEL_W - 1u - j) / STRIDE_W + 1u, j < KERNEL_W);
    let count = down * right * OUT_C;
    terms = count;
    row_taps = max(right, 1u);
    let here = place(INPUT_ROWS, INPUT_COLUMNS, INPUT_HIGH, 1u, invocation);
    let sums = product(INPUT, here, count, invocation);
    let first = first_row + here.row * 4u;
    let channel = first_column + here.column * 4u;
    store_block(first, channel, sums.top_left);
    if (INPUT_HIGH == 2u) { store_block(first + INPUT_ROWS / 2u, channel, sums.bottom_left); }
}

fn store_block(first: u32, channel: u32, block: Block) {
    if (channel < IN_C) {
        store_input(first, channel, block.r0);
        store_input(first + 1u, channel, block.r1);
        store_input(first + 2u, channel, block.r2);
        store_input(first + 3u, channel, block.r3);
    }
}

fn store_input(number: u32, channel: u32, value: vec4<f32>) {
    let p = phase_pixel(number);
    if (p.exists) {
        dx[(replica * dx_stride + ((p.n * IN_H + p.h) * IN_W + p.w) * IN_C + channel) / 4u] = value;
    }
}

fn begin_slice(slice: u32) {
    first_window = slice * WINDOWS;
    end_window = min(first_window + WINDOWS, BATCH * POOLED_H * POOLED_W);
}

fn weights_tile(tile: u32, invocation: u32) {
    let rows = KERNEL_H * KERNEL_W * IN_C;
    let across = tiles(OUT_C, WEIGHT_COLUMNS);
    let down = tiles(rows, WEIGHT_ROWS);
    first_column = tile % across * WEIGHT_COLUMNS;
    first_row = tile / across % down * WEIGHT_ROWS;
    let slice = tile / across / down;
    begin_slice(slice);
    let here = place(WEIGHT_ROWS, WEIGHT_COLUMNS, HIGH, WIDE, invocation);
    let sums = product(WEIGHTS, here, 4u * WINDOWS, invocation);
    let row = first_row + here.row * 4u;
    let channel = first_column + here.column * 4u;
    store_weights(slice, row, channel, sums.top_left);
    if (WIDE == 2u) { store_weights(slice, row, channel + WEIGHT_COLUMNS / 2u, sums.top_right); }
    if (HIGH == 2u) { store_weights(slice, row + WEIGHT_ROWS / 2u, channel, sums.bottom_left); }
    if (HIGH * WIDE == 4u) {
        store_weights(slice, row + WEIGHT_ROWS / 2u, channel + WEIGHT_COLUMNS / 2u, sums.bottom_right);
    }
}

fn store_weights(slice: u32, row: u32, channel: u32, block: Block) {
    let rows = KERNEL_H * KERNEL_W * IN_C;
    // Rows are a multiple of four, as IN_C is. A grid of several rows may have workgroups past the last slice.
    if (slice < SLICES && row < rows && channel < OUT_C) {
        let out = (replica * partial_stride + slice * (rows + 1u) * OUT_C + row * OUT_C + channel) / 4u;
        partial[out] = block.r0;
        partial[out + OUT_C / 4u] = block.r1;
        partial[out + 2u * (OUT_C / 4u)] = block.r2;
        partial[out + 3u * (OUT_C / 4u)] = block.r3;
    }
}

// WORKGROUP / PARTS fours of channels at a time, each by PARTS invocations that share the slice; their sums are added
// in order, which does not depend on the workgroup.
fn bias_slice(slice: u32, invocation: u32) {
    begin_slice(slice);
    let rows = KERNEL_H * KERNEL_W * IN_C;
    let lanes = WORKGROUP / PARTS;
    for (var first = 0u; first < OUT_C / 4u; first += lanes) {
        let four = first + invocation % lanes;
        var sum = vec4(0.0);
        if (four < OUT_C / 4u) {
            for (var window = first_window + invocation / lanes; window < end_window; window += PARTS) {
                let at = window * OUT_C / 4u + four;
                let g = dy[replica * (dy_stride / 4u) + at];
                let won = winner[replica * (winner_stride / 4u) + at] < vec4(NONE);
                sum += select(vec4(0.0), g, won);
            }
        }
        factors[invocation] = sum;
        workgroupBarrier();
        if (invocation < lanes && four < OUT_C / 4u) {
            var total = vec4(0.0);
            for (var part = 0u; part < PARTS; part++) {
                total += factors[part * lanes + invocation];
            }
            partial[(replica * partial_stride + (slice * (rows + 1u) + rows) * OUT_C) / 4u + four] = total;
        }
        workgroupBarrier();
    }
}
