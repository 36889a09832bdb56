//! Every operator on random inputs: the results of a backend and of the CPU, each compared with `f64`.

use super::compare::{Table, TensorError};
use super::{BACKWARD, FORWARD};
use crate::backend::Backend;
use crate::eager::{self, AdamState, LabelledImages, Product};
use crate::error::Result;
use crate::model::geometry::{ConvShape, GlobalPoolShape, Padding, Pads, PoolShape};
use crate::ops::adam::AdamParameters;
use crate::random::Stream;
use crate::reference::{self, wide};

/// `len` random numbers from −1 to 1.
fn random(stream: &mut Stream, len: usize) -> Vec<f32> {
    (0..len).map(|_| (2.0 * stream.uniform() - 1.0) as f32).collect()
}

/// Runs every operator, forward and backward, on random inputs that `seed` determines. Returns the largest
/// error of each tensor.
///
/// # Errors
/// [`crate::Error::Failure`] where the backend fails.
pub async fn operators(backend: &Backend, seed: u64) -> Result<Vec<TensorError>> {
    let mut table = Table(Vec::new());
    let stream = &mut Stream::new(seed, "parity");
    gather(backend, stream, &mut table).await?;
    conv2d(backend, stream, &mut table).await?;
    max_pool(backend, stream, &mut table).await?;
    global_average_pool(backend, stream, &mut table).await?;
    pointwise(backend, stream, &mut table).await?;
    matmul(backend, stream, &mut table).await?;
    loss(backend, stream, &mut table).await?;
    adam(backend, stream, &mut table).await?;
    Ok(table.0)
}

async fn gather(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    // With an odd number of pixels, images begin inside a 32-bit word. The batch is not full.
    let samples = 97;
    let pixels = 49;
    let capacity = 64;
    let range = 30..91;
    let images: Vec<u8> = (0..samples * pixels).map(|_| stream.below(256) as u8).collect();
    let labels: Vec<u8> = (0..samples).map(|_| stream.below(10) as u8).collect();
    let order: Vec<u32> = (0..samples).map(|_| stream.below(samples as u32)).collect();
    let set = LabelledImages { images: &images, labels: &labels };
    let (got, got_labels) = eager::gather(backend, set, &order, range.clone(), capacity).await?;
    let (cpu, cpu_labels) = eager::gather(&Backend::Cpu, set, &order, range.clone(), capacity).await?;
    let mut x = vec![0.0; capacity * pixels];
    let mut classes = vec![0.0; range.len()];
    for (i, &sample) in order[range.clone()].iter().enumerate() {
        let sample = sample as usize;
        for p in 0..pixels {
            x[i * pixels + p] = f64::from(images[sample * pixels + p]) / 255.0;
        }
        classes[i] = f64::from(labels[sample]);
    }
    table.add("gather x", FORWARD, &got, &cpu, &x);
    let floats = |labels: &[u32]| labels[..range.len()].iter().map(|&label| label as f32).collect::<Vec<_>>();
    table.add("gather labels", 0.0, &floats(&got_labels), &floats(&cpu_labels), &classes);
    Ok(())
}

async fn conv2d(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    let uneven = Padding::Explicit(Pads { top: 2, left: 0, bottom: 1, right: 3 });
    for (input, channels, kernel, stride, padding) in [
        ([28, 28], [1, 32], [3, 3], [1, 1], Padding::Same),
        ([28, 28], [1, 32], [3, 3], [2, 2], Padding::Same),
        ([13, 13], [32, 64], [3, 3], [1, 1], Padding::Valid),
        ([14, 14], [32, 64], [3, 3], [2, 2], Padding::Same),
        ([11, 7], [3, 5], [5, 2], [3, 2], uneven),
        ([7, 17], [9, 13], [1, 4], [2, 3], Padding::Same),
    ] {
        let s = ConvShape::new(input, channels[0], channels[1], kernel, stride, padding)?;
        let n = 2;
        let x = random(stream, n * s.input_len());
        let w = random(stream, s.weights_len());
        let dy = random(stream, n * s.output_len());
        let x64 = wide(&x);
        let w64 = wide(&w);
        let dy64 = wide(&dy);
        let got = eager::conv2d(backend, &s, n, &x, &w).await?;
        let cpu = eager::conv2d(&Backend::Cpu, &s, n, &x, &w).await?;
        table.add("conv2d y", FORWARD, &got, &cpu, &reference::conv2d(&s, n, &x64, &w64));
        let got = eager::conv2d_backward_input(backend, &s, n, &dy, &w).await?;
        let cpu = eager::conv2d_backward_input(&Backend::Cpu, &s, n, &dy, &w).await?;
        table.add("conv2d dx", BACKWARD, &got, &cpu, &reference::conv2d_backward_input(&s, n, &dy64, &w64));
        let got = eager::conv2d_backward_weights(backend, &s, n, &x, &dy).await?;
        let cpu = eager::conv2d_backward_weights(&Backend::Cpu, &s, n, &x, &dy).await?;
        table.add("conv2d dw", BACKWARD, &got, &cpu, &reference::conv2d_backward_weights(&s, n, &x64, &dy64));
    }
    Ok(())
}

