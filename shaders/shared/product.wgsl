// A tile of a matrix product, by a workgroup: both factors go through workgroup memory in steps of STEP terms, of
// which one is being multiplied while the next is fetched. No subgroups, at most 16 KiB.
//
// The importing shader may hold several products, told apart by a number `job`, and declares
//   fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32>    four numbers of the left factor's step
//   fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32>    four numbers of the right one's
//   fn along_terms_a(job: u32) -> bool     whether these four lie along the terms of the sum, or along the rows
//   fn along_terms_b(job: u32) -> bool     likewise, or along the columns
// Slots are counted along the four's own direction first, so that neighbours read neighbouring memory. Numbers
// outside of a matrix are 0.

// Terms of a step, a multiple of four.
override STEP: u32;
// Invocations of a workgroup.
override WORKGROUP: u32;
// Vectors of workgroup memory: two steps of both factors.
override SHARED: u32;

// How a factor is kept whose numbers are fetched along the terms. 1: as it was fetched, four terms of an element a vector,
// which are transposed when they are read. 0: transposed when they are written, four elements of a term a vector, of
// which neighbours write one component each. WGSL lets an implementation write the whole vector then, so 0 is for
// Vulkan, whose memory model does not.
override WHOLE_VECTORS: u32;

var<workgroup> factors: array<vec4<f32>, SHARED>;

// Four rows of four columns.
struct Block {
    r0: vec4<f32>,
    r1: vec4<f32>,
    r2: vec4<f32>,
    r3: vec4<f32>,
}

// What an invocation computes: one or two blocks of rows × one or two blocks of columns. Those that a tile does not
// have are never written, and the compiler drops them.
struct Sums {
    top_left: Block,
    top_right: Block,
    bottom_left: Block,
    bottom_right: Block,
}

// A tile's rows and columns, how many blocks of both an invocation computes, and where: the first block begins at row
// 4·row, column 4·column, the second half the tile further down or to the right.
struct Place {
    rows: u32,
    columns: u32,
    high: u32,
    wide: u32,
    row: u32,
    column: u32,
}

// Thirty-two neighbours compute as square a part of the tile as it has: they share what they read of workgroup memory.
fn place(rows: u32, columns: u32, high: u32, wide: u32, invocation: u32) -> Place {
    let across = columns / (4u * wide);
    let side = min(across, 8u);
    let part = invocation / 32u;
    let lane = invocation % 32u;
    let row = part / (across / side) * (32u / side) + lane / side;
    return Place(rows, columns, high, wide, row, part % (across / side) * side + lane % side);
}

// A row of four-vectors of a factor's step in workgroup memory: one more than there are, which spreads transposed
// writes over the banks.
fn pitch(len: u32) -> u32 {
    return len / 4u + 1u;
}

// The same of four terms an element.
fn pitch_of_terms() -> u32 {
    return STEP / 4u + 1u;
}

// Vectors that a step of a factor takes.
fn vectors(len: u32, along_terms: bool) -> u32 {
    return select(STEP * pitch(len), len * pitch_of_terms(), WHOLE_VECTORS == 1u && along_terms);
}

fn keep(at: u32, len: u32, slot: u32, along_terms: bool, value: vec4<f32>) {
    if (along_terms) {
        let element = slot / (STEP / 4u);
        if (WHOLE_VECTORS == 1u) {
            // The first elements of all blocks come first, then the second ones: blocks side by side are read from
            // different banks.
            let row = element / 4u + element % 4u * (len / 4u);
            factors[at + row * pitch_of_terms() + slot % (STEP / 4u)] = value;
            return;
        }
        let first = at + slot % (STEP / 4u) * 4u * pitch(len) + element / 4u;
        factors[first][element % 4u] = value.x;
        factors[first + pitch(len)][element % 4u] = value.y;
        factors[first + 2u * pitch(len)][element % 4u] = value.z;
        factors[first + 3u * pitch(len)][element % 4u] = value.w;
    } else {
        factors[at + slot / (len / 4u) * pitch(len) + slot % (len / 4u)] = value;
    }
}

