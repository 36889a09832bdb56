//! Claims that one thing is greater than another, over seeds.

use std::collections::BTreeMap;

use super::answer::{Answer, ClaimVerdict, Effect};
use super::condition::Condition;
use crate::analysis::comparison::{Comparison, PairedDifference, Verdict, compare};

/// A difference that the claim says is positive.
pub(super) struct Claimed {
    /// What is compared, such as `stride 1, same − stride 2, same`.
    pub what: String,
    pub difference: PairedDifference,
}

impl Claimed {
    pub(super) fn new(
        what: impl Into<String>,
        greater: &BTreeMap<u64, f64>,
        smaller: &BTreeMap<u64, f64>,
        margin: Option<f64>,
    ) -> Claimed {
        Claimed { what: what.into(), difference: PairedDifference::by_seed(greater, smaller, margin) }
    }
}

/// How a difference is written.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    /// Shares, written as points.
    Points,
    /// As they are.
    Number,
}

/// A claim that all `claimed` differences are positive, judged together. `commands` gives more seeds.
///
/// All positive: supported. Any negative: contradicted. Else, where the remaining ones are equivalent: equivalent. The effect is that of
/// the difference on which the verdict hangs: the least of those that support it.
pub(super) fn all_greater(condition: &Condition, claimed: &[Claimed], scale: Scale) -> Answer {
    let n = claimed.iter().map(|claimed| claimed.difference.n).min().unwrap_or(0);
    if n == 0 {
        return Answer::missing(
            condition,
            "finished models of all of these networks with equal seeds",
            condition.study(""),
        );
    }
    let compared = compare(&claimed.iter().map(|claimed| claimed.difference).collect::<Vec<_>>());
    let verdict = together(&compared);
    // The difference that decides: the least.
    let value = |i: &usize| claimed[*i].difference.mean.unwrap_or(0.0);
    let hinge = (0..claimed.len()).min_by(|a, b| value(a).total_cmp(&value(b))).unwrap_or(0);
    let effect = |i: usize| {
        let p = match compared[i].verdict {
            Verdict::Equivalent => compared[i].equivalence_p.unwrap_or(1.0),
            _ => compared[i].p,
        };
        match scale {
            Scale::Points => Effect::points(&claimed[i].what, &claimed[i].difference, p),
            Scale::Number => Effect::number(&claimed[i].what, &claimed[i].difference, p),
        }
    };
    let part = |i: usize| effect(i).map(|effect| format!("{}: {effect}", claimed[i].what));
    let parts: Vec<String> = (0..claimed.len()).filter_map(part).collect();
    let seeds = match n {
        1 => "one seed".to_string(),
        n => format!("{n} seeds"),
    };
    // A claim of several differences stands only where each does: its p is the largest.
    let worst = (0..claimed.len()).filter_map(effect).filter_map(|effect| effect.p).fold(0.0, f64::max);
    let effect = effect(hinge).map(|effect| match verdict {
        ClaimVerdict::Supported | ClaimVerdict::Equivalent => Effect { p: Some(worst), ..effect },
        _ => effect,
    });
    let sentence = format!("{} ({seeds})", parts.join("; "));
    Answer { condition: condition.to_string(), verdict, effect, sentence, command: None }
}

fn together(compared: &[Comparison]) -> ClaimVerdict {
    let is = |verdict: Verdict| compared.iter().any(|comparison| comparison.verdict == verdict);
    let undecided = compared.iter().filter_map(|comparison| match comparison.verdict {
        Verdict::Undecided { seeds } => Some(seeds),
        _ => None,
    });
    let undecided: Vec<Option<usize>> = undecided.collect();
    match () {
        () if is(Verdict::SecondGreater) => ClaimVerdict::Contradicted,
        () if !undecided.is_empty() => {
            let known: Option<Vec<usize>> = undecided.into_iter().collect();
            ClaimVerdict::Undecided { seeds: known.and_then(|seeds| seeds.into_iter().max()) }
        }
        () if is(Verdict::Equivalent) => ClaimVerdict::Equivalent,
        () => ClaimVerdict::Supported,
    }
}
