//! Accuracy of every configuration, as a table and figures.

use super::PageSource;
use super::markup::{Escaped, table};
use super::sections::{ACCURACY, Figures};
use crate::analysis::comparison::Spread;
use crate::analysis::configurations;
use crate::record::ModelRow;
use crate::report::numbers::DASH;

pub(super) fn accuracy(source: &PageSource, figures: &Figures) -> String {
    let records = source.records;
    let spread = |models: &[&ModelRow], value: fn(&ModelRow) -> f64| {
        Spread::of(&models.iter().map(|row| value(row)).filter(|value| value.is_finite()).collect::<Vec<_>>())
    };
    let rows: Vec<Vec<String>> = configurations(records)
        .into_iter()
        .filter_map(|configuration| {
            let models = records.of(configuration);
            let validation = spread(&models, |row| row.final_val_accuracy)?;
            let training = spread(&models, |row| row.final_train_accuracy);
            Some(vec![
                Escaped(&configuration.to_string()).to_string(),
                validation.n.to_string(),
                percent(Some(validation)),
                validation
                    .interval
                    .map_or_else(|| DASH.into(), |i| format!("{:.2} to {:.2}", 100.0 * i.low, 100.0 * i.high)),
                percent(training),
            ])
        })
        .collect();
    if rows.is_empty() {
        return format!("<p class=\"note\">No model is finished yet.</p>\n{}", figures.section(ACCURACY));
    }
    let table = table(
        "Accuracy with the final weights in percent, mean ± standard deviation over seeds",
        &["Network", "Seeds", "On validation images", "95 % interval of the mean", "On training images"],
        &rows,
    );
    let note = match source.four_drawn {
        false => "",
        true => {
            "<p class=\"note\">The table and the first two figures show the controls too, which the <a href=\"#words\">words</a> below explain; the other \
             figures of the page show the tutorial's four.</p>\n"
        }
    };
    table + note + &figures.section(ACCURACY)
}

fn percent(spread: Option<Spread>) -> String {
    let Some(spread) = spread else { return DASH.into() };
    let sd = spread.sd.map(|sd| format!(" ± {:.2}", 100.0 * sd)).unwrap_or_default();
    format!("{:.2}{sd}", 100.0 * spread.mean)
}
