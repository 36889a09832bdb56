//! All tables and figures of a study, whatever its records hold.

use super::study_rows::{FIRST, finished, id, images, records, says};
use stridelab::Result;
use stridelab::analysis::{MissingAnswer, StudyTables, TableSink, tables};
use stridelab::data::Dataset;
use stridelab::model::Configuration;
use stridelab::record::{GradientRow, Row, StudyRecords, answers};
use stridelab::report::figure::png;
use stridelab::report::figure::study::{StudyFigure, figures};

/// Reads every table back from what `csv` writes of it.
#[derive(Default)]
struct ReadBack(Vec<&'static str>);

impl TableSink for ReadBack {
    fn table<R: Row>(&mut self, file: &'static str, rows: &[R]) -> Result<()> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| csv.serialize(row).unwrap());
        let text = csv.into_inner().unwrap();
        let header = text.split(|byte| *byte == b'\n').next().unwrap();
        assert_eq!(header, R::COLUMNS.join(",").as_bytes(), "{file}");
        let back: Vec<R> = csv::Reader::from_reader(&text[..]).deserialize().map(|row| row.unwrap()).collect();
        let mut again = csv::Writer::from_writer(Vec::new());
        back.iter().for_each(|row| again.serialize(row).unwrap());
        assert_eq!(again.into_inner().unwrap(), text, "{file}");
        self.0.push(file);
        Ok(())
    }
}

#[test]
fn all_tables_are_files_that_can_be_read_back() {
    let (records, data) = (records(), images());
    let all = tables(&records, Some(&data));
    let mut read = ReadBack::default();
    all.each(&mut read).unwrap();
    // Of several seeds no single model speaks.
    assert_eq!(read.0, answers::FILES[..10]);
    let mut one = records.clone();
    one.predictions.retain(|of| of.model.seed == 0);
    let mut read = ReadBack::default();
    tables(&one, Some(&data)).each(&mut read).unwrap();
    assert_eq!(read.0.last(), Some(&answers::MCNEMAR));
    assert!(!read.0.contains(&answers::VARIANCE_SPLIT), "{:?}", read.0);
    assert!(all.missing.is_empty(), "{:?}", all.missing);
    assert_eq!((all.coverage.len(), all.ink.len(), all.uncovered_ink.len()), (2 * 784, 3 * 14, 2 * 3));
}

#[test]
fn what_is_missing_is_said_and_nothing_is_invented() {
    let none = StudyRecords::default();
    let all = tables(&none, None);
    let lines: Vec<String> = all.missing.iter().map(ToString::to_string).collect();
    assert_eq!(all, StudyTables { missing: all.missing.clone(), ..StudyTables::default() });
    for word in ["shifts.csv", "blanked.csv", "smoothness.csv", "inference.csv", "gradients.csv", "--data"] {
        assert!(lines.iter().any(|line| line.contains(word)), "{word}: {lines:?}");
    }
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert!(figures(&none, &all, None).is_empty());
    // Images of another set must not be drawn as those of the run.
    let mut data = images();
    data.test.labels[0] = 1;
    let all = tables(&records(), Some(&data));
    assert_eq!(all.missing, [MissingAnswer::OtherImages]);
    assert!(all.coverage.is_empty() && all.ink.is_empty());
    let names: Vec<&str> = figures(&records(), &all, Some(&data)).iter().map(|figure| figure.name).collect();
    assert!(!names.contains(&"disputed") && names.contains(&"confusion"), "{names:?}");
}

fn drawn(records: &StudyRecords, data: &Dataset) -> Vec<StudyFigure> {
    let all = figures(records, &tables(records, Some(data)), Some(data));
    for StudyFigure { name, svg } in &all {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {svg}");
        assert!(png(svg).is_ok(), "{name}");
    }
    all
}

#[test]
fn every_figure_is_drawn_whatever_the_numbers_are() {
    let data = images();
    let whole = drawn(&records(), &data);
    assert_eq!(whole.iter().map(|figure| figure.name).collect::<Vec<_>>(), answers::FIGURES);
    let coverage = &whole[0].svg;
    assert!(coverage.contains("reads all") && coverage.contains("stride 2, same"), "{coverage}");
    // One model, without an interval.
    let mut one = records();
    one.models.truncate(1);
    one.predictions.truncate(1);
    one.shifts.truncate(1);
    one.blanked.truncate(3);
    assert!(drawn(&one, &data).iter().any(|figure| figure.svg.contains("one seed, which gives no interval")));
    // One seed of a configuration is not finished yet.
    let mut uneven = records();
    uneven.models.remove(3);
    let gap = drawn(&uneven, &data).into_iter().find(|figure| figure.name == "gap").unwrap();
    assert!(gap.svg.contains("mean of 1 to 2 seeds with 95 % interval"), "{}", gap.svg);
    // Nothing right, nothing finite, no step.
    let mut hard = records();
    hard.predictions.iter_mut().for_each(|of| of.predictions.classes = vec![255; 4]);
    hard.models.iter_mut().for_each(|row| (row.final_val_accuracy, row.final_train_accuracy) = (f64::NAN, 0.0));
    hard.shifts.iter_mut().for_each(|row| (row.right, row.dx, row.dy) = (0, i32::MIN, i32::MAX));
    hard.smoothness.iter_mut().for_each(|row| row.variation = f64::INFINITY);
    hard.gradients.iter_mut().for_each(|row| (row.norm, row.step) = (0.0, u32::MAX));
    hard.blanked.iter_mut().for_each(|row| row.unread_by = "a < b & c".into());
    hard.run.steps_per_epoch = 0;
    hard.inference.iter_mut().for_each(|row| (row.images_per_second, row.activation_bytes) = (f64::NAN, 0));
    drawn(&hard, &data);
    // Steps that were measured, and not those between, are what a point may be the mean of.
    let subtitle = |count: u32| {
        let mut measured = records();
        let rows = measured.gradients.iter().filter(|row| row.step == 1).cloned().collect::<Vec<_>>();
        let every =
            |row: &GradientRow| (1..=count).map(|i| GradientRow { step: 50 * i, ..row.clone() }).collect::<Vec<_>>();
        measured.gradients = rows.iter().flat_map(every).collect();
        drawn(&measured, &data).into_iter().find(|figure| figure.name == "gradient_norms").unwrap().svg
    };
    assert!(!subtitle(56).contains("each point"), "{}", subtitle(56));
    assert!(subtitle(400).contains("each point is the mean of 3 measured steps"), "{}", subtitle(400));
    // Twelve configurations.
    let mut many = records();
    for kernel in 1..=10 {
        let configuration = Configuration { kernel: 7 * kernel, ..FIRST };
        many.models.push(finished(id(configuration, 0), 1.0, 0.5));
        many.predictions.push(says(id(configuration, 0), &[0, 1, 2, 0]));
    }
    drawn(&many, &data);
}
