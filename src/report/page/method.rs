//! Glossary, method, how to repeat it, and the files to save.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::PageSource;
use super::contents::buttons;
use super::markup::{Escaped, prose};
use crate::record::Machine;

/// Words of the page.
const GLOSSARY: &[(&str, &str)] = &[
    (
        "Convolution",
        "A small window of weights, the kernel, slides over an image; each place gives one number, the sum of pixels times weights.",
    ),
    (
        "Stride",
        "How many pixels the window moves from one place to the next. At 2 the output has about half as many rows and columns.",
    ),
    (
        "Padding",
        "Zeros around the image. `valid` adds none, and windows that do not fit are dropped. `same` adds as many as it takes for \
         ⌈size ÷ stride⌉ outputs; where that is an odd number of rows, the extra one comes after the image.",
    ),
    ("Feature map", "What one kernel makes of an image: bright where the pattern that it has learnt is found."),
    ("ReLU", "Negative numbers become zero."),
    ("Max pooling", "Of each 2×2 block the greatest number is kept, so that each side is halved and rounded down."),
    (
        "Global average pooling (head gap)",
        "Each feature map becomes one number, its mean, so that the size of the map no longer changes the number of parameters.",
    ),
    ("Pool none", "No max pooling; a stride of 2 takes its place."),
    ("Stride 2:1", "Stride 2 in the first convolution, stride 1 in the second."),
    ("Crop 4", "Four pixels cut from each side of every image, so that the ink touches the border."),
    ("Test images", "Images that no network was trained on. Accuracy on them is called validation accuracy."),
    ("Receptive field", "The part of the image that one number of a layer depends on."),
    ("Parameters", "The numbers that training sets: weights and biases."),
    ("Multiply-add", "One product added to a sum, the unit of arithmetic here."),
    ("Epoch", "One pass over all training images."),
    (
        "Seed",
        "The number from which initial weights and the order of images are drawn. On one device the same seed gives the same model, bit for bit.",
    ),
    ("Point", "A percentage point: from 98 % to 99 % is one point."),
    (
        "95 % interval",
        "BCa bootstrap over seeds, 10,000 resamples: of a hundred such studies about 95 would have the true mean in it.",
    ),
    (
        "Verdict",
        "With many questions some would look decided by luck, so each has to pass a stricter test. A difference is claimed only where the interval excludes zero and an exact sign-flip permutation test agrees, after Holm's correction \
         over the pairs and over the whole table. Equivalent: two one-sided tests (TOST) within ±0.1 points, a margin that was set beforehand. \
         With fewer than six seeds nothing about accuracy is decided.",
    ),
];

pub(super) fn method(source: &PageSource) -> String {
    let mut html = String::from("<h3 id=\"words\">Words</h3>\n<dl>\n");
    for (word, text) in GLOSSARY {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", Escaped(word), prose(text));
    }
    html += "</dl>\n<h3>What was run</h3>\n<dl>\n";
    for (name, value) in facts(source) {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(&value));
    }
    let _ = write!(
        html,
        "</dl>\n<p>This page again: <code>{}</code></p>\n<h3>Files</h3>\n<p>The records that every number here is computed from, the verdicts, and the weights of one seed as \
         safetensors.</p>\n{}",
        Escaped(source.command),
        buttons(source.files)
    );
    html
}

fn facts(source: &PageSource) -> Vec<(&'static str, String)> {
    let run = &source.records.run;
    let seeds: BTreeSet<u64> = source.records.models.iter().map(|row| row.model.seed).collect();
    let seeds = match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) if last - first == seeds.len() as u64 - 1 && first != last => {
            format!("{first} to {last}")
        }
        _ => seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    };
    let option = |name: &str| run.options.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
    let mut devices = vec![device(&run.machine)];
    for machine in run.merged.iter().filter_map(|part| part.machine.as_ref()) {
        if !devices.contains(&device(machine)) {
            devices.push(device(machine));
        }
    }
    let mut facts = vec![
        (
            "Data",
            format!(
                "{}: {} training images, {} test images",
                run.data.name, run.data.train_images, run.data.test_images
            ),
        ),
        ("Device", devices.join("; ")),
        ("Seeds", seeds),
        ("Version", format!("stridelab {}", run.version)),
        ("Start", run.start.clone()),
    ];
    facts.extend(option("batch-size").map(|value| ("Batch size", value)));
    facts.extend(option("learning-rate").map(|value| ("Learning rate", format!("{value} (Adam)"))));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// What computed, in a few words.
pub fn device(machine: &Machine) -> String {
    match machine.backend.as_str() {
        "cpu" => format!("{}, {} threads, {}", machine.cpu, machine.threads, machine.instruction_set),
        _ if machine.driver.is_empty() => machine.adapter.clone(),
        _ => format!("{}, {}", machine.adapter, machine.driver),
    }
}
