// Gradients of the last dense layer's weights and bias and of the bias before it. hidden, d_hidden are
// [ROWS, HIDDEN]; d_logits [ROWS, CLASSES]; dw2 [HIDDEN, CLASSES]. HIDDEN is a multiple of TILE_UNITS, CLASSES at
// most 16.

#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 8;
// Hidden units of a workgroup, four for each invocation.
const TILE_UNITS: u32 = 32;

override ROWS: u32;
override HIDDEN: u32;
override CLASSES: u32;
override hidden_stride: u32;
override d_logits_stride: u32;
override d_hidden_stride: u32;
override dw2_offset: u32;
override dw2_stride: u32;
override db1_offset: u32;
override db2_offset: u32;

@group(0) @binding(0) var<storage, read> hidden: array<f32>;
@group(0) @binding(1) var<storage, read> d_logits: array<f32>;
@group(0) @binding(2) var<storage, read> d_hidden: array<f32>;
@group(0) @binding(3) var<storage, read_write> dw2: array<f32>; // the buffer of db1 and db2 as well

// dw2[k,c] = Σ_r hidden[r,k]·d_logits[r,c], db1[k] = Σ_r d_hidden[r,k], db2[c] = Σ_r d_logits[r,c].
// One invocation per four hidden units.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let number = linear(group, groups, 1u);
    // A grid of several rows may have workgroups past the last unit.
    if (number * TILE_UNITS >= HIDDEN) {
        return;
    }
    let k = number * TILE_UNITS + invocation * 4u;
    let column = min(vec4(lane % LANES) + vec4(0u, 4u, 8u, 12u), vec4(CLASSES - 1u));
    var low: Eight;
    var high: Eight;
    var units = vec4(0.0);
    var classes = vec4(0.0);
    for (var row = 0u; row < ROWS; row += 4u) {
        let rows = vec4(row) + vec4(0u, 1u, 2u, 3u);
        let within = rows < vec4(ROWS);
        let at = min(rows, vec4(ROWS - 1u));
        let u = vec4(group.z * hidden_stride + k) + at * HIDDEN;
        let products = array(hidden_at(u.x), hidden_at(u.y), hidden_at(u.z), hidden_at(u.w));
        let base = vec4(group.z * d_logits_stride) + at * CLASSES;
        let d0 = load_d_logits(base, within, column.x, column.y);
        let d1 = load_d_logits(base, within, column.z, column.w);
        add_products(&low, products, d0);
        add_products(&high, products, d1);
        classes += vec4(total(d0.low), total(d0.high), total(d1.low), total(d1.high));
        let g = vec4(group.z * d_hidden_stride + k) + at * HIDDEN;
        units += select(vec4(0.0), d_hidden_at(g.x), within.x) + select(vec4(0.0), d_hidden_at(g.y), within.y)
            + select(vec4(0.0), d_hidden_at(g.z), within.z) + select(vec4(0.0), d_hidden_at(g.w), within.w);
    }
    let out = group.z * dw2_stride;
    for (var e = 0u; e < 8u; e++) {
        if (e < CLASSES) { store_units(out + dw2_offset + k * CLASSES + e, column_of(low, e)); }
        if (e + 8u < CLASSES) { store_units(out + dw2_offset + k * CLASSES + e + 8u, column_of(high, e)); }
    }
    let bias = out + db1_offset + k;
    dw2[bias] = units.x;
    dw2[bias + 1u] = units.y;
    dw2[bias + 2u] = units.z;
    dw2[bias + 3u] = units.w;
    if (number == 0u && subgroup == 0u && lane < LANES) {
        let c = lane;
        if (c < CLASSES) { dw2[out + db2_offset + c] = classes.x; }
        if (c + 8u < CLASSES) { dw2[out + db2_offset + c + 8u] = classes.z; }
        if (LANES == 4u) {
            if (c + 4u < CLASSES) { dw2[out + db2_offset + c + 4u] = classes.y; }
            if (c + 12u < CLASSES) { dw2[out + db2_offset + c + 12u] = classes.w; }
        }
    }
}

fn hidden_at(at: u32) -> vec4<f32> {
    return vec4(hidden[at], hidden[at + 1u], hidden[at + 2u], hidden[at + 3u]);
}

fn d_hidden_at(at: u32) -> vec4<f32> {
    return vec4(d_hidden[at], d_hidden[at + 1u], d_hidden[at + 2u], d_hidden[at + 3u]);
}

// The logits' gradients of four rows, in a lane's classes.
fn load_d_logits(base: vec4<u32>, within: vec4<bool>, low: u32, high: u32) -> Loaded {
    let first = select(vec4(0.0), d_logits_at(base + vec4(low)), within);
    if (LANES == 8u) {
        return Loaded(first, vec4(0.0));
    }
    return Loaded(first, select(vec4(0.0), d_logits_at(base + vec4(high)), within));
}

fn total(v: vec4<f32>) -> f32 {
    return v.x + v.y + v.z + v.w;
}

fn d_logits_at(at: vec4<u32>) -> vec4<f32> {
    return vec4(d_logits[at.x], d_logits[at.y], d_logits[at.z], d_logits[at.w]);
}

fn store_units(at: u32, value: vec4<f32>) {
    dw2[at] = value.x;
    dw2[at + CLASSES] = value.y;
    dw2[at + 2u * CLASSES] = value.z;
    dw2[at + 3u * CLASSES] = value.w;
}
