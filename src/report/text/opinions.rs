//! What the networks make of one image.

use super::table::{TableColumn, fits, render};
use crate::analysis::{ConfigurationOpinion, ranked};
use crate::report::numbers::percent;

/// Classes that are shown beside the first.
const OTHERS: usize = 2;

/// A row for each configuration: its class, the mean probability of it, the next classes, and how many of several models
/// agree. As many columns as fit within `width` characters.
pub fn opinions_table(opinions: &[ConfigurationOpinion], colour: bool, width: u16) -> String {
    let several = opinions.iter().any(|opinion| opinion.models > 1);
    let choices = [(OTHERS, several), (1, several), (0, several), (0, false)];
    let tables = choices.map(|(others, models)| columns(opinions, others, models));
    let [.., narrowest] = &tables;
    render(tables.iter().find(|table| fits(table, width)).unwrap_or(narrowest), colour)
}

fn columns(opinions: &[ConfigurationOpinion], others: usize, models: bool) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(&ConfigurationOpinion) -> String| opinions.iter().map(cell).collect::<Vec<_>>();
    let place = |n: usize| {
        move |opinion: &ConfigurationOpinion| {
            let found = ranked(&opinion.probabilities).get(n).copied();
            found.map_or(String::new(), |(class, share)| format!("{class}: {}", percent(share, 1)))
        }
    };
    let mut all = vec![
        TableColumn::text("network", cells(&|opinion| opinion.configuration.to_string())),
        TableColumn::numbers("class", cells(&|opinion| opinion.class.to_string())),
        TableColumn::numbers(
            "probability",
            cells(&|opinion| percent(opinion.probabilities.get(usize::from(opinion.class)).copied().unwrap_or(0.0), 1)),
        ),
    ];
    let headers = ["next", "then"];
    all.extend(
        headers.into_iter().take(others).zip(1..).map(|(header, n)| TableColumn::numbers(header, cells(&place(n)))),
    );
    if models {
        all.push(TableColumn::numbers(
            "models that agree",
            cells(&|opinion| format!("{} of {}", opinion.agree, opinion.models)),
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Configuration;

    fn opinion(place: usize, probabilities: &[f64], agree: usize, models: usize) -> ConfigurationOpinion {
        let class = ranked(probabilities)[0].0;
        let configuration = Configuration::TUTORIAL[place];
        ConfigurationOpinion { configuration, probabilities: probabilities.to_vec(), class, models, agree }
    }

    #[test]
    fn a_row_has_three_classes_and_who_agrees() {
        let table = opinions_table(
            &[opinion(0, &[0.001, 0.03, 0.9, 0.069], 9, 10), opinion(3, &[1.0, 0.0, 0.0, 0.0], 10, 10)],
            false,
            100,
        );
        let lines: Vec<&str> = table.lines().collect();
        let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(lines[0]), "network class probability next then models that agree");
        assert_eq!(squeezed(lines[2]), "stride 1, same 2 90.0 % 3: 6.9 % 1: 3.0 % 9 of 10");
        assert_eq!(squeezed(lines[3]), "stride 2, valid 0 100.0 % 1: 0.0 % 2: 0.0 % 10 of 10");
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns() {
        let all = [opinion(0, &[0.001, 0.03, 0.9, 0.069], 9, 10)];
        for width in [20, 36, 55, 60, 100] {
            let table = opinions_table(&all, false, width);
            let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= usize::from(width.max(40)), "{width}: {table}");
            assert!(table.contains("90.0 %"), "{table}");
        }
        assert!(!opinions_table(&[opinion(0, &[1.0, 0.0], 1, 1)], false, 100).contains("agree"));
    }
}
