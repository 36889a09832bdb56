//! The benchmark: what it counts, what it writes, and that it times nothing that is wrong.

use crate::common::files::rows;
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, part, trainer};
use stridelab::Error;
use stridelab::analysis::{comparable, compare};
use stridelab::backend::Backend;
use stridelab::bench::{BenchOptions, check, peak, run};
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, Network};
use stridelab::record::{BenchRecord, FORMAT, Machine, Measurement, NetworkCost, Pass};
use stridelab::report::figure::{png, step_time};
use stridelab::report::text::{comparison_table, cost_tables};
use stridelab::store::{BenchWriter, COST_COLUMNS, FigureFiles, read_bench};
use stridelab::train::TrainOptions;

/// The parts of a network's step, in order.
const PARTS: [(&str, Pass); 10] = [
    ("gather", Pass::Forward),
    ("conv1", Pass::Forward),
    ("conv2", Pass::Forward),
    ("dense1", Pass::Forward),
    ("dense2", Pass::Forward),
    ("dense2", Pass::Backward),
    ("dense1", Pass::Backward),
    ("conv2", Pass::Backward),
    ("conv1", Pass::Backward),
    ("adam", Pass::Optimiser),
];

/// Options for the shortest benchmark. No test depends on how long anything takes.
fn options(strides: &[usize], batch_sizes: &[usize]) -> BenchOptions {
    let configurations = strides.iter().map(|&stride| Configuration::new(stride, Padding::Valid)).collect();
    let batch_sizes = batch_sizes.to_vec();
    BenchOptions { configurations, batch_sizes, samples: 3, sample_seconds: 0.0, ..BenchOptions::default() }
}

fn measured(backend: &Backend, options: &BenchOptions) -> Measurement {
    let mut heard = Vec::new();
    let bench = ok(run(backend, &part(0..24, 1), options, &mut |line| heard.push(line.to_string())));
    assert!(heard[0].contains("checking") && heard[1].contains("measuring"), "{heard:?}");
    bench
}

fn record(measured: &Measurement) -> BenchRecord {
    let machine = Machine { backend: "cpu".into(), adapter: "a < b".into(), threads: 2, ..Machine::default() };
    BenchRecord {
        format: FORMAT,
        version: "0.1.0".into(),
        machine,
        options: serde_json::json!({ "stride": [2] }),
        start: "2026-11-26T12:00:00+01:00".into(),
        end: "2026-11-26T12:00:01+01:00".into(),
        measured: measured.clone(),
    }
}

/// Checks what must hold for every network, however it was measured.
fn consistent(bench: &Measurement) {
    assert!(bench.peak_gflops > 0.0);
    for n in &bench.networks {
        let (network, batch) = (Network::new([28, 28], n.configuration).unwrap(), n.batch_size as u64);
        let rows: Vec<_> = n.parts.iter().map(|part| (part.layer.as_str(), part.pass)).collect();
        assert_eq!(rows, PARTS);
        let of = |pass| n.parts.iter().filter(move |part| part.pass == pass);
        assert_eq!(of(Pass::Forward).map(|part| part.macs).sum::<u64>(), batch * network.macs());
        for layer in ["conv1", "conv2", "dense1", "dense2"] {
            let macs = batch * network.layer(layer).map_or(0, |layer| layer.macs());
            // A backward pass computes two gradients, except in the first layer, whose input needs none.
            let gradients = if layer == "conv1" { 1 } else { 2 };
            for (pass, times) in [(Pass::Forward, 1), (Pass::Backward, gradients)] {
                let part = of(pass).find(|part| part.layer == layer);
                assert_eq!(part.map(|part| part.macs), Some(times * macs), "{layer} {pass}");
            }
        }
        for (sum, whole) in [
            (n.parts.iter().map(|part| part.macs).sum::<u64>(), n.train_step.macs),
            (n.parts.iter().map(|part| part.bytes).sum(), n.train_step.bytes),
            (batch * network.macs(), n.inference.macs),
        ] {
            assert_eq!(sum, whole);
        }
        // Adam reads and writes the parameters and both moments, and reads the gradient; tensors are aligned with gaps.
        let adam = n.parts.last().map_or(0, |part| part.bytes);
        let least = 7 * 4 * network.parameters() as u64;
        assert!((least..least + 7 * 4 * 8 * 64).contains(&adam), "{adam} for {}", network.parameters());
        assert!(n.activation_bytes > n.inference_activation_bytes && n.inference_activation_bytes > 0);
        for cost in n.costs() {
            assert_eq!(cost.samples_us.len(), 3);
            assert!(cost.samples_us.contains(&cost.median_us) && cost.median_us > 0.0 && cost.iqr_us >= 0.0);
            assert_eq!(cost.gflops.is_some(), cost.macs > 0);
            if let (Some(gflops), Some(share)) = (cost.gflops, cost.fraction_of_peak) {
                assert!((gflops * cost.median_us / 2e-3 / cost.macs as f64 - 1.0).abs() < 1e-9);
                assert!((share * bench.peak_gflops / gflops - 1.0).abs() < 1e-9);
            }
        }
        let seconds = batch as f64 / n.train_images_per_second;
        assert!((1e6 * seconds / n.train_step.median_us - 1.0).abs() < 1e-9);
    }
}

