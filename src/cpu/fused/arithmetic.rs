//! Small loops over floats that several kernels share.

/// `sum = Σ_i parts[i·stride .. i·stride + sum.len()]`, added in the order of `i`.
pub(super) fn add_in_order(parts: &[f32], stride: usize, sum: &mut [f32]) {
    sum.fill(0.0);
    for part in parts.chunks(stride) {
        sum.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
    }
}

/// Whether no value is NaN or infinite. The loop has no early exit, so that the compiler vectorises it.
#[inline(always)]
pub(super) fn all_finite(values: &[f32]) -> bool {
    let mut largest = 0;
    for value in values {
        largest = (value.to_bits() & 0x7fff_ffff).max(largest);
    }
    largest < f32::INFINITY.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_that_is_not_finite_is_enough() {
        let finite = [0.0, -0.0, 1.0, -1.0, f32::MIN_POSITIVE, -1e-45, f32::MAX, f32::MIN];
        assert!(all_finite(&[]) && all_finite(&finite));
        for bad in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
            for place in 0..finite.len() {
                let mut values = finite;
                values[place] = bad;
                assert!(!all_finite(&values), "{values:?}");
            }
        }
    }
}