// block += a·bᵀ
fn add_outer_product(block: ptr<function, Block>, a: vec4<f32>, b: vec4<f32>) {
    (*block).r0 = fma(vec4(a.x), b, (*block).r0);
    (*block).r1 = fma(vec4(a.y), b, (*block).r1);
    (*block).r2 = fma(vec4(a.z), b, (*block).r2);
    (*block).r3 = fma(vec4(a.w), b, (*block).r3);
}

// blocks += the product of one term, whose factors begin at a and b. naga takes no pointer to a part of a structure.
fn add_term(
    top_left: ptr<function, Block>,
    top_right: ptr<function, Block>,
    bottom_left: ptr<function, Block>,
    bottom_right: ptr<function, Block>,
    here: Place,
    a: u32,
    b: u32,
) {
    let top = factors[a];
    let left = factors[b];
    add_outer_product(top_left, top, left);
    if (here.wide == 2u) {
        let right = factors[b + here.columns / 8u];
        add_outer_product(top_right, top, right);
        if (here.high == 2u) {
            add_outer_product(bottom_right, factors[a + here.rows / 8u], right);
        }
    }
    if (here.high == 2u) {
        add_outer_product(bottom_left, factors[a + here.rows / 8u], left);
    }
}

// A block's elements at four successive terms.
struct Four {
    t0: vec4<f32>,
    t1: vec4<f32>,
    t2: vec4<f32>,
    t3: vec4<f32>,
}

// Terms 4·four to 4·four + 3 of a block's elements, of a step that begins at `at`.
fn four_terms(at: u32, len: u32, block: u32, four: u32, along_terms: bool) -> Four {
    if (along_terms) {
        let first = at + block * pitch_of_terms() + four;
        let gap = len / 4u * pitch_of_terms();
        let a = factors[first];
        let b = factors[first + gap];
        let c = factors[first + 2u * gap];
        let d = factors[first + 3u * gap];
        return Four(
            vec4(a.x, b.x, c.x, d.x),
            vec4(a.y, b.y, c.y, d.y),
            vec4(a.z, b.z, c.z, d.z),
            vec4(a.w, b.w, c.w, d.w),
        );
    }
    let first = at + 4u * four * pitch(len) + block;
    return Four(
        factors[first],
        factors[first + pitch(len)],
        factors[first + 2u * pitch(len)],
        factors[first + 3u * pitch(len)],
    );
}

// block += a·bᵀ for each of four terms
fn add_outer_products(block: ptr<function, Block>, a: Four, b: Four) {
    add_outer_product(block, a.t0, b.t0);
    add_outer_product(block, a.t1, b.t1);
    add_outer_product(block, a.t2, b.t2);
    add_outer_product(block, a.t3, b.t3);
}

