//! What a network costs: multiply-adds, parameters, time, memory.

use super::answer::{Answer, ClaimVerdict, Effect, EffectUnit};
use super::condition::{Condition, short};
use super::pairs::{Claimed, Scale, all_greater};
use crate::analysis::comparison::{MARGIN, PairedDifference, compare};
use crate::analysis::cost::on_one_machine;
use crate::analysis::statistics::mean;
use crate::model::{Configuration, Network};
use crate::record::{InferenceRow, StudyRecords};

/// A reduction that differs from the claimed one by at most so many per cent points agrees with it.
const AGREES: f64 = 1.0;
/// A cost that differs by less than so many per cent is a minor difference. Chosen before anything was measured.
const MINOR: f64 = 10.0;
/// Below so many per cent two measured times are not told apart.
const TIMES: f64 = 10.0;

/// By how many per cent `smaller` is below `larger`.
fn reduction(larger: f64, smaller: f64) -> f64 {
    100.0 * (1.0 - smaller / larger)
}

fn percent(value: f64) -> String {
    format!("{:+.1} %", value).replace('-', "−")
}

fn conv1(network: &Network) -> f64 {
    network.layer("conv1").map_or(f64::NAN, |layer| layer.macs() as f64)
}

/// Mean milliseconds of a training step over the finished models of a configuration; `None` where there are none.
fn step_ms(records: &StudyRecords, configuration: Configuration) -> Option<f64> {
    let steps = records.run.steps_per_epoch;
    let rows = records.of(configuration).into_iter().filter(|row| row.epochs > 0 && steps > 0);
    let ms: Vec<f64> = rows.map(|row| 1e3 * row.seconds / (f64::from(row.epochs) * steps as f64)).collect();
    (!ms.is_empty()).then(|| mean(&ms))
}

/// `, a training step 0.57 instead of 3.78 ms (−84.9 %)`, where both were measured on one machine; in µs where both are below 1 ms.
fn measured(records: &StudyRecords, from: Configuration, to: Configuration) -> String {
    match (step_ms(records, from), step_ms(records, to)) {
        (Some(before), Some(after)) if on_one_machine(records, &[from, to]) => {
            let change = percent(-reduction(before, after));
            let (factor, decimals, unit) = if before.max(after) < 1.0 { (1e3, 1, "µs") } else { (1.0, 2, "ms") };
            let [to, from] = [after, before].map(|ms| factor * ms);
            format!(", a training step {to:.decimals$} instead of {from:.decimals$} {unit} ({change})")
        }
        _ => String::new(),
    }
}

pub(super) fn stride_2_cuts_three_quarters(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let (mut parts, mut first, mut agreeing) = (Vec::new(), None, true);
    for [from, to] in [[four.same1, four.same2], [four.valid1, four.valid2]] {
        let networks = Condition::network(records, from).zip(Condition::network(records, to));
        let Some((one, two)) = networks else { continue };
        let whole = reduction(one.macs() as f64, two.macs() as f64);
        agreeing &= (whole - 75.0).abs() <= AGREES;
        first.get_or_insert(whole);
        parts.push(format!(
            "{}: conv1 {}, the whole network {}{}",
            to.padding,
            percent(-reduction(conv1(&one), conv1(&two))),
            percent(-whole),
            measured(records, from, to)
        ));
    }
    let Some(first) = first else { return Answer::missing(condition, "pairs of these networks", condition.study("")) };
    Answer {
        condition: condition.to_string(),
        verdict: if agreeing { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted },
        effect: Some(Effect::exact(
            "multiply-adds of the network, stride 2 against 1, same",
            -first,
            EffectUnit::Percent,
        )),
        sentence: format!("multiply-adds from stride 1 to 2, {}", parts.join("; ")),
        command: None,
    }
}

pub(super) fn padding_costs_little(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let (mut parts, mut largest, mut minor) = (Vec::new(), 0.0, true);
    for [from, to] in [[four.same1, four.valid1], [four.same2, four.valid2]] {
        let networks = Condition::network(records, from).zip(Condition::network(records, to));
        let Some((same, valid)) = networks else { continue };
        let whole = reduction(same.macs() as f64, valid.macs() as f64);
        minor &= whole.abs() < MINOR;
        largest = f64::max(largest, whole);
        parts.push(format!("stride {}: {}{}", to.strides, percent(-whole), measured(records, from, to)));
    }
    if parts.is_empty() {
        return Answer::missing(condition, "pairs of these networks", condition.study(""));
    }
    Answer {
        condition: condition.to_string(),
        verdict: if minor { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted },
        effect: Some(Effect::exact(
            "multiply-adds, valid against same, the larger change",
            -largest,
            EffectUnit::Percent,
        )),
        sentence: format!(
            "multiply-adds with valid instead of same padding, {}; less than {MINOR:.0} % would count as minor",
            parts.join("; ")
        ),
        command: None,
    }
}