fn pair(bench: &Measurement) -> [&NetworkCost; 2] {
    [1, 2].map(|stride| {
        bench
            .networks
            .iter()
            .find(|n| n.configuration.strides.uniform() == Some(stride))
            .unwrap_or_else(|| panic!("{stride}"))
    })
}

#[test]
fn every_layer_is_counted_and_related_to_stride_1() {
    for fuse in [true, false] {
        let bench = measured(&CPU, &BenchOptions { fuse, ..options(&[1, 2], &[2]) });
        assert!(!bench.device_clock && bench.fused == fuse);
        consistent(&bench);
        let ours = |n: &NetworkCost| {
            n.dispatches.is_some() || n.empty_dispatches_us.is_some() || n.train_step_device_us.is_some()
        };
        assert!(!bench.networks.iter().any(ours));
        let [one, two] = pair(&bench);
        for (a, b) in one.costs().zip(two.costs()) {
            assert_eq!(a.ratio_to_stride1, Some(1.0));
            assert_eq!(b.ratio_to_stride1, Some(b.median_us / a.median_us));
        }
    }
}

#[test]
fn a_gpu_is_measured_alike() {
    let bench = measured(gpu(), &options(&[2], &[8]));
    consistent(&bench);
    let of = &bench.networks[0];
    assert!(of.costs().all(|cost| cost.ratio_to_stride1.is_none()));
    let plain = measured(gpu(), &BenchOptions { fuse: false, ..options(&[2], &[8]) });
    let (fused, all) = (of.dispatches.unwrap_or_default(), plain.networks[0].dispatches.unwrap_or_default());
    assert!((12..=15).contains(&fused) && all > 25, "{fused} and {all} dispatches");
    // Empty dispatches take less time than a step.
    let empty = of.empty_dispatches_us.unwrap_or_default();
    assert!(empty > 0.0 && empty < of.train_step.median_us, "{empty} of {}", of.train_step.median_us);
    assert_eq!(of.train_step_device_us.is_some(), bench.device_clock);
}

