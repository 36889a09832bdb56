//! Sizes that no memory holds: whatever takes sizes refuses them, without a panic and without wrapping round. Tests run
//! with overflow checks.

use crate::common::ok;
use stridelab::backend::Backend;
use stridelab::data::{Dataset, Split};
use stridelab::eager::{self, AdamState, LabelledImages, Product};
use stridelab::error::{Error, Result};
use stridelab::model::configuration::Convolution;
use stridelab::model::geometry::{ConvShape, MAX_ELEMENTS, Padding, Pads, PoolShape, elements};
use stridelab::model::{Configuration, Head, Network, Pooling};
use stridelab::ops::Op;
use stridelab::ops::adam::AdamParameters;
use stridelab::plan::{Element, Plan, PlanOptions, TrainingPlan};
use stridelab::random::Stream;
use stridelab::record::ShapeRow;
use stridelab::study::Study;
use stridelab::train::TrainOptions;

const VALID: Padding = Padding::Valid;

/// Random sizes: small ones, powers of two and their neighbours, limits of integers, and anything between.
struct Sizes(Stream);

impl Sizes {
    fn new(name: &str) -> Self {
        Sizes(Stream::new(0, &format!("test/sizes/{name}")))
    }

    fn one(&mut self) -> usize {
        let below = self.0.below(64);
        match self.0.below(8) {
            0 | 1 => self.0.below(9) as usize,
            2 => 1 << below,
            3 => (1usize << below).wrapping_sub(1),
            4 => (1usize << below).wrapping_add(1),
            5 => [MAX_ELEMENTS, MAX_ELEMENTS + 1, u32::MAX as usize, usize::MAX][self.0.below(4) as usize],
            _ => (self.0.word() as usize) >> self.0.below(32),
        }
    }

    fn pair(&mut self) -> [usize; 2] {
        [self.one(), self.one()]
    }

    fn padding(&mut self) -> Padding {
        let [top, left] = self.pair();
        let [bottom, right] = self.pair();
        match self.0.below(4) {
            0 => Padding::Same,
            1 => Padding::Valid,
            _ => Padding::Explicit(Pads { top, left, bottom, right }),
        }
    }
}

fn wide_product(sizes: &[usize]) -> u128 {
    // Five sizes of 64 bits do not fit 128 bits, but those of a shape that was accepted do.
    sizes.iter().fold(1, |product: u128, &n| product.saturating_mul(n as u128))
}

/// Checks what every accepted shape promises: each tensor and each axis can be indexed.
#[track_caller]
fn indexable(tensors: &[(usize, &[usize])], axes: [[usize; 5]; 2]) {
    for (len, sizes) in tensors {
        assert_eq!(*len as u128, wide_product(sizes), "{sizes:?}");
        assert!(*len <= MAX_ELEMENTS, "{sizes:?}");
    }
    for axis in axes {
        let sum: u128 = axis.iter().map(|&n| n as u128).sum();
        assert!(sum <= MAX_ELEMENTS as u128, "{axis:?}");
    }
}

#[test]
fn shapes_past_the_limit_are_refused() {
    let refused = |shape: Result<ConvShape>| match shape {
        Err(Error::Usage(problem)) => problem.to_string(),
        other => panic!("{other:?}"),
    };
    let message = refused(ConvShape::new([2_147_483_647; 2], 4, 1, [1, 1], [1, 1], VALID));
    assert!(message.contains("2³¹"), "{message}");
    let side = [325_137_433, 260_836];
    let message = refused(ConvShape::new(side, 217_513, 1, [1, 1], side, VALID));
    assert!(message.contains("the input") && message.contains("2³¹"), "{message}");
    let message = refused(ConvShape::new([1 << 10; 2], 1, 1 << 12, [1, 1], [1, 1], VALID));
    assert!(message.contains("the output"), "{message}");
    let message = refused(ConvShape::new([1, 1], 1 << 16, 1 << 16, [1, 1], [1, 1], VALID));
    assert!(message.contains("the kernel"), "{message}");
    // A fast kernel copies the padded image.
    let pads = Padding::Explicit(Pads::all(1 << 29));
    let message = refused(ConvShape::new([3, 3], 1, 16, [3, 3], [1 << 29; 2], pads));
    assert!(message.contains("the padded input"), "{message}");
    // One axis is past the limit, and the kernel is larger than the other.
    let pads = Padding::Explicit(Pads { top: 0, left: usize::MAX, bottom: 0, right: usize::MAX });
    refused(ConvShape::new([2, 2], 1, 1, [3, 3], [1, 1], pads));
    // The position in such a window would not fit a 32-bit integer.
    let pads = Padding::Explicit(Pads::all(69_999));
    assert!(PoolShape::new([1, 1], 1, [70_000; 2], [70_000; 2], pads).is_err());
    assert_eq!(elements(&[MAX_ELEMENTS, 1]).ok(), Some(MAX_ELEMENTS));
    assert!(elements(&[1 << 31]).is_err() && elements(&[usize::MAX; 5]).is_err());
    // The largest that are not refused.
    let row = ConvShape::new([1, MAX_ELEMENTS - 2], 1, 1, [1, 1], [1, 1], VALID).unwrap();
    assert_eq!(row.macs(), MAX_ELEMENTS as u64 - 2);
}

