//! Softmax and loss: one invocation per row or, where a row has too many classes for its loops, one workgroup.

use super::loops::iterations;
use super::{Grid, Kernel, TiledExtent, arguments, sizes};
use crate::gpu::shaders::constant;
use crate::ops::SoftmaxCrossEntropy;
use crate::ops::softmax_cross_entropy::SoftmaxCrossEntropyPass as Pass;

const WIDE: &str = "plain/softmax_wide";

pub(super) fn kernel(op: &SoftmaxCrossEntropy, most: usize) -> Kernel {
    // Loops over the classes: the maximum, the sum, the results of every class.
    let loops = match op.pass {
        Pass::NegativeLogLikelihood { .. } => 0,
        Pass::Forward { .. } => 2,
        Pass::Softmax { .. } | Pass::LogSoftmax { .. } | Pass::Backward { .. } => 3,
    };
    let alone = loops * iterations(op.classes, 0);
    let wide = alone > most as u64;
    let shared = op.classes.div_ceil(constant(WIDE, "WORKGROUP") * constant(WIDE, "CLASSES_EACH"));
    Kernel {
        shader: if wide { WIDE } else { "plain/softmax_cross_entropy" },
        entry: op.pass.name(),
        constants: sizes([("ROWS", op.rows), ("CLASSES", op.classes)]),
        arguments: arguments(&op.operands()),
        grid: if wide { Grid::workgroups(&[TiledExtent::of(op.rows)]) } else { Grid::elements(op.rows) },
        iterations: if wide { loops * iterations(shared, 0) } else { alone },
    }
}
