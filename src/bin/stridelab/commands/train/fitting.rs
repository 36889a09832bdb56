//! Which networks of a study there is memory for.

use stridelab::Result;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::model::LeftOut;
use stridelab::study::{Checked, Study};
use stridelab::train::TrainOptions;

use crate::memory::{self, SmallerPlans};

/// Leaves out the networks for which there is no memory, and names them.
///
/// # Errors
/// [`stridelab::Error::Failure`] where there is none for any.
pub(super) fn leave_out(
    study: &mut Study,
    checked: &Checked,
    backend: &Backend,
    data: &Dataset,
) -> Result<Vec<LeftOut>> {
    let check = |who: &str, study: &Study, checked: &Checked| {
        memory::check(who, backend, checked.bytes, checked.snapshot_bytes, || smaller(study, backend, data))
    };
    let Err(error) = check("the largest network", study, checked) else { return Ok(Vec::new()) };
    let (mut fitting, mut left_out) = (Vec::new(), Vec::new());
    for &configuration in &study.configurations {
        let mut alone = Study { configurations: vec![configuration], ..study.clone() };
        let checked = alone.check(backend, data)?;
        match check("it", &alone, &checked) {
            Ok(()) => fitting.push(configuration),
            Err(error) => left_out.push(LeftOut { network: configuration.to_string(), error }),
        }
    }
    if fitting.is_empty() {
        return Err(error);
    }
    study.configurations = fitting;
    Ok(left_out)
}

/// What the same study would take with the smallest batch, and with the fewest samples.
fn smaller(study: &Study, backend: &Backend, data: &Dataset) -> SmallerPlans {
    let of = |batch_size: usize, samples: usize| {
        let train = TrainOptions { batch_size, ..study.train.clone() };
        let mut data = data.clone();
        data.limit(samples)
            .and_then(|()| Study { train, ..study.clone() }.check(backend, &data))
            .map(|checked| checked.bytes.saturating_add(checked.snapshot_bytes))
            .ok()
    };
    let all = data.train.count;
    SmallerPlans { batch: of(1, all), samples: of(study.train.batch_size.min(all), 1) }
}
