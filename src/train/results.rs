//! What steps and validation left on the device for each sample, read back.

use std::ops::Range;

use super::Trainer;
use crate::error::Result;
use crate::plan::{Samples, View};

/// Loss and predicted class of each sample, in the order of use.
pub(super) struct Results {
    pub losses: Vec<f32>,
    pub predicted: Vec<u8>,
}

impl Trainer {
    /// What several replicas came to, of many of them at once: their copies of a buffer lie one after the other.
    pub(super) async fn results(&self, samples: Samples, replicas: Range<usize>) -> Result<Vec<Results>> {
        let mut all = Vec::new();
        for part in read_together(replicas, self.training.plan.whole(samples.losses).len) {
            all.extend(self.results_together(samples, part).await?);
        }
        Ok(all)
    }

    async fn results_together(&self, samples: Samples, replicas: Range<usize>) -> Result<Vec<Results>> {
        let views = [samples.losses, samples.predicted].map(|buffer| {
            let whole = self.training.plan.whole(buffer);
            View { len: whole.len * replicas.len(), ..whole }
        });
        let words = self.executor.read_many::<u32>(&views, replicas.start).await?;
        let [losses, predicted] = &words[..] else { unreachable!("two views give two vectors") };
        let [len, classes] = [losses, predicted].map(|words| words.len() / replicas.len().max(1));
        let rows = losses.chunks_exact(len).zip(predicted.chunks_exact(classes));
        let of_row = |(losses, predicted): (&[u32], &[u32])| Results {
            losses: losses.iter().map(|&bits| f32::from_bits(bits)).collect(),
            // Labels are bytes, so classes are.
            predicted: predicted.iter().map(|&class| class as u8).collect(),
        };
        Ok(rows.map(of_row).collect())
    }
}

/// The replicas of `samples` samples each whose results are read back at once.
fn read_together(replicas: Range<usize>, samples: usize) -> impl Iterator<Item = Range<usize>> {
    /// Samples, of eight bytes each, and as much again where they are taken apart.
    const TOGETHER: usize = 1 << 21;
    let count = (TOGETHER / samples.max(1)).max(1);
    let end = replicas.end;
    replicas.step_by(count).map(move |start| start..end.min(start.saturating_add(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_replica_is_read_once_and_not_too_many_together() {
        let parts = |replicas, samples| read_together(replicas, samples).collect::<Vec<_>>();
        assert_eq!(parts(3..5, 60_000), vec![3..5; 1]);
        assert_eq!(parts(0..70, 60_000), [0..34, 34..68, 68..70]);
        assert_eq!(parts(1..3, 1 << 30), [1..2, 2..3]);
    }
}
