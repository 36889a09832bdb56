//! The verdict table: a row a claim, which opens to its figure, its numbers and how it was computed.

use std::fmt::Write;

use super::markup::{Escaped, prose};
use super::sections::Figures;
use crate::analysis::claims::{Answer, Claim, ClaimVerdict};

/// The figure that a claim rests on; none of claims about geometry alone, which the diagram shows, and of other networks.
fn figure_of(claim: u8) -> Option<&'static str> {
    Some(match claim {
        1..=4 => "differences",
        9..=11 | 22 => "accuracy_cost",
        12 => "coverage",
        13 => "ink_by_ring",
        14 => "blanked_accuracy",
        15 => "shift_accuracy",
        16 => "smoothness",
        17 => "uncovered_ink",
        18 | 20 => "gap",
        19 | 21 => "accuracy",
        23 => "gradient_norms",
        _ => return None,
    })
}

/// What the page says in place of "equivalent".
const NO_DIFFERENCE: &str = "no real difference";

/// Claims that the diagram of one convolution shows.
const GEOMETRY: std::ops::RangeInclusive<u8> = 5..=8;

pub(super) fn answer(claims: &[Claim], figures: &Figures) -> String {
    let mut html = format!(
        "<p>The tutorial <cite>Understanding the Effect of Stride and Padding on CNN Feature Extraction</cite> trains four networks once each \
         and draws its conclusions. Here is what it says, and what the records of \
         this run say: {}. Open a row for the numbers, the figure, and how it was computed.</p>\n<ol class=\"claims\">\n",
        counts(claims)
    );
    for claim in claims {
        html += &row(claim, figures);
    }
    html += "</ol>\n<p class=\"note\">Points are percentage points of accuracy; brackets hold 95 % intervals. “No real difference” means \
             that a difference, if there is one, is smaller than 0.1 points (equivalent). Verdicts are corrected for the number of questions.</p>\n";
    html
}

fn row(claim: &Claim, figures: &Figures) -> String {
    let Claim { number, answer, .. } = claim;
    let effect = answer.effect.as_ref().map(|effect| format!("{effect} <small>{}</small>", Escaped(&effect.what)));
    let effect = effect.unwrap_or_default();
    let mut html = format!(
        "<li class=\"claim\" id=\"claim-{number}\"><details><summary><span class=\"number\">{number}</span><span class=\"says\">{}\
         </span>{}<span class=\"effect\">{}</span></summary>\n<div class=\"detail\">\n",
        Escaped(&sentence(&claim.claim)),
        badge(answer.verdict),
        effect,
    );
    html += &numbers(answer);
    // What depends on the images or on the geometry alone is the same under another condition.
    for control in claim.controls.iter().filter(|control| control.sentence != answer.sentence) {
        let effect = control.effect.as_ref().map(|effect| format!(" {effect}")).unwrap_or_default();
        let _ = write!(
            html,
            "<p>With {}: {}<span class=\"effect\">{}</span></p>\n{}",
            Escaped(&control.condition),
            badge(control.verdict),
            Escaped(&effect),
            numbers(control)
        );
    }
    let _ = writeln!(html, "<p class=\"note\">How it was computed: {}.</p>", prose(&claim.measure));
    if GEOMETRY.contains(number) {
        html += "<p><a href=\"#see\">Try it in the diagram</a></p>\n";
    }
    if let Some(name) = figure_of(*number).filter(|name| figures.has(name)) {
        let _ = writeln!(html, "<div data-figure=\"figure-{name}\"><a href=\"#figure-{name}\">Its figure</a></div>");
    }
    html + "</div></details></li>\n"
}

/// The parts of a sentence with its numbers, one below the other, and the command that would give what is missing.
fn numbers(answer: &Answer) -> String {
    let mut html = String::from("<ul>\n");
    for part in answer.sentence.split("; ") {
        let _ = writeln!(html, "<li>{}</li>", Escaped(&sentence(part)));
    }
    if let Some(command) = &answer.command {
        let _ = writeln!(html, "<li><code>{}</code> would give it</li>", Escaped(command));
    }
    html + "</ul>\n"
}

/// A verdict by a sign, a word and a colour.
fn badge(verdict: ClaimVerdict) -> String {
    let (class, sign) = match verdict {
        ClaimVerdict::Supported => ("supported", "✓"),
        ClaimVerdict::Contradicted => ("contradicted", "✗"),
        ClaimVerdict::Equivalent => ("equivalent", "≈"),
        ClaimVerdict::Undecided { .. } => ("undecided", "?"),
        ClaimVerdict::NotComputable => ("not-computable", "–"),
    };
    let word = match verdict {
        ClaimVerdict::Undecided { seeds: Some(_) } => verdict.to_string(),
        other => word(other).to_string(),
    };
    format!("<span class=\"verdict {class}\"><span aria-hidden=\"true\">{sign}</span> {word}</span>")
}

/// One word or a few: a claim cannot be equivalent, two networks can.
fn word(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Equivalent => NO_DIFFERENCE,
        other => other.name(),
    }
}

/// The text with a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn counts(claims: &[Claim]) -> String {
    let names = ["supported", "contradicted", NO_DIFFERENCE, "undecided", "not computable here"];
    let count = |name: &&str| claims.iter().filter(|claim| word(claim.answer.verdict) == *name).count();
    let counted = names.iter().map(|name| (count(name), name)).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = counted.map(|(count, name)| format!("{count} {name}")).collect();
    format!("of {} claims {}", claims.len(), parts.join(", "))
}
