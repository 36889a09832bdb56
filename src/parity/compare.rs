//! How an error is measured, what it may be, and the largest error of each tensor.

use crate::reference::norm;

/// The largest error seen of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorError {
    /// The operator and its tensor, such as `conv2d dw`.
    pub name: String,
    /// The norm-relative error of the backend.
    pub error: f64,
    /// The norm-relative error of the CPU backend on the same inputs.
    pub cpu: f64,
    /// The largest error that is allowed.
    pub bound: f64,
}

impl TensorError {
    /// Whether the error is within its bound. NaN is within no bound.
    pub fn holds(&self) -> bool {
        self.error <= self.bound
    }

    /// The error as a fraction of its bound. It is infinite for NaN, and for any error where the bound
    /// is 0.
    pub fn share_of_bound(&self) -> f64 {
        match self.error {
            0.0 => 0.0,
            error if error.is_nan() => f64::INFINITY,
            error => error / self.bound,
        }
    }
}

/// The norm-relative error `‖got − want‖/‖want‖`, with L2 norms.
///
/// Where every element of both is equal, the error is 0, also where both are zero and the quotient would
/// be 0/0. Where `want` is zero and `got` is not, it is infinite. It is NaN where a NaN is in either, or
/// an infinity that both have.
///
/// # Panics
/// Where the two have different lengths.
pub fn norm_relative(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len(), "tensors of different lengths");
    let difference: Vec<f64> = got.iter().zip(want).map(|(&got, want)| f64::from(got) - want).collect();
    match norm(&difference) {
        0.0 => 0.0,
        off => off / norm(want),
    }
}

/// Collects the largest error of each tensor, relative to its bound.
pub(super) struct Table(pub(super) Vec<TensorError>);

impl Table {
    pub(super) fn add(&mut self, name: &str, bound: f64, got: &[f32], cpu: &[f32], want: &[f64]) {
        let error = norm_relative(got, want);
        let cpu = norm_relative(cpu, want);
        let new = TensorError { name: name.into(), error, cpu, bound: bound.max(2.0 * cpu) };
        match self.0.iter_mut().find(|c| c.name == name) {
            Some(old) => {
                if new.share_of_bound() > old.share_of_bound() {
                    *old = new;
                }
            }
            None => self.0.push(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::FORWARD;

    #[test]
    fn the_measure_sees_nan_a_shift_and_a_changed_element() {
        let want: Vec<f64> = (0..50).map(|i| f64::from(i).sin()).collect();
        let good: Vec<f32> = want.iter().map(|&v| v as f32).collect();
        let holds = |got: &[f32]| {
            let error = norm_relative(got, &want);
            TensorError { name: String::new(), error, cpu: 0.0, bound: FORWARD }.holds()
        };
        assert!(holds(&good));
        let mut nan = good.clone();
        nan[7] = f32::NAN;
        let mut shifted = good.clone();
        shifted.rotate_left(1);
        let mut changed = good.clone();
        changed[49] += 1e-4;
        assert!(!holds(&nan) && !holds(&shifted) && !holds(&changed));
    }
}
