// Matrix products of which all invocations of a workgroup need the same numbers of one factor. Each of the
// first LANES lanes of a subgroup loads some of these numbers, and a broadcast gives them to all lanes: of eight lanes
// each loads one, an eighth of the loads, of four lanes two. A subgroup must have at least LANES lanes, and control
// flow must be uniform.

// Lanes that share the numbers they load: eight or four.
override LANES: u32;

// A register tile of sums: eight columns of four rows.
alias Eight = array<vec4<f32>, 8>;

// What a lane loads: the numbers of column lane % LANES and, of four lanes, of the fourth column after it.
struct Loaded {
    low: vec4<f32>,
    high: vec4<f32>,
}

// The same for one number of a column.
struct LoadedOne {
    low: f32,
    high: f32,
}

// sums[e] += a · b(e), where b(e) is the b of column e.
fn add_product(sums: ptr<function, Eight>, a: vec4<f32>, b: LoadedOne) {
    (*sums)[0] += a * subgroupBroadcast(b.low, 0u);
    (*sums)[1] += a * subgroupBroadcast(b.low, 1u);
    (*sums)[2] += a * subgroupBroadcast(b.low, 2u);
    (*sums)[3] += a * subgroupBroadcast(b.low, 3u);
    if (LANES == 8u) {
        (*sums)[4] += a * subgroupBroadcast(b.low, 4u);
        (*sums)[5] += a * subgroupBroadcast(b.low, 5u);
        (*sums)[6] += a * subgroupBroadcast(b.low, 6u);
        (*sums)[7] += a * subgroupBroadcast(b.low, 7u);
    } else {
        (*sums)[4] += a * subgroupBroadcast(b.high, 0u);
        (*sums)[5] += a * subgroupBroadcast(b.high, 1u);
        (*sums)[6] += a * subgroupBroadcast(b.high, 2u);
        (*sums)[7] += a * subgroupBroadcast(b.high, 3u);
    }
}

// sums[e] += Σ_k a[k] · b(e)[k], where b(e) is the b of column e. Each sum is read and written once for four
// products.
fn add_products(sums: ptr<function, Eight>, a: array<vec4<f32>, 4>, b: Loaded) {
    (*sums)[0] += product(a, subgroupBroadcast(b.low, 0u));
    (*sums)[1] += product(a, subgroupBroadcast(b.low, 1u));
    (*sums)[2] += product(a, subgroupBroadcast(b.low, 2u));
    (*sums)[3] += product(a, subgroupBroadcast(b.low, 3u));
    if (LANES == 8u) {
        (*sums)[4] += product(a, subgroupBroadcast(b.low, 4u));
        (*sums)[5] += product(a, subgroupBroadcast(b.low, 5u));
        (*sums)[6] += product(a, subgroupBroadcast(b.low, 6u));
        (*sums)[7] += product(a, subgroupBroadcast(b.low, 7u));
    } else {
        (*sums)[4] += product(a, subgroupBroadcast(b.high, 0u));
        (*sums)[5] += product(a, subgroupBroadcast(b.high, 1u));
        (*sums)[6] += product(a, subgroupBroadcast(b.high, 2u));
        (*sums)[7] += product(a, subgroupBroadcast(b.high, 3u));
    }
}

fn product(a: array<vec4<f32>, 4>, b: vec4<f32>) -> vec4<f32> {
    return a[0] * b.x + a[1] * b.y + a[2] * b.z + a[3] * b.w;
}

// b(0) to b(7), the b of each column.
fn spread(b: Loaded) -> Eight {
    if (LANES == 8u) {
        return Eight(
            subgroupBroadcast(b.low, 0u),
            subgroupBroadcast(b.low, 1u),
            subgroupBroadcast(b.low, 2u),
            subgroupBroadcast(b.low, 3u),
            subgroupBroadcast(b.low, 4u),
            subgroupBroadcast(b.low, 5u),
            subgroupBroadcast(b.low, 6u),
            subgroupBroadcast(b.low, 7u),
        );
    }
    return Eight(
        subgroupBroadcast(b.low, 0u),
        subgroupBroadcast(b.low, 1u),
        subgroupBroadcast(b.low, 2u),
        subgroupBroadcast(b.low, 3u),
        subgroupBroadcast(b.high, 0u),
        subgroupBroadcast(b.high, 1u),
        subgroupBroadcast(b.high, 2u),
        subgroupBroadcast(b.high, 3u),
    );
}

// Column e, from 0 to 7, by comparisons instead of an index, so that the tile stays in registers.
fn column_of(sums: Eight, e: u32) -> vec4<f32> {
    let low = select(select(sums[0], sums[1], e == 1u), select(sums[2], sums[3], e == 3u), e >= 2u);
    let high = select(select(sums[4], sums[5], e == 5u), select(sums[6], sums[7], e == 7u), e >= 6u);
    return select(low, high, e >= 4u);
}