async fn max_pool(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    for (input, kernel, stride, padding) in [
        ([13, 11], [2, 2], [2, 2], Padding::Valid),
        ([7, 9], [3, 3], [2, 2], Padding::Same),
        ([5, 8], [3, 2], [1, 1], Padding::Explicit(Pads { top: 1, left: 0, bottom: 2, right: 1 })),
    ] {
        let s = PoolShape::new(input, 5, kernel, stride, padding)?;
        let n = 3;
        // With few distinct values, windows have ties.
        let x: Vec<f32> = (0..n * s.input_len()).map(|_| stream.below(4) as f32).collect();
        let dy = random(stream, n * s.output_len());
        let (want, argmax) = reference::max_pool(&s, n, &wide(&x));
        let (got, winners) = eager::max_pool(backend, &s, n, &x).await?;
        let (cpu, cpu_winners) = eager::max_pool(&Backend::Cpu, &s, n, &x).await?;
        table.add("max_pool y", 0.0, &got, &cpu, &want);
        let floats = |winners: &[u32]| winners.iter().map(|&i| i as f32).collect::<Vec<_>>();
        let want: Vec<f64> = argmax.iter().map(|&i| f64::from(i)).collect();
        table.add("max_pool argmax", 0.0, &floats(&winners), &floats(&cpu_winners), &want);
        let got = eager::max_pool_backward(backend, &s, n, &dy, &argmax).await?;
        let cpu = eager::max_pool_backward(&Backend::Cpu, &s, n, &dy, &argmax).await?;
        table.add("max_pool dx", BACKWARD, &got, &cpu, &reference::max_pool_backward(&s, n, &wide(&dy), &argmax));
    }
    Ok(())
}

async fn global_average_pool(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    for (input, channels, n) in [([7, 7], 64, 5), ([13, 11], 3, 2), ([1, 1], 5, 3)] {
        let s = GlobalPoolShape::new(input, channels)?;
        let x = random(stream, n * s.input_len());
        let dy = random(stream, n * s.output_len());
        let got = eager::global_average_pool(backend, &s, n, &x).await?;
        let cpu = eager::global_average_pool(&Backend::Cpu, &s, n, &x).await?;
        table.add("global_average_pool y", FORWARD, &got, &cpu, &reference::global_average_pool(&s, &wide(&x)));
        let got = eager::global_average_pool_backward(backend, &s, n, &dy).await?;
        let cpu = eager::global_average_pool_backward(&Backend::Cpu, &s, n, &dy).await?;
        let want = reference::global_average_pool_backward(&s, &wide(&dy));
        table.add("global_average_pool dx", BACKWARD, &got, &cpu, &want);
    }
    Ok(())
}

async fn pointwise(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    let rows = 997;
    let channels = 13;
    let y = random(stream, rows * channels);
    let b = random(stream, channels);
    let dy = random(stream, rows * channels);
    let got = eager::bias(backend, &y, &b).await?;
    let cpu = eager::bias(&Backend::Cpu, &y, &b).await?;
    table.add("bias y", FORWARD, &got, &cpu, &reference::bias(&wide(&y), &wide(&b)));
    let got = eager::bias_backward(backend, channels, &dy).await?;
    let cpu = eager::bias_backward(&Backend::Cpu, channels, &dy).await?;
    table.add("bias db", BACKWARD, &got, &cpu, &reference::bias_backward(channels, &wide(&dy)));
    let got = eager::relu(backend, &y).await?;
    let cpu = eager::relu(&Backend::Cpu, &y).await?;
    table.add("relu y", 0.0, &got, &cpu, &reference::relu(&wide(&y)));
    let got = eager::relu_backward(backend, &y, &dy).await?;
    let cpu = eager::relu_backward(&Backend::Cpu, &y, &dy).await?;
    table.add("relu dx", 0.0, &got, &cpu, &reference::relu_backward(&wide(&y), &wide(&dy)));
    Ok(())
}

