// A tile of a matrix product, by a workgroup: both factors go through workgroup memory in steps of STEP terms, of
// which one is being multiplied while the next is fetched. WebGPU's core suffices: no subgroups, at most 16 KiB.
//
// The importing shader may hold several products, told apart by a number `job`, and declares
//   fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32>    four numbers of the left factor's step
//   fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32>    four numbers of the right one's
//   fn along_terms_a(job: u32) -> bool     whether these four lie along the terms of the sum, or along the rows
//   fn along_terms_b(job: u32) -> bool     likewise, or along the columns
// Slots are counted along the four's own direction first, so that neighbours read neighbouring memory. Numbers
// outside of a matrix are 0.

// Terms of a step.
const STEP: u32 = 16;
// Invocations of a workgroup, each of which computes four rows × four columns.
override WORKGROUP: u32;
// Vectors of workgroup memory: two steps of both factors.
override SHARED: u32;

var<workgroup> factors: array<vec4<f32>, SHARED>;

// Four rows of four columns.
struct Sums {
    r0: vec4<f32>,
    r1: vec4<f32>,
    r2: vec4<f32>,
    r3: vec4<f32>,
}

// A tile's shape, and what an invocation computes of it: the rows from 4·row on, the columns from 4·column on.
struct Place {
    rows: u32,
    columns: u32,
    row: u32,
    column: u32,
}

// Thirty-two neighbours compute a block of 16 rows × 32 columns, or of fewer columns where the tile has fewer: they
// share what they read of workgroup memory.
fn place(rows: u32, columns: u32, invocation: u32) -> Place {
    let wide = min(columns / 4u, 8u);
    let high = 32u / wide;
    let across = columns / 4u / wide;
    let block = invocation / 32u;
    let lane = invocation % 32u;
    return Place(rows, columns, block / across * high + lane / wide, block % across * wide + lane % wide);
}

// A row of four-vectors of a factor's step in workgroup memory: one more than there are, which spreads transposed
// writes over the banks.
fn pitch(len: u32) -> u32 {
    return len / 4u + 1u;
}

fn keep(at: u32, len: u32, slot: u32, along_terms: bool, value: vec4<f32>) {
    if (along_terms) {
        let element = slot / (STEP / 4u);
        let first = at + slot % (STEP / 4u) * 4u * pitch(len) + element / 4u;
        factors[first][element % 4u] = value.x;
        factors[first + pitch(len)][element % 4u] = value.y;
        factors[first + 2u * pitch(len)][element % 4u] = value.z;
        factors[first + 3u * pitch(len)][element % 4u] = value.w;
    } else {
        factors[at + slot / (len / 4u) * pitch(len) + slot % (len / 4u)] = value;
    }
}

// sums += a·bᵀ for one term.
fn add_term(sums: ptr<function, Sums>, a: vec4<f32>, b: vec4<f32>) {
    (*sums).r0 = fma(vec4(a.x), b, (*sums).r0);
    (*sums).r1 = fma(vec4(a.y), b, (*sums).r1);
    (*sums).r2 = fma(vec4(a.z), b, (*sums).r2);
    (*sums).r3 = fma(vec4(a.w), b, (*sums).r3);
}

// sums += the products of a step's terms, in their order.
fn add_step(sums: ptr<function, Sums>, a_first: u32, a_pitch: u32, b_first: u32, b_pitch: u32) {
    var a = a_first;
    var b = b_first;
    for (var k = 0u; k < STEP; k += 8u) {
        add_term(sums, factors[a], factors[b]);
        add_term(sums, factors[a + a_pitch], factors[b + b_pitch]);
        add_term(sums, factors[a + 2u * a_pitch], factors[b + 2u * b_pitch]);
        add_term(sums, factors[a + 3u * a_pitch], factors[b + 3u * b_pitch]);
        add_term(sums, factors[a + 4u * a_pitch], factors[b + 4u * b_pitch]);
        add_term(sums, factors[a + 5u * a_pitch], factors[b + 5u * b_pitch]);
        add_term(sums, factors[a + 6u * a_pitch], factors[b + 6u * b_pitch]);
        add_term(sums, factors[a + 7u * a_pitch], factors[b + 7u * b_pitch]);
        a += 8u * a_pitch;
        b += 8u * b_pitch;
    }
}

