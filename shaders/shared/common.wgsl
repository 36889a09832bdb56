// Appended to every shader.

// A step of a program; see StepRecord in src/plan.rs.
struct Step {
    start: u32,
    n: u32,
    alpha: f32,
    out: u32,
}

@group(1) @binding(0) var<uniform> record: Step;

// Number of an invocation (or workgroup, with size 1) in a grid that spilled into a second row
// because a row holds at most 65,535 workgroups.
fn linear(id: vec3<u32>, groups: vec3<u32>, size: u32) -> u32 {
    return id.x + id.y * groups.x * size;
}

// Tiles that cover n elements.
fn tiles(n: u32, tile: u32) -> u32 {
    return (n + tile - 1u) / tile;
}

// WGSL lets an implementation assume that no NaN exists, so ask the bits.
fn is_nan(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}
