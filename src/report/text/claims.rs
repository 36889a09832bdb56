//! The verdicts, for a terminal and as Markdown.

use super::table::heading;
use crate::analysis::claims::{Answer, Claim, ClaimVerdict};

/// Columns before a claim's text.
const INDENT: usize = 5;
/// Narrower text than this is not wrapped further.
const NARROWEST: usize = 30;

/// Every claim: its number, what the tutorial says, the verdict; below it the sentence with the numbers, and the same for every
/// control. Lines are at most `width` characters long.
pub fn claims_text(claims: &[Claim], colour: bool, width: u16) -> String {
    let room = usize::from(width).saturating_sub(INDENT).max(NARROWEST);
    let mut lines = Vec::new();
    for claim in claims {
        let verdict = paint(claim.answer.verdict, colour);
        for (i, line) in wrapped(&format!("“{}”", claim.claim), room).into_iter().enumerate() {
            let number = if i == 0 { format!("{:>3}", claim.number) } else { "   ".into() };
            lines.push(format!("{number}  {}", heading(&line, colour)));
        }
        let indent = " ".repeat(INDENT);
        lines.push(format!("{indent}{verdict}"));
        lines.extend(
            body(&claim.answer).into_iter().flat_map(|text| wrapped(&text, room)).map(|l| format!("{indent}{l}")),
        );
        for control in &claim.controls {
            let text = format!("with {}: {}; {}", control.condition, control.verdict, control.sentence);
            lines.extend(wrapped(&text, room).into_iter().map(|line| format!("{indent}{line}")));
        }
        lines.push(String::new());
    }
    lines.push(summary(claims));
    lines.join("\n")
}

/// Sentences, each wrapped to lines of at most `width` characters, those after the first set in.
pub fn sentences(all: &[String], width: u16) -> String {
    let room = usize::from(width).saturating_sub(2).max(NARROWEST);
    let lines = all.iter().map(|text| wrapped(text, room).join("\n  "));
    lines.collect::<Vec<_>>().join("\n")
}

/// `12 supported, 7 contradicted, …`.
fn summary(claims: &[Claim]) -> String {
    let names = ["supported", "contradicted", "equivalent", "undecided", "not computable here"];
    let count = |name: &str| claims.iter().filter(|claim| claim.answer.verdict.name() == name).count();
    let parts: Vec<String> = names
        .iter()
        .map(|name| (count(name), name))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {name}"))
        .collect();
    format!("{} claims: {}", claims.len(), parts.join(", "))
}

fn body(answer: &Answer) -> Vec<String> {
    let missing = answer.command.as_ref().map(|command| format!("{command} would give it"));
    std::iter::once(answer.sentence.clone()).chain(missing).collect()
}

fn paint(verdict: ClaimVerdict, colour: bool) -> String {
    let code = match verdict {
        ClaimVerdict::Supported => "32",
        ClaimVerdict::Contradicted => "31",
        ClaimVerdict::Equivalent => "36",
        _ => "33",
    };
    if colour { format!("\x1b[{code}m{verdict}\x1b[0m") } else { verdict.to_string() }
}

/// The text in lines of at most `room` characters, broken between words.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("a line is there");
        if last.is_empty() {
            *last = word.to_string();
        } else if last.chars().count() + 1 + word.chars().count() <= room {
            *last += &format!(" {word}");
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

/// A Markdown table: number, claim, verdict, effect with its interval, n, and the sentence.
pub fn claims_markdown(claims: &[Claim]) -> String {
    let mut text =
        String::from("| | the tutorial says | verdict | effect | n | what is so |\n|---|---|---|---|---|---|\n");
    for claim in claims {
        text += &markdown_row(&claim.number.to_string(), &claim.claim, &claim.answer);
        for control in &claim.controls {
            text += &markdown_row("", &format!("… with {}", control.condition), control);
        }
    }
    text
}

fn markdown_row(number: &str, claim: &str, answer: &Answer) -> String {
    let effect = answer.effect.as_ref().map_or_else(String::new, |effect| effect.to_string());
    let n = answer.effect.as_ref().and_then(|effect| effect.n).map_or_else(String::new, |n| n.to_string());
    let says = body(answer).join("; ");
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| {number} | {} | **{}** | {} | {n} | {} |\n", cell(claim), answer.verdict, cell(&effect), cell(&says))
}