// The fetched numbers of an invocation: it has at most four slots of a factor.
struct Fetched {
    v0: vec4<f32>,
    v1: vec4<f32>,
    v2: vec4<f32>,
    v3: vec4<f32>,
}

fn fetch_all_a(job: u32, slots: u32, invocation: u32, step: u32) -> Fetched {
    var v: Fetched;
    if (invocation < slots) { v.v0 = fetch_a(job, invocation, step); }
    if (slots > WORKGROUP) { v.v1 = fetch_a(job, invocation + WORKGROUP, step); }
    if (slots > 2u * WORKGROUP) {
        v.v2 = fetch_a(job, invocation + 2u * WORKGROUP, step);
        v.v3 = fetch_a(job, invocation + 3u * WORKGROUP, step);
    }
    return v;
}

fn fetch_all_b(job: u32, slots: u32, invocation: u32, step: u32) -> Fetched {
    var v: Fetched;
    if (invocation < slots) { v.v0 = fetch_b(job, invocation, step); }
    if (slots > WORKGROUP) { v.v1 = fetch_b(job, invocation + WORKGROUP, step); }
    if (slots > 2u * WORKGROUP) {
        v.v2 = fetch_b(job, invocation + 2u * WORKGROUP, step);
        v.v3 = fetch_b(job, invocation + 3u * WORKGROUP, step);
    }
    return v;
}

fn keep_all(at: u32, len: u32, slots: u32, invocation: u32, along_terms: bool, v: Fetched) {
    if (invocation < slots) { keep(at, len, invocation, along_terms, v.v0); }
    if (slots > WORKGROUP) { keep(at, len, invocation + WORKGROUP, along_terms, v.v1); }
    if (slots > 2u * WORKGROUP) {
        keep(at, len, invocation + 2u * WORKGROUP, along_terms, v.v2);
        keep(at, len, invocation + 3u * WORKGROUP, along_terms, v.v3);
    }
}

// The sums of so many steps for an invocation's rows and columns. All invocations of the workgroup take part.
fn product(job: u32, here: Place, steps: u32, invocation: u32) -> Sums {
    var sums: Sums;
    let a_slots = here.rows * STEP / 4u;
    let b_slots = here.columns * STEP / 4u;
    let a_len = STEP * pitch(here.rows);
    let b_len = STEP * pitch(here.columns);
    keep_all(0u, here.rows, a_slots, invocation, along_terms_a(job), fetch_all_a(job, a_slots, invocation, 0u));
    keep_all(2u * a_len, here.columns, b_slots, invocation, along_terms_b(job),
        fetch_all_b(job, b_slots, invocation, 0u));
    workgroupBarrier();
    for (var step = 0u; step < steps; step++) {
        let now = step % 2u;
        let next = 1u - now;
        var a: Fetched;
        var b: Fetched;
        if (step + 1u < steps) {
            a = fetch_all_a(job, a_slots, invocation, step + 1u);
            b = fetch_all_b(job, b_slots, invocation, step + 1u);
        }
        add_step(&sums, now * a_len + here.row, pitch(here.rows),
            2u * a_len + now * b_len + here.column, pitch(here.columns));
        if (step + 1u < steps) {
            keep_all(next * a_len, here.rows, a_slots, invocation, along_terms_a(job), a);
            keep_all(2u * a_len + next * b_len, here.columns, b_slots, invocation, along_terms_b(job), b);
        }
        workgroupBarrier();
    }
    return sums;
}
