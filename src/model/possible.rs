//! Networks of which some cannot be made.

use std::fmt::Display;

use super::configuration::Configuration;
use super::geometry::Padding;
use super::network::Network;
use super::strides::Strides;
use crate::error::{Error, Remedy, Result};

/// The longest side that an image may have, of a data set or on the command line.
pub const MOST_SIDE: usize = 4096;

/// A network that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, such as `stride 2, valid`.
    pub network: String,
    /// Why it cannot be made.
    pub error: Error,
}

/// What could be made, and what could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible<T> {
    /// What could be made, in order; something, unless there were no networks.
    pub made: Vec<T>,
    /// What could not.
    pub left_out: Vec<LeftOut>,
}

/// Makes something of each of several networks, and leaves out those of which [`Error::Usage`] says that they cannot
/// be made.
///
/// # Errors
/// [`Error::Usage`] with the first reason where none can be made; any other error of `make` as it is.
pub fn possible<K: Display, T>(
    networks: impl IntoIterator<Item = K>,
    mut make: impl FnMut(&K) -> Result<T>,
) -> Result<Possible<T>> {
    let (mut made, mut left_out) = (Vec::new(), Vec::new());
    for network in networks {
        match make(&network) {
            Ok(one) => made.push(one),
            Err(error @ Error::Usage(_)) => left_out.push(LeftOut { network: network.to_string(), error }),
            Err(error) => return Err(error.at(network)),
        }
    }
    match left_out.first() {
        Some(first) if made.is_empty() => {
            let error = first.error.clone().at(&first.network);
            Err(match left_out.len() {
                1 => error,
                2 => error.and(", and the other network cannot be made either"),
                n => error.and(&format!(", and none of the other {} networks can be made either", n - 1)),
            })
        }
        _ => Ok(Possible { made, left_out }),
    }
}

/// Adds those changes of the stride, of the padding and of the crop that make a network of such images.
pub(super) fn with_possible_strides(error: Error, image: [usize; 2], configuration: Configuration) -> Error {
    let works_on = |image: [usize; 2], configuration: Configuration| {
        let Configuration { pool, head, .. } = configuration;
        let cropped = configuration.image(image);
        cropped.and_then(|image| Network::with_convolutions(image, configuration.convolutions(), pool, head)).is_ok()
    };
    let works = |configuration: Configuration| works_on(image, configuration);
    // Twice as large, four times, and so on; the largest image may be too large for its dense layer.
    let enlarged = |times: u32| image.map(|side| side.saturating_mul(1 << times).min(MOST_SIDE.max(side)));
    let larger_helps = (1..=MOST_SIDE.ilog2()).any(|times| works_on(enlarged(times), configuration));
    let error = if larger_helps { error } else { error.without(&Remedy::LargerImages) };
    let same = Configuration { padding: Padding::Same, ..configuration };
    // A stride past the side of an image visits one position, as the side itself does.
    let side = image[0].max(image[1]);
    let stride = configuration.strides.by_layer().into_iter().flatten().fold(1, usize::max).min(side.saturating_add(1));
    let largest = |configuration: Configuration| {
        (1..stride).rev().find(|&stride| works(Configuration { strides: Strides::all(stride), ..configuration }))
    };
    let alone = largest(configuration).map(Remedy::StrideUpTo);
    let padded = (same != configuration && works(same)).then_some(Remedy::PaddingSame);
    let both = || largest(same).map(Remedy::StrideUpToWithSame);
    let remedies = match (alone, padded) {
        (None, None) => both().into_iter().collect(),
        (alone, padded) => [alone, padded].into_iter().flatten().collect::<Vec<_>>(),
    };
    let crop = (0..configuration.crop.min(side)).rev().find(|&crop| works(Configuration { crop, ..configuration }));
    remedies.into_iter().chain(crop.map(Remedy::CropUpTo)).fold(error, Error::remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(n: &u32) -> Result<u32> {
        if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Error::usage("is odd").advice("double it")) }
    }

    #[test]
    fn others_remain_where_one_is_left_out() {
        let Possible { made, left_out } = possible([4, 3, 2], even).unwrap();
        assert_eq!(made, [2, 1]);
        assert_eq!(left_out.len(), 1);
        assert_eq!((left_out[0].network.as_str(), left_out[0].error.to_string().as_str()), ("3", "is odd; double it"));
    }

    #[test]
    fn where_none_remains_the_first_is_named() {
        let line = |networks: &[u32]| possible(networks.to_vec(), even).unwrap_err().to_string();
        assert_eq!(line(&[3]), "3: is odd; double it");
        assert_eq!(line(&[3, 5]), "3: is odd, and the other network cannot be made either; double it");
        assert_eq!(line(&[3, 5, 7]), "3: is odd, and none of the other 2 networks can be made either; double it");
        let failure = possible([4, 2], |_| Err::<(), _>(Error::failure("no room")));
        assert_eq!(failure, Err(Error::failure("4: no room")));
        assert!(possible(Vec::new(), even).unwrap().made.is_empty());
    }
}
