//! A claim and what records say of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::analysis::comparison::PairedDifference;
use crate::analysis::statistics::Interval;
use crate::record::ClaimRow;

/// What may be said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum ClaimVerdict {
    /// It holds.
    Supported,
    /// Its contrary holds.
    Contradicted,
    /// The difference that it claims is smaller than the margin.
    Equivalent,
    /// Neither is shown.
    Undecided {
        /// Seeds that would decide it at the scatter seen, with probability 0.8; none where that is not known.
        #[serde(rename = "seeds_to_decide")]
        seeds: Option<usize>,
    },
    /// It is about other networks.
    NotComputable,
}

impl ClaimVerdict {
    /// Whether it says something.
    pub fn is_decided(self) -> bool {
        matches!(self, ClaimVerdict::Supported | ClaimVerdict::Contradicted | ClaimVerdict::Equivalent)
    }

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            ClaimVerdict::Supported => "supported",
            ClaimVerdict::Contradicted => "contradicted",
            ClaimVerdict::Equivalent => "equivalent",
            ClaimVerdict::Undecided { .. } => "undecided",
            ClaimVerdict::NotComputable => "not computable here",
        }
    }
}

impl fmt::Display for ClaimVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClaimVerdict::Undecided { seeds: Some(seeds) } => write!(f, "undecided ({seeds} seeds would do)"),
            other => f.write_str(other.name()),
        }
    }
}

/// What an effect is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectUnit {
    /// Percentage points of accuracy.
    Points,
    /// Per cent.
    Percent,
    /// A ratio.
    Ratio,
    /// A number of its own, such as a rank correlation.
    Number,
}

impl EffectUnit {
    /// As it stands in the files.
    pub fn name(self) -> &'static str {
        match self {
            EffectUnit::Points => "points",
            EffectUnit::Percent => "percent",
            EffectUnit::Ratio => "ratio",
            EffectUnit::Number => "number",
        }
    }
}

/// The size of what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What differs from what.
    pub what: String,
    /// How much, in [`Effect::unit`].
    pub value: f64,
    /// Its unit.
    pub unit: EffectUnit,
    /// Its interval at 95 %; none where it is exact.
    pub interval: Option<Interval>,
    /// Seeds; none where it is exact.
    pub n: Option<usize>,
    /// p of the test that decides, after correction within the claim.
    pub p: Option<f64>,
}

impl Effect {
    /// A number that depends on no seed.
    pub fn exact(what: impl Into<String>, value: f64, unit: EffectUnit) -> Effect {
        Effect { what: what.into(), value, unit, interval: None, n: None, p: None }
    }

    /// A difference of accuracies, in points. `None` where there is no pair.
    pub fn points(what: impl Into<String>, difference: &PairedDifference, p: f64) -> Option<Effect> {
        let scaled = |interval: Interval| Interval { low: 100.0 * interval.low, high: 100.0 * interval.high };
        Some(Effect {
            what: what.into(),
            value: 100.0 * difference.mean?,
            unit: EffectUnit::Points,
            interval: difference.interval.map(scaled),
            n: Some(difference.n),
            p: Some(p),
        })
    }

    /// A difference of something else.
    pub fn number(what: impl Into<String>, difference: &PairedDifference, p: f64) -> Option<Effect> {
        let value = difference.mean?;
        let n = Some(difference.n);
        Some(Effect {
            what: what.into(),
            value,
            unit: EffectUnit::Number,
            interval: difference.interval,
            n,
            p: Some(p),
        })
    }
}

/// `−0.02 points [−0.13, 0.09]`.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: f64| match self.unit {
            EffectUnit::Points => format!("{value:+.2}"),
            // A share, which is exact, has no sign; a change has.
            EffectUnit::Percent if self.interval.is_none() && value > 0.0 => format!("{value:.1}"),
            EffectUnit::Percent => format!("{value:+.1}"),
            EffectUnit::Ratio => format!("{value:.1}"),
            EffectUnit::Number => format!("{value:+.3}"),
        };
        // A zero has no sign.
        let zero = |text: &str| text.chars().all(|c| !c.is_ascii_digit() || c == '0');
        let minus = |text: String| match zero(&text) {
            true => text.trim_start_matches(['-', '+']).to_string(),
            false => text.replace('-', "−"),
        };
        let unit = match self.unit {
            EffectUnit::Points => " points",
            EffectUnit::Percent => " %",
            EffectUnit::Ratio => "×",
            EffectUnit::Number => "",
        };
        write!(f, "{}{unit}", minus(number(self.value)))?;
        match self.interval {
            Some(Interval { low, high }) => write!(f, " [{}, {}]", minus(number(low)), minus(number(high))),
            None => Ok(()),
        }
    }
}

/// What is said of a claim under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Empty for the tutorial's own networks, else what differs, such as `gap head`.
    pub condition: String,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: ClaimVerdict,
    /// The effect on which it rests.
    pub effect: Option<Effect>,
    /// One sentence with the numbers in it.
    pub sentence: String,
    /// The command that would give what is missing.
    pub command: Option<String>,
}

impl Answer {
    /// What nothing can be said of, because the records lack `what`; `command` would give it.
    pub fn missing(condition: impl fmt::Display, what: &str, command: impl Into<String>) -> Answer {
        Answer {
            condition: condition.to_string(),
            verdict: ClaimVerdict::Undecided { seeds: None },
            effect: None,
            sentence: format!("the records have no {what}"),
            command: Some(command.into()),
        }
    }

    /// Whether the records hold what it needs.
    pub fn computed(&self) -> bool {
        self.effect.is_some() || self.verdict.is_decided()
    }

    pub(super) fn p(&self) -> Option<f64> {
        self.effect.as_ref().and_then(|effect| effect.p)
    }
}

/// A claim and what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// From 1 to 24.
    pub number: u8,
    /// What the tutorial says.
    pub claim: String,
    /// How it is measured.
    #[serde(default)]
    pub measure: String,
    /// What is said of the tutorial's four networks.
    #[serde(flatten)]
    pub answer: Answer,
    /// What is said under every other condition that the run has.
    pub controls: Vec<Answer>,
}

impl Claim {
    /// The rows of `claims.csv`: the tutorial's own networks, then every other condition.
    pub fn rows(&self) -> Vec<ClaimRow> {
        std::iter::once(&self.answer).chain(&self.controls).map(|answer| self.row(answer)).collect()
    }

    fn row(&self, answer: &Answer) -> ClaimRow {
        let effect = answer.effect.as_ref();
        let interval = effect.and_then(|effect| effect.interval);
        let seeds = match answer.verdict {
            ClaimVerdict::Undecided { seeds } => seeds,
            _ => None,
        };
        ClaimRow {
            number: self.number,
            claim: self.claim.clone(),
            condition: answer.condition.clone(),
            verdict: answer.verdict.name().into(),
            seeds_to_decide: seeds,
            effect: effect.map(|effect| effect.what.clone()),
            value: effect.map(|effect| effect.value),
            unit: effect.map(|effect| effect.unit.name().into()),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            n: effect.and_then(|effect| effect.n),
            p: answer.p(),
            sentence: answer.sentence.clone(),
            command: answer.command.clone(),
        }
    }

    pub(super) fn answers_mut(&mut self) -> impl Iterator<Item = &mut Answer> {
        std::iter::once(&mut self.answer).chain(&mut self.controls)
    }
}
