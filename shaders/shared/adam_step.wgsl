// Adam's equation, which both shaders of Adam share, so that their results have the same bits.

#import shared/common

override ONE_MINUS_BETA1: f32;
override ONE_MINUS_BETA2: f32;
override EPSILON: f32;

// m += (g − m)(1 − β₁), v += (g² − v)(1 − β₂), w −= α·m/(√v + ε), in place, for the parameter at index i.
// The importing shader declares w, m and v.
fn descend(i: u32, gradient: f32) {
    let first_moment = m[i] + (gradient - m[i]) * ONE_MINUS_BETA1;
    let second_moment = v[i] + (gradient * gradient - v[i]) * ONE_MINUS_BETA2;
    m[i] = first_moment;
    v[i] = second_moment;
    w[i] -= record.alpha * first_moment / (sqrt(second_moment) + EPSILON);
}
