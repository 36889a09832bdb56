//! Why the tensors of a file are not those of a network: other names, another layout, another network.

use safetensors::tensor::{Dtype, SafeTensors};

use crate::error::{Error, Remedy, Result, one_line};
use crate::model::network::{Layer, LayerKind, MOST_CLASSES};
use crate::model::{Configuration, Head, Network, Pooling};

/// Names that a message lists.
const MOST_NAMES: usize = 10;

/// A tensor of the network, and what the file has in its place.
struct Mismatch<'a> {
    tensor: &'a str,
    wanted: &'a [usize],
    found: Vec<usize>,
}

impl Mismatch<'_> {
    /// Whether the file's axes are those that PyTorch has: `[out, in, kh, kw]` and `[out, in]`.
    fn is_torch(&self) -> bool {
        match (self.wanted, &self.found[..]) {
            ([kh, kw, input, output], found) => found == [*output, *input, *kh, *kw],
            // The number of inputs may be that of another image size.
            ([_, output], [first, second]) => first == output && second != output,
            _ => false,
        }
    }

    fn line(&self) -> String {
        format!("{} has shape {:?}, but the network's has {:?}", self.tensor, self.found, self.wanted)
    }
}

/// Checks that the file holds exactly tensors of these names, of type f32 and of these shapes.
///
/// # Errors
/// [`Error::Data`], which begins with the file's `name`.
pub(super) fn check(
    name: &str,
    file: &SafeTensors,
    expected: &[(String, Vec<usize>)],
    network: &Network,
) -> Result<()> {
    names(file, expected)
        .and_then(|()| types(file))
        .and_then(|()| shapes(file, expected, network))
        .map_err(|e| e.at(name))
}

fn names(file: &SafeTensors, expected: &[(String, Vec<usize>)]) -> Result<()> {
    let mut found: Vec<&str> = file.names().into_iter().collect();
    found.sort_unstable();
    let known: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(missing) = known.iter().find(|tensor| !found.contains(tensor)) {
        let what = format!("holds no tensor {missing}, but {}", listed(&found));
        return Err(
            Error::data(what).advice(format!("give a file with {}, or rename its tensors so", known.join(", ")))
        );
    }
    if let Some(extra) = found.iter().find(|tensor| !known.contains(tensor)) {
        let what = format!("holds a tensor {} that the network does not have", one_line(extra));
        return Err(Error::data(what).advice(format!("give a file with {} alone", known.join(", "))));
    }
    Ok(())
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(one_line).collect();
    match names.len() {
        0 => "none at all".into(),
        n if n > MOST_NAMES => format!("{} and {} more", shown.join(", "), n - MOST_NAMES),
        _ => shown.join(", "),
    }
}

fn types(file: &SafeTensors) -> Result<()> {
    let mut all = file.tensors();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    match all.iter().find(|(_, view)| view.dtype() != Dtype::F32) {
        Some((tensor, view)) => {
            let what = format!("{} is of type {}", one_line(tensor), view.dtype());
            Err(Error::data(what).advice("convert it to F32 (float() in PyTorch, astype(\"float32\") in NumPy)"))
        }
        None => Ok(()),
    }
}

fn shapes(file: &SafeTensors, expected: &[(String, Vec<usize>)], network: &Network) -> Result<()> {
    let mut wrong = Vec::new();
    for (tensor, wanted) in expected {
        let view = file.tensor(tensor).map_err(|e| Error::data(one_line(e)))?;
        if view.shape() != wanted {
            wrong.push(Mismatch { tensor, wanted, found: view.shape().to_vec() });
        }
    }
    let Some(first) = wrong.first() else { return Ok(()) };
    let torch: Vec<&Mismatch> = wrong.iter().filter(|mismatch| mismatch.is_torch()).collect();
    if !torch.is_empty() {
        return Err(torch_layout(&torch, network));
    }
    let error = Error::data(first.line());
    if wrong.iter().all(|mismatch| mismatch.tensor.starts_with("dense2.")) {
        let classes = first.found.last().copied().unwrap_or_default();
        if (1..=MOST_CLASSES).contains(&classes) && wrong.iter().all(|mismatch| mismatch.found.last() == Some(&classes))
        {
            return Err(error.and(&format!(": the weights are of {classes} classes")).remedy(Remedy::Classes(classes)));
        }
    }
    Err(match first.tensor {
        "dense1.weight" => {
            let of = first.found.first().and_then(|&features| configurations(features, network));
            let error = of.into_iter().fold(error, |error, of| error.and(&format!(": it is that of {of}")));
            error.advice("choose the stride, padding and image size that the weights belong to")
        }
        _ => error.advice(format!("give {} of shape {:?}", first.tensor, first.wanted)),
    })
}

/// The tutorial's configurations whose first dense layer takes so many features of these images; without such, those
/// without pooling, or with the other head.
fn configurations(features: usize, network: &Network) -> Option<String> {
    let takes = |layer: &LayerKind| matches!(layer, LayerKind::Dense { inputs, relu: true, .. } if *inputs == features);
    let fits = |configuration: &Configuration| {
        let configuration = Configuration { crop: network.crop, ..*configuration };
        let other = Network::new(network.image(), configuration);
        other.is_ok_and(|other| other.layers.iter().any(|layer| takes(&layer.kind)))
    };
    let tutorial = Configuration::TUTORIAL;
    let unpooled = tutorial.map(|usual| Configuration { pool: Pooling::None, ..usual });
    let mean = Configuration { head: Head::GlobalAverage, ..tutorial[0] };
    let fitting = |all: &[Configuration]| {
        let names: Vec<String> = all.iter().filter(|c| fits(c)).map(ToString::to_string).collect();
        (!names.is_empty()).then(|| names.join(" or "))
    };
    let any_mean = || fits(&mean).then(|| "any network with head gap".to_string());
    match (fitting(&tutorial).or_else(|| fitting(&unpooled)), any_mean()) {
        (Some(named), Some(mean)) => Some(format!("{named} or {mean}")),
        (named, mean) => named.or(mean),
    }
}

/// The error of a file in PyTorch's layout: which tensors, and how to turn them. Channels come first there, and so they
/// do among the features that the first dense layer takes.
fn torch_layout(torch: &[&Mismatch], network: &Network) -> Error {
    let [first, others @ ..] = torch else { return Error::data("") };
    let convolution = first.wanted.len() == 4;
    let (order, ours) = if convolution { ("OIHW", "HWIO") } else { ("[out, in]", "[in, out]") };
    let mut what = format!("{}: its axes are in PyTorch's order, {order} in place of {ours}", first.line());
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|mismatch| mismatch.tensor).collect();
        what += &format!(", and so are those of {}", names.join(", "));
    }
    // What a mean over all positions gives has no order of positions.
    let spatial = |layer: &&Layer| !matches!(layer.kind, LayerKind::Dense { .. });
    let [height, width, channels] = network.layers.iter().rfind(spatial).map_or([1, 1, 1], Layer::output);
    let mut advice =
        "turn the axes in PyTorch: permute(2, 3, 1, 0) for convolutions, t() for dense weights".to_string();
    if height * width > 1 {
        advice += &format!(
            ", and for dense1.weight, whose features are there by channel, reshape(-1, {channels}, {height}, {width})\
             .permute(2, 3, 1, 0).reshape({}, -1)",
            height * width * channels
        );
    }
    Error::data(what).advice(advice + "; then contiguous()")
}