pub(super) fn only_stride_and_padding_vary(records: &StudyRecords, condition: &Condition) -> Answer {
    let networks = condition.four().all().map(|configuration| Condition::network(records, configuration));
    let parameters: Vec<usize> = networks.iter().flatten().map(Network::parameters).collect();
    let (Some(&least), Some(&most)) = (parameters.iter().min(), parameters.iter().max()) else {
        return Answer::missing(condition, "networks of these images", condition.study(""));
    };
    let ratio = most as f64 / least.max(1) as f64;
    let mut sentence = format!("the networks have {least} to {most} parameters, a factor of {ratio:.1}");
    if ratio == 1.0 {
        sentence = format!("all have {least} parameters");
        let four = condition.four();
        let accuracy = |c: Configuration| Condition::sample(records, c, |row| row.final_val_accuracy);
        let pairs = [[four.same1, four.same2], [four.valid1, four.valid2]];
        for [one, two] in pairs {
            let difference = PairedDifference::by_seed(&accuracy(one), &accuracy(two), Some(MARGIN));
            let p = compare(&[difference])[0].p;
            if let Some(effect) = Effect::points("", &difference, p) {
                sentence += &format!("; {} − {}: {effect} (n = {})", short(one), short(two), difference.n);
            }
        }
    } else if condition.is_tutorial() {
        sentence += "; with global average pooling all have as many (stridelab study --head gap)";
    }
    Answer {
        condition: condition.to_string(),
        verdict: if ratio == 1.0 { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted },
        effect: Some(Effect::exact("parameters, most over least", ratio, EffectUnit::Ratio)),
        sentence,
        command: None,
    }
}

pub(super) fn stride_2_infers_cheaply(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let find = |configuration: Configuration, batch: u32| -> Option<&InferenceRow> {
        records.inference.iter().find(|row| row.configuration == configuration && row.batch_size == batch)
    };
    let mut batches: Vec<u32> = records.inference.iter().map(|row| row.batch_size).collect();
    batches.sort_unstable();
    batches.dedup();
    let (mut parts, mut holds, mut fails, mut least) = (Vec::new(), true, false, f64::INFINITY);
    for [from, to] in [[four.same1, four.same2], [four.valid1, four.valid2]] {
        if !on_one_machine(records, &[from, to]) {
            continue;
        }
        for &batch in &batches {
            let Some((one, two)) = find(from, batch).zip(find(to, batch)) else { continue };
            let faster = two.images_per_second / one.images_per_second;
            let smaller = one.activation_bytes as f64 / two.activation_bytes as f64;
            holds &= faster > 1.0 + TIMES / 100.0 && smaller > 1.0;
            fails |= faster < 1.0 / (1.0 + TIMES / 100.0) || smaller < 1.0;
            least = least.min(faster);
            parts.push(format!(
                "{}, batch {batch}: {faster:.1}× the images a second ({:.0} against {:.0}), activations {:.0} instead of {:.0} KiB",
                to.padding,
                two.images_per_second,
                one.images_per_second,
                two.activation_bytes as f64 / 1024.0,
                one.activation_bytes as f64 / 1024.0
            ));
        }
    }
    if parts.is_empty() {
        return Answer::missing(condition, "measurements of inference on one machine", condition.study(""));
    }
    let verdict = match () {
        () if holds => ClaimVerdict::Supported,
        () if fails => ClaimVerdict::Contradicted,
        () => ClaimVerdict::Undecided { seeds: None },
    };
    Answer {
        condition: condition.to_string(),
        verdict,
        effect: Some(Effect::exact("images a second, stride 2 over 1, the least", least, EffectUnit::Ratio)),
        sentence: parts.join("; "),
        command: None,
    }
}

/// Differences of any measure between the two strides, for both paddings.
pub(super) fn between_strides(
    condition: &Condition,
    value: impl Fn(Configuration) -> std::collections::BTreeMap<u64, f64>,
    margin: Option<f64>,
    scale: Scale,
) -> Answer {
    let four = condition.four();
    let pairs = [[four.same1, four.same2], [four.valid1, four.valid2]];
    let claimed = pairs
        .map(|[one, two]| Claimed::new(format!("{} − {}", short(one), short(two)), &value(one), &value(two), margin));
    all_greater(condition, &claimed, scale)
}