async fn matmul(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    let forward = Product::new(64, 128, 1600);
    let backward_input = Product { transpose_b: true, ..Product::new(64, 257, 128) };
    let backward_weights = Product { transpose_a: true, ..Product::new(257, 128, 64) };
    let both = Product { transpose_a: true, transpose_b: true, ..Product::new(7, 10, 131) };
    for (product, name, bound) in [
        (forward, "dense y", FORWARD),
        (backward_input, "dense dx", BACKWARD),
        (backward_weights, "dense dw", BACKWARD),
        (both, "matmul aᵀbᵀ", FORWARD),
    ] {
        let a = random(stream, product.rows * product.inner);
        let b = random(stream, product.inner * product.columns);
        let got = eager::matmul(backend, product, &a, &b).await?;
        let cpu = eager::matmul(&Backend::Cpu, product, &a, &b).await?;
        table.add(name, bound, &got, &cpu, &reference::matmul(product, &wide(&a), &wide(&b)));
    }
    Ok(())
}

async fn loss(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    let rows = 67;
    let classes = 10;
    let active = 61;
    let x: Vec<f32> = random(stream, rows * classes).into_iter().map(|v| 10.0 * v).collect();
    let labels: Vec<u32> = (0..rows).map(|_| stream.below(classes as u32)).collect();
    let got = eager::softmax(backend, classes, &x).await?;
    let cpu = eager::softmax(&Backend::Cpu, classes, &x).await?;
    table.add("softmax y", FORWARD, &got, &cpu, &reference::softmax(classes, &wide(&x)));
    let got = eager::log_softmax(backend, classes, &x).await?;
    let cpu = eager::log_softmax(&Backend::Cpu, classes, &x).await?;
    let logs = reference::log_softmax(classes, &wide(&x));
    table.add("log-softmax y", FORWARD, &got, &cpu, &logs);
    let rounded: Vec<f32> = logs.iter().map(|&v| v as f32).collect();
    let got = eager::negative_log_likelihood(backend, classes, &rounded, &labels).await?;
    let cpu = eager::negative_log_likelihood(&Backend::Cpu, classes, &rounded, &labels).await?;
    let rows_of = rounded.chunks_exact(classes).zip(&labels);
    let want: Vec<f64> = rows_of.map(|(row, &label)| -f64::from(row[label as usize])).collect();
    table.add("negative log-likelihood", 0.0, &got, &cpu, &want);
    let (got, _) = eager::softmax_cross_entropy(backend, classes, &x, &labels).await?;
    let (cpu, _) = eager::softmax_cross_entropy(&Backend::Cpu, classes, &x, &labels).await?;
    table.add("cross-entropy loss", FORWARD, &got, &cpu, &reference::cross_entropy(classes, &wide(&x), &labels));
    let got = eager::softmax_cross_entropy_backward(backend, classes, &x, &labels, active).await?;
    let cpu = eager::softmax_cross_entropy_backward(&Backend::Cpu, classes, &x, &labels, active).await?;
    let want = reference::cross_entropy_backward(classes, &wide(&x), &labels, active);
    table.add("cross-entropy dx", BACKWARD, &got, &cpu, &want);
    Ok(())
}

async fn adam(backend: &Backend, stream: &mut Stream, table: &mut Table) -> Result<()> {
    let n = 997;
    let w = random(stream, n);
    let m = random(stream, n);
    let v: Vec<f32> = random(stream, n).into_iter().map(|v| v * v).collect();
    // The gradients range from 1 to far below ε.
    let g: Vec<f32> = random(stream, n).into_iter().map(|g| g * 10f32.powi(-(stream.below(9) as i32))).collect();
    let parameters = AdamParameters::default();
    let alpha = parameters.alpha(1e-3, 7);
    let state = AdamState { w: &w[..], m: &m, v: &v };
    let got = eager::adam(backend, parameters, alpha, state, &g).await?;
    let cpu = eager::adam(&Backend::Cpu, parameters, alpha, state, &g).await?;
    let want = reference::adam(parameters, f64::from(alpha), state.map(wide).as_slices(), &wide(&g));
    table.add("adam w", FORWARD, &got.w, &cpu.w, &want.w);
    table.add("adam m", FORWARD, &got.m, &cpu.m, &want.m);
    table.add("adam v", FORWARD, &got.v, &cpu.v, &want.v);
    Ok(())
}
