//! Claims about networks that nothing here trains.

use super::answer::{Answer, ClaimVerdict};
use super::condition::Condition;
use crate::record::StudyRecords;

pub(super) fn stems_of_known_networks(_: &StudyRecords, condition: &Condition) -> Answer {
    Answer {
        condition: condition.to_string(),
        verdict: ClaimVerdict::NotComputable,
        effect: None,
        sentence:
            "a statement about other networks: VGG's convolutions all have stride 1, but ResNet's first has stride 2 \
                   (He et al. 2016, table 1) and so has EfficientNet's stem (Tan and Le 2019)"
                .into(),
        command: None,
    }
}