#[test]
fn nothing_wrong_is_timed() {
    let (data, network) = (part(0..24, 1), network(2, "valid"));
    let options = |seed| TrainOptions { batch_size: 2, seeds: vec![seed], ..TrainOptions::default() };
    let of = |seed| trainer(&CPU, &network, &data, &options(seed), None);
    assert!(ok(check("same", &mut of(0), &mut of(0), 0.0)) <= 0.0);
    // Other initial weights count as a wrong result.
    match pollster::block_on(check("other", &mut of(0), &mut of(1), 1e-3)) {
        Err(error @ Error::Check(_)) => {
            assert_eq!(error.exit_code(), 5);
            assert!(error.to_string().starts_with("other: the loss of step 1 is "), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // With a bound that no result can meet, nothing is timed.
    let strict = BenchOptions { allowed: -1.0, ..self::options(&[2], &[2]) };
    let result = pollster::block_on(run(&CPU, &data, &strict, &mut |line| assert!(!line.contains("measuring"))));
    assert!(matches!(result, Err(Error::Check(_))), "{result:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (options, word) in [
        (options(&[2], &[25]), "from 1 to 24"),
        (options(&[2], &[0]), "from 1 to 24"),
        (options(&[], &[2]), "nothing to measure"),
        (options(&[9], &[2]), "layer"),
    ] {
        match pollster::block_on(run(&CPU, &part(0..24, 1), &options, &mut |_| {})) {
            Err(Error::Usage(text)) => assert!(text.to_string().contains(word), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_peak_is_more_than_a_plain_loop() {
    // A scalar loop of multiply-adds reaches 0.5 GFLOP/s, and any vector unit is faster.
    let peak = ok(peak(&CPU, &BenchOptions { samples: 3, sample_seconds: 0.01, ..BenchOptions::default() }));
    assert!(peak > 0.5 && peak < 1e6, "{peak} GFLOP/s");
}

#[test]
fn files_hold_what_was_measured() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    for (name, sizes) in [("one", &[2][..]), ("several", &[1, 3])] {
        let out = folder.path().join(name);
        let bench = measured(&CPU, &options(&[2], sizes));
        let record = record(&bench);
        let svg = step_time::step_time(&record);
        let picture = FigureFiles { png: png(&svg).unwrap_or_else(|e| panic!("{e}")), svg };
        let mut writer = BenchWriter::create(&out, false).unwrap_or_else(|e| panic!("{e}"));
        writer.write(&record, &picture).unwrap_or_else(|e| panic!("{e}"));
        drop(writer);
        assert!(matches!(BenchWriter::create(&out, false), Err(Error::Usage(_))));
        BenchWriter::create(&out, true).unwrap_or_else(|e| panic!("{e}"));

        let csv = std::fs::read_to_string(out.join("cost.csv")).unwrap_or_else(|e| panic!("{e}"));
        let columns: Vec<_> = csv.lines().next().unwrap_or_default().split(',').collect();
        let rows = rows(&csv);
        let several = sizes.len() > 1;
        assert_eq!(columns[usize::from(several)..], COST_COLUMNS);
        assert_eq!(several, columns[0] == "batch_size");
        let costs: Vec<_> = bench.networks.iter().flat_map(NetworkCost::costs).collect();
        assert_eq!(rows.len(), costs.len());
        for (row, cost) in rows.iter().zip(costs) {
            assert_eq!([&row["layer"], &row["pass"]], [cost.layer.as_str(), cost.pass.name()]);
            assert_eq!(row["median_us"].as_f64(), Some(cost.median_us));
            assert_eq!(row["ratio_to_stride1"], "");
        }
        let same = read_bench(&out.join("bench.json")).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(same, record);
        let seen = std::fs::read(out.join("figures/cost.png")).unwrap_or_default();
        assert!(image::load_from_memory(&seen).is_ok());
        assert_eq!(std::fs::read_to_string(out.join("figures/cost.svg")).unwrap_or_default(), picture.svg);

        let rows = compare(&bench, &same.measured);
        assert_eq!(rows.len(), sizes.len() * (PARTS.len() + 2));
        assert!(rows.iter().all(|row| (row.ratio - 1.0).abs() < 1e-9));
        assert!(comparison_table(&rows, false).contains("dense2"));
        for width in [60, 80, 100] {
            let tables = cost_tables(&bench, false, width);
            let widest = tables.lines().map(|line| line.chars().count()).max();
            assert!(width < 80 || widest <= Some(usize::from(width)), "{widest:?} of {width}\n{tables}");
        }
        let comparable =
            |options: &BenchOptions| comparable(&options.configurations, &options.batch_sizes, &same.measured);
        assert_eq!(comparable(&options(&[1, 2], &[3, sizes[0]])), Ok(()));
        for (strides, sizes) in [(&[2], &[4]), (&[1], &[2])] {
            let refused = comparable(&options(strides, sizes));
            assert!(
                matches!(&refused, Err(Error::Usage(text)) if text.to_string().contains("it has stride 2, valid at batch")),
                "{refused:?}"
            );
        }
    }
    for (name, text) in [("missing", None), ("broken", Some("{"))] {
        let path = folder.path().join(name);
        text.map(|text| std::fs::write(&path, text));
        assert!(matches!(read_bench(&path), Err(Error::Data(_))), "{name}");
    }
}

/// Figures and tables accept times that no clock measures.
#[test]
fn hard_data_is_drawn_without_panic() {
    let bench = measured(&CPU, &options(&[1, 2], &[2]));
    let of = |median: f64, batch: usize| {
        let mut bench = bench.clone();
        for network in &mut bench.networks {
            network.parts.iter_mut().chain([&mut network.train_step]).for_each(|cost| cost.median_us = median);
            network.batch_size = batch;
        }
        bench.networks[0].batch_size = 2;
        bench
    };
    let cases = [Measurement::default(), of(0.0, 2), of(f64::NAN, 1 << 40), of(f64::MAX, 3), of(1e-300, 0)];
    for bench in cases {
        let svg = step_time::step_time(&record(&bench));
        assert!(!svg.contains("=\"NaN") && !svg.contains("=\"inf"), "{svg}");
        assert!(png(&svg).is_ok());
        assert!(bench.networks.is_empty() || cost_tables(&bench, true, 100).contains("stride 2, valid"));
    }
}
