//! What the tutorial claims, and what the records of a run say of it: 24 claims, each with a verdict that is computed.
//!
//! | claims | file |
//! |---|---|
//! | 1–4, 21: which configuration is more accurate | `accuracy` |
//! | 5–8, 12: sides, padding, coverage | `geometry` |
//! | 9–11, 22: what a network costs | `cost` |
//! | 13–15, 17: the border of the images | `border` |
//! | 16, 18–20, 23: training, and what was learnt | `training` |
//! | 24: networks that nothing here trains | `elsewhere` |
//!
//! A claim is asked of the tutorial's four networks, and again under every other [`Condition`] that the run has: another head,
//! cropped images, no pooling. A difference is claimed only where interval and test agree, after Holm's correction over the
//! pairs of the claim and once more over all claims that are decided (`hold_the_table`); equivalence only by TOST.

mod accuracy;
mod answer;
mod border;
mod condition;
mod cost;
mod elsewhere;
mod geometry;
mod pairs;
mod training;

pub use answer::{Answer, Claim, ClaimVerdict, Effect, EffectUnit};
pub use condition::Condition;

use super::comparison::LEVEL;
use super::statistics::holm;
use crate::record::StudyRecords;

/// What a claim is asked of.
type Ask = fn(&StudyRecords, &Condition) -> Answer;

/// A claim of the tutorial, and how it is measured.
struct Question {
    number: u8,
    claim: &'static str,
    measure: &'static str,
    ask: Ask,
    /// Whether the answer can differ under another condition.
    everywhere: bool,
}

const fn question(number: u8, claim: &'static str, measure: &'static str, ask: Ask) -> Question {
    Question { number, claim, measure, ask, everywhere: true }
}

const fn once(number: u8, claim: &'static str, measure: &'static str, ask: Ask) -> Question {
    Question { number, claim, measure, ask, everywhere: false }
}

