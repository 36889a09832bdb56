// Matrix products of which all invocations of a workgroup need the same numbers of one factor. Each of the
// first eight lanes of a subgroup loads one of these numbers, and a broadcast gives it to all lanes: an
// eighth of the loads. A subgroup must have at least eight lanes, and control flow must be uniform.

// Lanes that share the numbers they load.
const LANES: u32 = 8;

// A register tile of sums: eight columns of four rows.
alias Eight = array<vec4<f32>, 8>;

// sums[e] += a · b(e), where b(e) is the b of lane e.
fn add_product(sums: ptr<function, Eight>, a: vec4<f32>, b: f32) {
    (*sums)[0] += a * subgroupBroadcast(b, 0u);
    (*sums)[1] += a * subgroupBroadcast(b, 1u);
    (*sums)[2] += a * subgroupBroadcast(b, 2u);
    (*sums)[3] += a * subgroupBroadcast(b, 3u);
    (*sums)[4] += a * subgroupBroadcast(b, 4u);
    (*sums)[5] += a * subgroupBroadcast(b, 5u);
    (*sums)[6] += a * subgroupBroadcast(b, 6u);
    (*sums)[7] += a * subgroupBroadcast(b, 7u);
}

// sums[e] += Σ_k a[k] · b(e)[k], where b(e) is the b of lane e. Each sum is read and written once for four
// products.
fn add_products(sums: ptr<function, Eight>, a: array<vec4<f32>, 4>, b: vec4<f32>) {
    (*sums)[0] += product(a, subgroupBroadcast(b, 0u));
    (*sums)[1] += product(a, subgroupBroadcast(b, 1u));
    (*sums)[2] += product(a, subgroupBroadcast(b, 2u));
    (*sums)[3] += product(a, subgroupBroadcast(b, 3u));
    (*sums)[4] += product(a, subgroupBroadcast(b, 4u));
    (*sums)[5] += product(a, subgroupBroadcast(b, 5u));
    (*sums)[6] += product(a, subgroupBroadcast(b, 6u));
    (*sums)[7] += product(a, subgroupBroadcast(b, 7u));
}

fn product(a: array<vec4<f32>, 4>, b: vec4<f32>) -> vec4<f32> {
    return a[0] * b.x + a[1] * b.y + a[2] * b.z + a[3] * b.w;
}

// b(0) to b(7), the b of each of the eight lanes.
fn spread(b: vec4<f32>) -> Eight {
    return Eight(
        subgroupBroadcast(b, 0u),
        subgroupBroadcast(b, 1u),
        subgroupBroadcast(b, 2u),
        subgroupBroadcast(b, 3u),
        subgroupBroadcast(b, 4u),
        subgroupBroadcast(b, 5u),
        subgroupBroadcast(b, 6u),
        subgroupBroadcast(b, 7u),
    );
}

// Column e, from 0 to 7, by comparisons instead of an index, so that the tile stays in registers.
fn column_of(sums: Eight, e: u32) -> vec4<f32> {
    let low = select(select(sums[0], sums[1], e == 1u), select(sums[2], sums[3], e == 3u), e >= 2u);
    let high = select(select(sums[4], sums[5], e == 5u), select(sums[6], sums[7], e == 7u), e >= 6u);
    return select(low, high, e >= 4u);
}
