//! What is done before training, and what it must not change.

use crate::common::ok;
use crate::common::training::{CPU, gpu, network, part, trainer};
use stridelab::model::init;
use stridelab::train::TrainOptions;

/// A step runs before training, so that the first epoch's time has no compilation in it. It leaves no trace.
#[test]
fn warming_up_changes_nothing() {
    let (data, network) = (part(0..24, 1), network(2, "valid"));
    for (name, backend) in [("cpu", &CPU), ("gpu", gpu())] {
        for fuse in [true, false] {
            let options = TrainOptions { batch_size: 10, seeds: vec![3, 4], fuse, ..TrainOptions::default() };
            let trainer = trainer(backend, &network, &data, &options, None);
            assert!(trainer.setup_seconds() > 0.0);
            for (replica, seed) in [3, 4].into_iter().enumerate() {
                let state = ok(trainer.state(replica));
                assert!(state.weights == init::parameters(&network, seed), "{name}, fused {fuse}: weights");
                for moment in [&state.first_moment, &state.second_moment].into_iter().flatten() {
                    let zero = moment.data.iter().all(|value| value.to_bits() == 0);
                    assert!(zero, "{name}, fused {fuse}: a moment of {}", moment.name);
                }
                assert_eq!((state.step, state.epoch), (0, 0));
            }
        }
    }
}
