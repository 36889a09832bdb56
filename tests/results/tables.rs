//! What a run's tables mark as the best, and what fits a terminal.

use super::rows::{epoch, model, network};
use stridelab::model::Configuration;
use stridelab::record::EpochRow;
use stridelab::report::text::{EpochTable, RunRow, epoch_line, run_table};

/// The rows of two models, one of which leads by so many of the 10,000 test images, after training of so many seconds.
fn pair(lead: usize, seconds: [f64; 2]) -> Vec<RunRow> {
    let accuracies = [0.98 + lead as f64 / 1e4, 0.98];
    let row = |i: usize| {
        let configuration = Configuration::TUTORIAL[i];
        let epochs: Vec<EpochRow> =
            (1..=2).map(|number| epoch(configuration, number, accuracies[i], seconds[i] / 2.0)).collect();
        RunRow::new(model(configuration), &network(configuration), &epochs, 100).of_run(2, 10_000, 10_000)
    };
    vec![row(0), row(1)]
}

#[test]
fn nothing_undecided_is_crowned() {
    let stars = |rows: &[RunRow]| -> Vec<usize> {
        let table = run_table(rows, false, 200);
        let rows = table.lines().filter(|line| line.starts_with("stride"));
        rows.map(|row| row.matches('*').count()).collect()
    };
    // 200 and 162 wrong images: √362 is 19, and the lead has to be above 38.
    assert_eq!(stars(&pair(37, [5.0, 5.0])), [0, 0]);
    assert_eq!(stars(&pair(42, [5.0, 5.0])), [3, 0]);
    assert_eq!(stars(&pair(0, [5.0, 5.0])), [0, 0]);
    // Times: ties, a lead of less than a tenth, and what is over before the clock has run.
    assert_eq!(stars(&pair(0, [5.0, 5.2])), [0, 0]);
    assert_eq!(stars(&pair(0, [5.0, 6.0])), [2, 0]);
    assert_eq!(stars(&pair(0, [0.02, 0.08])), [0, 0]);
    assert_eq!(stars(&pair(0, [8.0, 0.3])), [0, 2]);

    // A model that did not finish leads in nothing, and others are not compared with the shorter time it took.
    let mut rows = pair(300, [5.0, 9.0]);
    rows[0] = rows[0].clone().of_run(3, 10_000, 10_000);
    assert_eq!(stars(&rows), [0, 0]);
    // A model that diverged neither.
    let c = Configuration::TUTORIAL[2];
    let mut diverged = epoch(c, 1, 0.999, 0.5);
    diverged.val_loss = f64::NAN;
    rows = pair(42, [5.0, 5.0]);
    rows.push(RunRow::new(model(c), &network(c), &[diverged], 100).of_run(2, 10_000, 10_000));
    assert_eq!(stars(&rows), [3, 0, 0]);
    for width in [200, 60, 20] {
        assert_eq!(run_table(&rows, false, width).matches("diverged").count(), 1, "{width} columns");
    }
    // Without the number of images, nobody knows.
    rows = pair(300, [5.0, 5.0]);
    rows[0].test_images = 0;
    assert_eq!(stars(&rows), [1, 0]);
    // Seeds of one configuration share a time, and their configuration is the faster one.
    rows = pair(0, [3.0, 5.0]);
    let mut seed = rows[0].clone();
    seed.model.seed = 1;
    rows.push(seed);
    assert_eq!(stars(&rows), [2, 0, 2]);
}

#[test]
fn rows_of_epochs_fit_the_terminal() {
    let row = epoch(Configuration::TUTORIAL[2], 3, 0.9914, 7.504);
    for (name, epochs, least) in [("stride 1, valid", 3, 40), ("stride 1, valid, seed 13935546006722098831", 100, 66)] {
        let mut widths = Vec::new();
        for width in (least..=120).rev() {
            let table = EpochTable::new(name.len(), epochs, width);
            let (heading, line) = (table.heading(), table.row(name, &row));
            assert_eq!(heading.chars().count(), line.chars().count(), "{heading}\n{line}");
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            assert!(line.starts_with(name) && line.contains("0.9914") && heading.contains("acc"), "{line}");
            widths.push(line.chars().count());
        }
        assert!(widths.is_sorted_by(|wide, narrow| wide >= narrow) && widths.first() > widths.last(), "{widths:?}");
    }
    let wide = EpochTable::new(15, 3, 80);
    assert_eq!(wide.heading(), "                 epoch      loss  accuracy  valid. loss  accuracy  seconds");
    assert_eq!(
        wide.row("stride 1, valid", &row),
        "stride 1, valid    3/3    0.1000    0.9924       0.0086    0.9914     7.50"
    );
    // On the narrowest terminals names are short, and cut rather than broken.
    for width in 24..40 {
        let name = "stride 1, valid, seed 12";
        let table = EpochTable::new(name.len(), 3, width);
        let line = table.row(name, &row);
        assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        assert!(table.heading().chars().count() <= usize::from(width) && line.contains("3/3  0.9914"), "{line}");
        assert!(line.starts_with("1 val") && (width < 30 || line.starts_with("1 valid #12")), "{line}");
    }
    // Losses of any size stay readable.
    let mut hard = row.clone();
    (hard.train_loss, hard.val_loss) = (327_702_524.891, 2.3e-5);
    let line = wide.row("stride 1, valid", &hard);
    assert!(line.contains("3.28e8") && line.contains("2.30e-5"), "{line}");
    let line = epoch_line("stride 1, valid", &hard, 3);
    assert!(line.contains("epoch 3/3: loss 3.28e8, accuracy") && line.contains("validation loss 2.30e-5"), "{line}");
}
