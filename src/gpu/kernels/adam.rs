//! Adam: one invocation per parameter.

use super::{Grid, Kernel, arguments};
use crate::ops::Adam;
use crate::ops::adam::AdamParameters;

pub(crate) fn kernel(op: &Adam) -> Kernel {
    let AdamParameters { beta1, beta2, epsilon } = op.parameters;
    Kernel {
        shader: "plain/adam",
        entry: "update",
        constants: vec![
            ("LEN", op.w.len as f64),
            ("ONE_MINUS_BETA1", 1.0 - beta1),
            ("ONE_MINUS_BETA2", 1.0 - beta2),
            ("EPSILON", epsilon),
        ],
        arguments: arguments(&op.operands()),
        grid: Grid::elements(op.w.len),
        iterations: 0,
    }
}
