//! Shapes and networks whose fields were set by hand.

use crate::common::training::part;
use stridelab::backend::Backend;
use stridelab::eager;
use stridelab::error::Error;
use stridelab::model::geometry::{ConvShape, Padding, PoolShape};
use stridelab::model::network::LayerKind;
use stridelab::model::{Configuration, Network};
use stridelab::plan::TrainingPlan;
use stridelab::train::TrainOptions;

const VALID: Padding = Padding::Valid;

/// A shape or a network whose fields were set by hand can be wrong in any way.
#[test]
fn what_was_put_together_by_hand_is_checked() {
    let good = ConvShape::new([4, 4], 1, 1, [1, 1], [1, 1], VALID).unwrap();
    let wrong = ConvShape { output: [5, 5], ..good };
    let huge = ConvShape { input: [usize::MAX; 2], in_channels: usize::MAX, output: [usize::MAX; 2], ..good };
    assert_eq!(huge.input_len(), usize::MAX);
    for shape in [wrong, huge] {
        for n in [1, usize::MAX] {
            let cpu = &Backend::Cpu;
            assert!(pollster::block_on(eager::conv2d(cpu, &shape, n, &[0.0; 16], &[0.0])).is_err());
            assert!(pollster::block_on(eager::conv2d_backward_input(cpu, &shape, n, &[0.0; 25], &[0.0])).is_err());
            assert!(pollster::block_on(eager::conv2d_backward_weights(cpu, &shape, n, &[0.0], &[0.0])).is_err());
        }
    }
    let pool = PoolShape::new([4, 4], 1, [2, 2], [2, 2], VALID).unwrap();
    let pool = PoolShape { output: [3, 3], ..pool };
    assert!(pollster::block_on(eager::max_pool(&Backend::Cpu, &pool, 1, &[0.0; 16])).is_err());
    assert!(pollster::block_on(eager::max_pool_backward(&Backend::Cpu, &pool, 1, &[0.0; 9], &[0; 9])).is_err());

    let network = Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap();
    for (layer, kind) in [
        (0, LayerKind::Conv(huge)),
        (1, LayerKind::Pool(pool)),
        (4, LayerKind::Dense { inputs: usize::MAX, outputs: usize::MAX, relu: true }),
        (4, LayerKind::Dense { inputs: 3137, outputs: 128, relu: true }),
        (5, LayerKind::Dense { inputs: 128, outputs: 11, relu: false }),
    ] {
        let mut network = network.clone();
        network.layers[layer].kind = kind;
        let _ = (network.parameters(), network.macs());
        let options = TrainOptions::default();
        let plan = TrainingPlan::new(&network, &options.plan_options(&Backend::Cpu, &part(0..1, 1)));
        assert!(matches!(plan, Err(Error::Usage(_))), "{kind:?}");
    }
}