const QUESTIONS: [Question; 24] = [
    question(
        1,
        "stride 1 with same padding is the most accurate",
        "paired differences of validation accuracy with the final weights between `same` at stride 1 and each other network, seed by seed",
        accuracy::same_at_stride_1_is_best,
    ),
    question(
        2,
        "stride 1 with valid padding is slightly less accurate than with same",
        "the paired difference between both paddings at stride 1, and its equivalence within ±0.1 points",
        accuracy::valid_is_slightly_lower,
    ),
    question(
        3,
        "stride 2 with same padding is less accurate than stride 1",
        "paired differences of validation accuracy between stride 2 with `same` and both networks of stride 1",
        accuracy::stride_2_is_lower,
    ),
    question(
        4,
        "stride 2 with valid padding is the least accurate",
        "paired differences between each other network and stride 2 with `valid`, and the share of seeds in which that is last",
        accuracy::valid_at_stride_2_is_worst,
    ),
    once(
        5,
        "conv1 gives maps of 28, 14, 26 and 13 rows",
        "the sides of the first convolution's output, from its geometry",
        geometry::sides_of_conv1,
    ),
    once(
        6,
        "stride 2 halves each side",
        "the sides of all convolutions of stride 2, from their geometry",
        geometry::stride_2_halves,
    ),
    once(
        7,
        "same padding keeps the size",
        "the sides of all convolutions with `same` padding, from their geometry",
        geometry::same_keeps_the_size,
    ),
    once(
        8,
        "same padding makes convolution symmetric",
        "mirroring: convolving the mirrored image with the mirrored kernel must give the mirrored map, which holds where both sides get equally many zeros",
        geometry::same_is_symmetric,
    ),
    question(
        9,
        "stride 2 cuts the computation by 75 %",
        "multiply-adds of the first convolution and of the whole network, from the geometry, and beside them the median time of a training step",
        cost::stride_2_cuts_three_quarters,
    ),
    question(
        10,
        "padding has a minor impact on cost",
        "multiply-adds with `valid` against `same`, from the geometry, and beside them the median time of a training step",
        cost::padding_costs_little,
    ),
    question(
        11,
        "only stride and padding vary",
        "the parameters of all networks; with global average pooling, which makes them equal, the paired differences between both strides",
        cost::only_stride_and_padding_vary,
    ),
    question(
        12,
        "valid padding removes border pixels",
        "the number of paths from each pixel to the classifier, from the geometry",
        geometry::valid_removes_the_border,
    ),
    question(
        13,
        "border pixels hold parts of 0, 5, 6 and 9",
        "the share of test images of each class that have any ink in the outermost ring of pixels",
        border::border_holds_digits,
    ),
    question(
        14,
        "losing border pixels harms accuracy",
        "accuracy of the networks that read every pixel, on whole test images less on images without what `valid` cannot read; the verdict is about what `valid` loses at stride 1, two rows and columns at the border, because at stride 2 it loses a quarter of each side, which is no border",
        border::losing_the_border_harms,
    ),
    question(
        15,
        "MNIST is sensitive to its borders",
        "accuracy on test images less accuracy on the same images moved by four pixels, compared between both paddings at each stride",
        border::shifts_hurt_valid_more,
    ),
    question(
        16,
        "feature maps are smoother at stride 1",
        "total variation of the first convolution's maps after ReLU for an equal area of the image, compared between both strides",
        training::stride_1_is_smoother,
    ),
    question(
        17,
        "valid padding truncates shapes",
        "the share of the test images' ink that lies where no window reaches, by class",
        border::valid_truncates,
    ),
    question(
        18,
        "stride 2 underfits",
        "accuracy on the whole training set, evaluated with the final weights, compared between both strides",
        training::stride_2_underfits,
    ),
    question(
        19,
        "stride 2 plateaus early",
        "validation accuracy after the last epoch less that after the one before, compared between both strides",
        training::stride_2_plateaus,
    ),
    question(
        20,
        "stride 1 with same padding generalises best",
        "training less validation accuracy, both with the final weights, compared with each other network",
        training::same_generalises_best,
    ),
    question(
        21,
        "more epochs change no conclusion",
        "Kendall's τ between the order of the networks after three epochs and after the last one",
        accuracy::more_epochs_change_nothing,
    ),
    question(
        22,
        "stride 2 makes inference faster and needs less memory",
        "images classified a second and bytes of activations, one image at a time and 64 at once, compared between both strides",
        cost::stride_2_infers_cheaply,
    ),
    question(
        23,
        "same padding helps gradients to flow",
        "the mean over training of the logarithm of the norm of the first convolution's gradient, compared between both paddings",
        training::same_helps_gradients,
    ),
    once(
        24,
        "VGG, ResNet and EfficientNet begin with stride 1",
        "nothing: the claim is about networks that are not trained here",
        elsewhere::stems_of_known_networks,
    ),
];

/// All 24 claims, in order.
pub fn claims(records: &StudyRecords) -> Vec<Claim> {
    let conditions = Condition::of(records);
    let ask = |question: &Question| {
        let answer = (question.ask)(records, &Condition::TUTORIAL);
        let others = conditions.iter().filter(|condition| question.everywhere && !condition.is_tutorial());
        let controls = others.map(|condition| (question.ask)(records, condition)).filter(|answer| answer.computed());
        Claim {
            number: question.number,
            claim: question.claim.into(),
            measure: question.measure.into(),
            answer,
            controls: controls.collect(),
        }
    };
    let mut claims: Vec<Claim> = QUESTIONS.iter().map(ask).collect();
    hold_the_table(&mut claims);
    claims
}

/// Takes back what is decided by a test that Holm's correction over all decided claims does not uphold: of many
/// verdicts at 5 %, one in twenty would be wrong by chance.
fn hold_the_table(claims: &mut [Claim]) {
    let mut decided: Vec<&mut Answer> = claims.iter_mut().flat_map(Claim::answers_mut).collect();
    decided.retain(|answer| answer.verdict.is_decided() && answer.p().is_some());
    let corrected = holm(&decided.iter().filter_map(|answer| answer.p()).collect::<Vec<_>>());
    for (answer, p) in decided.into_iter().zip(corrected) {
        if p > LEVEL {
            answer.verdict = ClaimVerdict::Undecided { seeds: None };
            answer.sentence +=
                &format!("; among all claims of this table that is not decided (p = {p:.2} after correction)");
        }
    }
}

#[cfg(test)]
mod tests;
