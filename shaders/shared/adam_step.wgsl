// Appended to both shaders of Adam: the equation, so that they agree to the bit.

#import shared/common

override ONE_MINUS_BETA1: f32;
override ONE_MINUS_BETA2: f32;
override EPSILON: f32;

// m += (g − m)(1 − β₁), v += (g² − v)(1 − β₂), w −= α·m/(√v + ε), in place, of the parameter at i.
fn descend(i: u32, gradient: f32) {
    let first_moment = m[i] + (gradient - m[i]) * ONE_MINUS_BETA1;
    let second_moment = v[i] + (gradient * gradient - v[i]) * ONE_MINUS_BETA2;
    m[i] = first_moment;
    v[i] = second_moment;
    w[i] -= record.alpha * first_moment / (sqrt(second_moment) + EPSILON);
}
