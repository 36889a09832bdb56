//! The report: one self-contained HTML file, made of a run's records.
//!
//! | part of the page | file |
//! |---|---|
//! | the first paragraph and what is so in short | `lead` |
//! | the verdict table | `answer` |
//! | figures with what they show | `sections` |
//! | tables of accuracy and cost | `accuracy`, `cost` |
//! | glossary, method, files to save | `method` |
//! | data for the page's scripts | `contents`, `weights` |
//! | styles, fonts and scripts from `assets/web` in one document | `inline` |
//! | text that becomes markup | `markup` |
//!
//! The page asks for nothing from outside, and a Content-Security-Policy in it forbids that.

mod accuracy;
mod answer;
mod contents;
mod cost;
mod inline;
mod lead;
mod markup;
mod method;
mod sections;
mod weights;

use crate::analysis::StudyTables;
use crate::analysis::claims::Claim;
use crate::data::Dataset;
use crate::error::Result;
use crate::record::{BenchRecord, StudyRecords};
pub use weights::ModelWeights;

use markup::Escaped;
pub use method::device;

/// A figure of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFigure {
    /// Its name, such as `accuracy` or one of [`crate::record::answers::FIGURES`].
    pub name: &'static str,
    /// The drawing.
    pub svg: String,
}

/// A file that the page offers to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFile {
    /// Its name, such as `models.csv`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Weights of one seed, a model a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageModels {
    /// The models.
    pub models: Vec<ModelWeights>,
    /// Epochs that they were trained for.
    pub epochs: u32,
    /// What they were trained on.
    pub device: String,
}

/// All that a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct PageSource<'a> {
    /// The records.
    pub records: &'a StudyRecords,
    /// What they answer.
    pub tables: &'a StudyTables,
    /// The verdicts.
    pub claims: &'a [Claim],
    /// The figures.
    pub figures: &'a [PageFigure],
    /// Whether those that do not compare accuracies show the tutorial's four alone, and not all configurations.
    pub four_drawn: bool,
    /// The data of the run, where it is at hand.
    pub data: Option<&'a Dataset>,
    /// Trained weights.
    pub models: &'a PageModels,
    /// Times by layer, where a benchmark is given.
    pub bench: Option<&'a BenchRecord>,
    /// Files to save.
    pub files: &'a [PageFile],
    /// The command that gives this page.
    pub command: &'a str,
}

/// The page.
///
/// # Errors
/// [`crate::Error::Failure`] where something cannot be packed.
pub fn page(source: &PageSource) -> Result<String> {
    let (style, script) = (inline::style(), inline::script());
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data: blob:; font-src data:; base-uri 'none'; \
         form-action 'none'",
        inline::hash(&script),
        inline::hash(&style)
    );
    let figures = sections::Figures(source.figures);
    let title = format!("What stride and padding do to a CNN: {}", source.records.run.data.name);
    let parts = [
        ("policy", policy),
        ("title", Escaped(&title).to_string()),
        ("lead", lead::lead(source)),
        ("answer", answer::answer(source.claims, &figures)),
        ("accuracy", accuracy::accuracy(source, &figures)),
        ("sight", figures.section(sections::SIGHT)),
        ("maps", figures.section(sections::MAPS)),
        ("cost", cost::cost(source, &figures)),
        ("disputes", figures.section(sections::DISPUTES)),
        ("method", method::method(source)),
        ("version", Escaped(&source.records.run.version).to_string()),
        ("blocks", contents::blocks(source)?),
        ("style", style),
        ("script", script),
    ];
    // A part is put in whole: what looks like a place inside of one is text.
    let mut page = String::new();
    for (i, piece) in inline::TEMPLATE.split("{{").enumerate() {
        match piece.split_once("}}") {
            Some((name, rest)) if i > 0 => {
                let part = parts.iter().find(|(known, _)| *known == name);
                page += part.map(|(_, part)| part).unwrap_or_else(|| panic!("the page has no part {name}"));
                page += rest;
            }
            _ => page += piece,
        }
    }
    Ok(page)
}