#[test]
fn random_shapes_are_refused_or_can_be_indexed() {
    let mut random = Sizes::new("shapes");
    let mut accepted = [0; 2];
    for _ in 0..60_000 {
        let (input, kernel, stride) = (random.pair(), random.pair(), random.pair());
        let [ci, co] = random.pair();
        let padding = random.padding();
        if let Ok(s) = ConvShape::new(input, ci, co, kernel, stride, padding) {
            accepted[0] += 1;
            let tensors: [(usize, &[usize]); 3] = [
                (s.input_len(), &[s.input[0], s.input[1], ci]),
                (s.output_len(), &[s.output[0], s.output[1], co]),
                (s.weights_len(), &[kernel[0], kernel[1], ci, co]),
            ];
            let axes = [
                [input[0], s.pads.top, s.pads.bottom, kernel[0], stride[0]],
                [input[1], s.pads.left, s.pads.right, kernel[1], stride[1]],
            ];
            indexable(&tensors, axes);
            let macs = wide_product(&[s.output[0], s.output[1], kernel[0], kernel[1], ci, co]);
            assert_eq!(u128::from(s.macs()), macs);
            assert_eq!(s.check(), Ok(()));
        }
        if let Ok(s) = PoolShape::new(input, ci, kernel, stride, padding) {
            accepted[1] += 1;
            let tensors: [(usize, &[usize]); 2] =
                [(s.input_len(), &[s.input[0], s.input[1], ci]), (s.output_len(), &[s.output[0], s.output[1], ci])];
            let axes = [
                [input[0], s.pads.top, s.pads.bottom, kernel[0], stride[0]],
                [input[1], s.pads.left, s.pads.right, kernel[1], stride[1]],
            ];
            indexable(&tensors, axes);
            assert_eq!(s.check(), Ok(()));
        }
    }
    assert!(accepted.iter().all(|&n| n > 50), "{accepted:?} shapes were accepted");
}

#[test]
fn random_networks_and_plans_are_refused_or_whole() {
    let mut random = Sizes::new("plans");
    let mut accepted = [0; 2];
    for _ in 0..3000 {
        let image = random.pair();
        let convolution = |random: &mut Sizes| Convolution {
            kernel: random.pair(),
            stride: random.pair(),
            padding: random.padding(),
        };
        let pooling = [Pooling::Max, Pooling::None][random.0.below(2) as usize];
        let head = [Head::Dense, Head::GlobalAverage][random.0.below(2) as usize];
        let convolutions = [convolution(&mut random), convolution(&mut random)];
        let any = Network::with_convolutions(image, convolutions, pooling, head);
        let usual = Network::new(image, Configuration::TUTORIAL[random.0.below(4) as usize]);
        let small = Network::new([28, 28], Configuration::TUTORIAL[random.0.below(4) as usize]);
        let options = PlanOptions {
            batch: random.one(),
            train_samples: random.one(),
            test_samples: random.one(),
            replicas: random.one(),
            evaluate_capacity: random.one(),
            max_binding_bytes: random.one() as u64,
            adam: AdamParameters::default(),
            fuse: true,
        };
        for network in [any, usual, small].into_iter().flatten() {
            accepted[0] += 1;
            assert_eq!(network.check(), Ok(()));
            assert!(network.parameters() > 0 && network.macs() > 0);
            let rows = ShapeRow::of(Configuration::TUTORIAL[0], &network);
            assert_eq!(rows.len(), network.layers.len());
            for options in [options, PlanOptions { max_binding_bytes: u64::MAX, replicas: 1, ..options }] {
                let Ok(training) = TrainingPlan::new(&network, &options) else { continue };
                accepted[1] += 1;
                let buffers = training.plan.buffers.iter();
                let bytes: u128 = buffers.map(|b| wide_product(&[b.element.bytes(), b.len, b.replicas])).sum();
                assert!(u128::from(training.plan.bytes()) >= bytes);
                let ops = training.plan.programs.iter().flat_map(|program| &program.ops);
                assert!(ops.map(Op::macs).fold(0, u64::saturating_add) > 0);
            }
        }
        let mut plan = Plan::new(random.one());
        let shape = [random.one(), random.one(), random.one()];
        for view in [plan.buffer("own", Element::F32, &shape), plan.shared_buffer("shared", Element::U8, &shape)] {
            assert!(view.is_err() || wide_product(&shape) <= MAX_ELEMENTS as u128, "{shape:?}");
        }
        let _ = plan.bytes();
    }
    assert!(accepted.iter().all(|&n| n > 100), "{accepted:?} networks and plans were accepted");
}

/// One image, in a split that says otherwise.
fn split(count: usize, height: usize, width: usize) -> Split {
    Split { images: vec![0; 784], labels: vec![0], count, height, width }
}

