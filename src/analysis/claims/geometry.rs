//! Sides, padding and coverage: exact, whatever was trained.

use super::answer::{Answer, ClaimVerdict, Effect, EffectUnit};
use super::condition::{Condition, short};
use crate::analysis::Coverage;
use crate::model::geometry::ConvShape;
use crate::model::network::LayerKind;
use crate::model::{Configuration, Network};
use crate::record::StudyRecords;

/// A convolution of one of the four networks.
struct Conv {
    name: &'static str,
    configuration: Configuration,
    shape: ConvShape,
}

impl Conv {
    fn sides(&self) -> String {
        format!("{} of {} {} → {}", self.name, short(self.configuration), self.shape.input[0], self.shape.output[0])
    }
}

fn networks(records: &StudyRecords, condition: &Condition) -> Vec<(Configuration, Network)> {
    let all = condition.four().all().into_iter();
    all.filter_map(|configuration| Some((configuration, Condition::network(records, configuration)?))).collect()
}

fn convolutions(records: &StudyRecords, condition: &Condition) -> Vec<Conv> {
    let of_network = |(configuration, network): (Configuration, Network)| {
        let conv = move |(name, kind): (&'static str, LayerKind)| match kind {
            LayerKind::Conv(shape) => Some(Conv { name, configuration, shape }),
            _ => None,
        };
        network.layers.into_iter().map(|layer| (layer.name, layer.kind)).filter_map(conv)
    };
    networks(records, condition).into_iter().flat_map(of_network).collect()
}

fn exact(condition: &Condition, holds: bool, effect: Option<Effect>, sentence: String) -> Answer {
    let verdict = if holds { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted };
    Answer { condition: condition.to_string(), verdict, effect, sentence, command: None }
}

fn no_network(condition: &Condition) -> Answer {
    Answer::missing(condition, "networks of these images", condition.study(""))
}

pub(super) fn sides_of_conv1(records: &StudyRecords, condition: &Condition) -> Answer {
    let conv1: Vec<Conv> = convolutions(records, condition).into_iter().filter(|conv| conv.name == "conv1").collect();
    if conv1.is_empty() {
        return no_network(condition);
    }
    let sides: Vec<usize> = conv1.iter().map(|conv| conv.shape.output[0]).collect();
    let parts: Vec<String> = conv1.iter().map(Conv::sides).collect();
    exact(condition, sides == [28, 14, 26, 13], None, parts.join("; "))
}

pub(super) fn stride_2_halves(records: &StudyRecords, condition: &Condition) -> Answer {
    let all = convolutions(records, condition);
    let strided: Vec<&Conv> = all.iter().filter(|conv| conv.shape.stride == [2, 2]).collect();
    if strided.is_empty() {
        return no_network(condition);
    }
    let halves = |conv: &&&Conv| conv.shape.output.map(|side| 2 * side) == conv.shape.input;
    let halved = strided.iter().filter(halves).count();
    let parts: Vec<String> = strided.iter().map(|conv| conv.sides()).collect();
    let sentence = format!(
        "{halved} of {} convolutions halve their input: {}; the rule is ⌈n/2⌉ with same padding and ⌊(n − k)/2⌋ + 1 with valid",
        strided.len(),
        parts.join("; ")
    );
    exact(condition, halved == strided.len(), None, sentence)
}

pub(super) fn same_keeps_the_size(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let same = |conv: &Conv| [four.same1, four.same2].contains(&conv.configuration);
    let all: Vec<Conv> = convolutions(records, condition).into_iter().filter(same).collect();
    if all.is_empty() {
        return no_network(condition);
    }
    let kept = all.iter().filter(|conv| conv.shape.output == conv.shape.input).count();
    let parts: Vec<String> = all.iter().map(Conv::sides).collect();
    let sentence =
        format!("{kept} of {} convolutions keep it: {}; the rule is ⌈n/stride⌉", all.len(), parts.join("; "));
    exact(condition, kept == all.len(), None, sentence)
}

/// A convolution commutes with mirroring, `conv(flip x, flip k) = flip conv(x, k)`, where its windows lie symmetrically: the first
/// begins as far before the image as the last one ends behind it.
pub(super) fn same_is_symmetric(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let same = |conv: &Conv| [four.same1, four.same2].contains(&conv.configuration);
    let all: Vec<Conv> = convolutions(records, condition).into_iter().filter(same).collect();
    if all.is_empty() {
        return no_network(condition);
    }
    let mirrored = |conv: &Conv| {
        let s = &conv.shape;
        let before = [s.pads.top, s.pads.left];
        (0..2).all(|a| (s.output[a] - 1) * s.stride[a] + s.kernel[a] == s.input[a] + 2 * before[a])
    };
    let symmetric = all.iter().filter(|conv| mirrored(conv)).count();
    let part = |conv: &Conv| {
        let pads = conv.shape.pads;
        format!("{} of {}: {} before, {} after", conv.name, short(conv.configuration), pads.top, pads.bottom)
    };
    let parts: Vec<String> = all.iter().map(part).collect();
    let sentence = format!(
        "{symmetric} of {} convolutions commute with mirroring; rows of padding: {}",
        all.len(),
        parts.join("; ")
    );
    exact(condition, symmetric == all.len(), None, sentence)
}

/// A border is lost where the unread pixels lie alike on all sides.
pub(super) fn valid_removes_the_border(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let valid: Vec<_> =
        networks(records, condition).into_iter().filter(|(c, _)| [four.valid1, four.valid2].contains(c)).collect();
    if valid.is_empty() {
        return no_network(condition);
    }
    let (mut parts, mut around, mut largest) = (Vec::new(), 0, 0.0_f64);
    for (configuration, network) in &valid {
        let lost = Lost::of(&Coverage::of(network), condition.crop());
        let [top, left, bottom, right] = lost.sides;
        around += usize::from(lost.share > 0.0 && top == bottom && left == right && top > 0);
        largest = largest.max(lost.share);
        parts.push(format!(
            "{} never reads {:.1} % of the pixels: {top} rows at the top and {bottom} at the bottom, {left} columns at the left and \
             {right} at the right",
            short(*configuration),
            100.0 * lost.share
        ));
    }
    let holds = around == valid.len();
    let effect = Effect::exact("pixels that stride 2, valid never reads", 100.0 * largest, EffectUnit::Percent);
    if !holds {
        parts.insert(0, "a border runs all round, and what is never read does not".into());
    }
    let sentence = parts.join("; ");
    exact(condition, holds, Some(effect), sentence)
}

/// The rows and columns of the cropped image that cannot reach the head.
struct Lost {
    share: f64,
    /// Top, left, bottom, right.
    sides: [usize; 4],
}

impl Lost {
    fn of(coverage: &Coverage, crop: usize) -> Lost {
        let [height, width] = coverage.image;
        let (rows, columns) = (crop..height - crop, crop..width - crop);
        let row = |&row: &usize| columns.clone().all(|column| !coverage.reaches(row, column));
        let column = |&column: &usize| rows.clone().all(|row| !coverage.reaches(row, column));
        let sides = [
            rows.clone().take_while(row).count(),
            columns.clone().take_while(column).count(),
            rows.clone().rev().take_while(row).count(),
            columns.clone().rev().take_while(column).count(),
        ];
        let lost =
            rows.clone().map(|row| columns.clone().filter(|&c| !coverage.reaches(row, c)).count()).sum::<usize>();
        Lost { share: lost as f64 / (rows.len() * columns.len()) as f64, sides }
    }
}
