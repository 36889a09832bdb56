//! A row of `claims.csv`.

use serde::{Deserialize, Serialize};

use super::Row;

/// What is said of one claim under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// The claim's number, from 1 to 24.
    pub number: u8,
    /// What the tutorial says.
    pub claim: String,
    /// Empty for the tutorial's own networks, else what differs.
    pub condition: String,
    /// `supported`, `contradicted`, `equivalent`, `undecided` or `not computable here`.
    pub verdict: String,
    /// Seeds that would decide it.
    pub seeds_to_decide: Option<usize>,
    /// What the effect is of.
    pub effect: Option<String>,
    /// How large it is.
    pub value: Option<f64>,
    /// `points`, `percent`, `ratio` or `number`.
    pub unit: Option<String>,
    /// Lower end of its interval at 95 %.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Seeds.
    pub n: Option<usize>,
    /// p of the test that decides, after correction within the claim.
    pub p: Option<f64>,
    /// One sentence with the numbers in it.
    pub sentence: String,
    /// The command that would give what is missing.
    pub command: Option<String>,
}

impl Row for ClaimRow {
    const COLUMNS: &'static [&'static str] = &[
        "number",
        "claim",
        "condition",
        "verdict",
        "seeds_to_decide",
        "effect",
        "value",
        "unit",
        "low",
        "high",
        "n",
        "p",
        "sentence",
        "command",
    ];
}