#[test]
fn random_sizes_of_data_and_studies_are_refused() {
    let mut random = Sizes::new("data");
    for _ in 0..3000 {
        let (count, [height, width]) = (random.one(), random.pair());
        let classes = random.one();
        let checked = split(count, height, width).check([height, width], classes);
        let fits = (count, wide_product(&[height, width])) == (1, 784) && classes > 0;
        assert_eq!(checked.is_ok(), fits, "{count} of {height}×{width}, {classes} classes");
        let mut set = Dataset {
            train: split(1, 28, 28),
            test: split(1, 28, 28),
            name: String::new(),
            sha256: Default::default(),
        };
        let n = random.one();
        assert_eq!(set.limit(n).is_ok(), n == 1);
        let train =
            TrainOptions { batch_size: random.one(), evaluate_capacity: random.one(), ..TrainOptions::default() };
        let configurations = vec![Configuration::TUTORIAL[3]];
        let mut study = Study {
            configurations,
            classes: 10,
            epochs: 1,
            train,
            weights: None,
            room: u64::MAX,
            checkpoint_seconds: None,
            resume: stridelab::study::Resume::default(),
        };
        assert_eq!(study.check(&Backend::Cpu, &set).is_ok(), study.train.batch_size > 0);
    }
}

#[test]
fn random_sizes_of_operators_are_refused() {
    let mut random = Sizes::new("operators");
    let cpu = &Backend::Cpu;
    let run = pollster::block_on::<std::pin::Pin<Box<dyn Future<Output = bool>>>>;
    for _ in 0..3000 {
        let (batch, classes, active, capacity) = (random.one(), random.one(), random.one(), random.one());
        let [input, kernel, stride] = [random.pair(), random.pair(), random.pair()];
        let [ci, co] = random.pair();
        let padding = random.padding();
        if let Ok(s) = ConvShape::new(input, ci, co, kernel, stride, padding) {
            run(Box::pin(async move { eager::conv2d(cpu, &s, batch, &[0.0; 3], &[0.0; 2]).await.is_ok() }));
            run(Box::pin(async move { eager::conv2d_backward_input(cpu, &s, batch, &[0.0; 3], &[0.0]).await.is_ok() }));
            run(Box::pin(async move { eager::conv2d_backward_weights(cpu, &s, batch, &[0.0], &[0.0]).await.is_ok() }));
        }
        if let Ok(s) = PoolShape::new(input, ci, kernel, stride, padding) {
            run(Box::pin(async move { eager::max_pool(cpu, &s, batch, &[0.0; 3]).await.is_ok() }));
            run(Box::pin(async move { eager::max_pool_backward(cpu, &s, batch, &[0.0; 3], &[0; 3]).await.is_ok() }));
        }
        let product = Product { transpose_b: batch % 2 == 0, ..Product::new(batch, classes, active) };
        let fits = wide_product(&[batch, active]) == 3 && wide_product(&[active, classes]) == 2;
        assert_eq!(run(Box::pin(async move { eager::matmul(cpu, product, &[0.0; 3], &[0.0; 2]).await.is_ok() })), fits);
        let rows = [1, 2, 3, 6].contains(&classes);
        assert_eq!(run(Box::pin(async move { eager::softmax(cpu, classes, &[0.0; 6]).await.is_ok() })), rows);
        assert_eq!(run(Box::pin(async move { eager::log_softmax(cpu, classes, &[0.0; 6]).await.is_ok() })), rows);
        assert_eq!(run(Box::pin(async move { eager::bias_backward(cpu, classes, &[0.0; 6]).await.is_ok() })), rows);
        let gradient = eager::softmax_cross_entropy_backward(cpu, classes, &[0.0; 6], &[0, 0], active);
        assert_eq!(pollster::block_on(gradient).is_ok(), classes == 3 && active <= 2);
        let losses = eager::softmax_cross_entropy(cpu, classes, &[0.0; 6], &[0, 0]);
        assert_eq!(pollster::block_on(losses).is_ok(), classes == 3);
        let losses = eager::negative_log_likelihood(cpu, classes, &[0.0; 6], &[0, 0]);
        assert_eq!(pollster::block_on(losses).is_ok(), classes == 3);
        // A batch of some gigabytes is not refused, and not for a test.
        if !(1 << 16..1 << 30).contains(&capacity) {
            let set = LabelledImages { images: &[0; 6], labels: &[0, 1] };
            let gathered = eager::gather(cpu, set, &[1, 0], batch..active, capacity);
            let fits = batch <= active && active <= 2 && (1..1 << 16).contains(&capacity) && active - batch <= capacity;
            assert_eq!(pollster::block_on(gathered).is_ok(), fits, "{batch}..{active} in {capacity}");
        }
    }
    let [short, long] = [&[0.0; 2][..], &[0.0; 3]];
    for (w, m, v, g) in [(long, short, short, short), (short, long, short, short), (short, short, short, long)] {
        let state = AdamState { w, m, v };
        assert!(pollster::block_on(eager::adam(cpu, AdamParameters::default(), 0.1, state, g)).is_err());
    }
    for step in [0, 1, u32::MAX] {
        let _ = AdamParameters::default().alpha(1e-3, step);
    }
    assert_eq!(ok(eager::relu(cpu, &[-1.0])), [0.0]);
}
