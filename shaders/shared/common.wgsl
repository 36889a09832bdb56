// What every shader needs: the record of its step, the number of its invocation, a test for NaN.

// A step of a program. The host's StepRecord in src/plan/mod.rs has the same layout.
struct Step {
    start: u32, // the first sample, as an index into the order
    n: u32,     // active rows of the batch
    alpha: f32, // Adam's step size
    out: u32,   // where the results of the first row go
}

@group(1) @binding(0) var<uniform> record: Step;

// The number of an invocation or, with size 1, of a workgroup. A row of the grid holds at most 65,535
// workgroups; larger grids have several rows, the last of which may have workgroups past the end: every kernel
// must bound what it stores.
fn linear(id: vec3<u32>, groups: vec3<u32>, size: u32) -> u32 {
    return id.x + id.y * groups.x * size;
}

// How many tiles cover n elements.
fn tiles(n: u32, tile: u32) -> u32 {
    return (n + tile - 1u) / tile;
}

// WGSL lets an implementation assume that there is no NaN, so comparisons may not find one; its bits do.
fn is_nan(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}