// blocks += the products of four terms of a step whose factors begin at a_first and b_first.
fn add_four_terms(
    top_left: ptr<function, Block>,
    top_right: ptr<function, Block>,
    bottom_left: ptr<function, Block>,
    bottom_right: ptr<function, Block>,
    here: Place,
    job: u32,
    a_first: u32,
    b_first: u32,
    four: u32,
) {
    let top = four_terms(a_first, here.rows, here.row, four, along_terms_a(job));
    let left = four_terms(b_first, here.columns, here.column, four, along_terms_b(job));
    add_outer_products(top_left, top, left);
    if (here.high == 1u && here.wide == 1u) {
        return;
    }
    let bottom = four_terms(a_first, here.rows, here.row + here.rows / 8u, four, along_terms_a(job));
    if (here.high == 2u) {
        add_outer_products(bottom_left, bottom, left);
    }
    if (here.wide == 2u) {
        let right = four_terms(b_first, here.columns, here.column + here.columns / 8u, four, along_terms_b(job));
        add_outer_products(top_right, top, right);
        if (here.high == 2u) {
            add_outer_products(bottom_right, bottom, right);
        }
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
    if (invocation + WORKGROUP < slots) { v.v1 = fetch_a(job, invocation + WORKGROUP, step); }
    if (invocation + 2u * WORKGROUP < slots) { v.v2 = fetch_a(job, invocation + 2u * WORKGROUP, step); }
    if (invocation + 3u * WORKGROUP < slots) { v.v3 = fetch_a(job, invocation + 3u * WORKGROUP, step); }
    return v;
}

fn fetch_all_b(job: u32, slots: u32, invocation: u32, step: u32) -> Fetched {
    var v: Fetched;
    if (invocation < slots) { v.v0 = fetch_b(job, invocation, step); }
    if (invocation + WORKGROUP < slots) { v.v1 = fetch_b(job, invocation + WORKGROUP, step); }
    if (invocation + 2u * WORKGROUP < slots) { v.v2 = fetch_b(job, invocation + 2u * WORKGROUP, step); }
    if (invocation + 3u * WORKGROUP < slots) { v.v3 = fetch_b(job, invocation + 3u * WORKGROUP, step); }
    return v;
}

fn keep_all(at: u32, len: u32, slots: u32, invocation: u32, along_terms: bool, v: Fetched) {
    if (invocation < slots) { keep(at, len, invocation, along_terms, v.v0); }
    if (invocation + WORKGROUP < slots) { keep(at, len, invocation + WORKGROUP, along_terms, v.v1); }
    if (invocation + 2u * WORKGROUP < slots) { keep(at, len, invocation + 2u * WORKGROUP, along_terms, v.v2); }
    if (invocation + 3u * WORKGROUP < slots) { keep(at, len, invocation + 3u * WORKGROUP, along_terms, v.v3); }
}

// The sums of so many terms for an invocation's blocks. All invocations of the workgroup take part.
fn product(job: u32, here: Place, terms: u32, invocation: u32) -> Sums {
    var top_left: Block;
    var top_right: Block;
    var bottom_left: Block;
    var bottom_right: Block;
    let a_pitch = pitch(here.rows);
    let b_pitch = pitch(here.columns);
    let steps = tiles(terms, STEP);
    let a_slots = here.rows * STEP / 4u;
    let b_slots = here.columns * STEP / 4u;
    let a_len = vectors(here.rows, along_terms_a(job));
    let b_len = vectors(here.columns, along_terms_b(job));
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
        let a_first = now * a_len;
        let b_first = 2u * a_len + now * b_len;
        if (WHOLE_VECTORS == 1u) {
            for (var four = 0u; four < STEP / 4u; four++) {
                add_four_terms(&top_left, &top_right, &bottom_left, &bottom_right, here, job, a_first, b_first, four);
            }
        } else {
            var a_at = a_first + here.row;
            var b_at = b_first + here.column;
            for (var k = 0u; k < STEP; k += 4u) {
                add_term(&top_left, &top_right, &bottom_left, &bottom_right, here, a_at, b_at);
                add_term(&top_left, &top_right, &bottom_left, &bottom_right, here, a_at + a_pitch, b_at + b_pitch);
                add_term(&top_left, &top_right, &bottom_left, &bottom_right, here,
                    a_at + 2u * a_pitch, b_at + 2u * b_pitch);
                add_term(&top_left, &top_right, &bottom_left, &bottom_right, here,
                    a_at + 3u * a_pitch, b_at + 3u * b_pitch);
                a_at += 4u * a_pitch;
                b_at += 4u * b_pitch;
            }
        }
        if (step + 1u < steps) {
            keep_all(next * a_len, here.rows, a_slots, invocation, along_terms_a(job), a);
            keep_all(2u * a_len + next * b_len, here.columns, b_slots, invocation, along_terms_b(job), b);
        }
        workgroupBarrier();
    }
    return Sums(top_left, top_right, bottom_left, bottom_right);
}
