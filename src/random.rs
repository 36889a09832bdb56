//! Random streams that any program can reproduce, on every platform and in every version.
//!
//! One `u64` seed gives a stream of 32-bit words for each *name*. A stream is the keystream of
//! ChaCha20 in Bernstein's original form (64-bit block counter from 0, 64-bit nonce), read as
//! little-endian words in order:
//!
//! - **key**, 32 bytes: the seed as 8 little-endian bytes, the 9 ASCII bytes `stridelab`, 15 zeros;
//! - **nonce**: the FNV-1a hash (64 bits) of the name's bytes, as 8 little-endian bytes. FNV-1a:
//!   start at `0xcbf29ce484222325`; for each byte, exclusive-or it in, then multiply by
//!   `0x100000001b3` modulo 2⁶⁴.
//!
//! Names in use: `init/<tensor>` such as `init/conv1.weight` ([`crate::model::init`]), and
//! `shuffle/epoch/<n>` with `n` from 1 ([`crate::data::order()`]).
//!
//! From a word `w`:
//!
//! - a uniform number in [0, 1) is `(w >> 8)·2⁻²⁴`;
//! - an unbiased integer below `n` is `⌊w·n / 2³²⌋`, where a word with
//!   `w·n mod 2³² < 2³² mod n` is dropped and the next one taken (Lemire, "Fast random integer
//!   generation in an interval", 2019).

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One named stream of random words.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha20Rng);

impl Stream {
    /// The stream of that seed and name, at its first word.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..17].copy_from_slice(b"stridelab");
        let mut generator = ChaCha20Rng::from_seed(key);
        generator.set_stream(fnv1a(name.as_bytes()));
        Stream(generator)
    }

    /// The next word.
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number in [0, 1) with 24 random bits: `(word >> 8)·2⁻²⁴`.
    pub fn uniform(&mut self) -> f64 {
        f64::from(self.word() >> 8) / f64::from(1u32 << 24)
    }

    /// An integer in `0 .. n`, each equally likely.
    ///
    /// # Panics
    /// Where `n` is 0: no integer lies below it.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "no integer lies below 0");
        let threshold = n.wrapping_neg() % n; // 2³² mod n
        loop {
            let product = u64::from(self.word()) * u64::from(n);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        // http://www.isthe.com/chongo/tech/comp/fnv/
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    /// Expected words from a ChaCha20 written out in Python from the module's text.
    #[test]
    fn words_are_those_of_an_independent_chacha20() {
        for (seed, name, first, hundredth) in [
            (0, "init/conv1.weight", [0x8235_5d66, 0x1b21_41f4, 0x03c1_d34e, 0x44ee_712b], 0xf1a9_1c7f),
            (u64::MAX, "shuffle/epoch/1", [0x3323_eb79, 0x166a_a346, 0x1d53_fc5c, 0xa8ed_2143], 0x8d65_38e6),
        ] {
            let mut stream = Stream::new(seed, name);
            let words: Vec<u32> = (0..101).map(|_| stream.word()).collect();
            assert_eq!((&words[..4], words[100]), (&first[..], hundredth), "seed {seed}, {name}");
        }
    }

    #[test]
    fn seeds_and_names_give_different_streams() {
        let first = |seed, name| Stream::new(seed, name).word();
        let words = [first(0, "a"), first(1, "a"), first(1 << 63, "a"), first(0, "b"), first(0, "ab"), first(0, "")];
        let distinct: std::collections::BTreeSet<u32> = words.into_iter().collect();
        assert_eq!(distinct.len(), words.len(), "{words:08x?}");
    }

    #[test]
    fn bounded_integers_reach_every_value_and_stay_below() {
        let mut stream = Stream::new(0, "test");
        for n in [1, 2, 7] {
            let mut seen = vec![0; n as usize];
            (0..7000).for_each(|_| seen[stream.below(n) as usize] += 1);
            let fair = 7000 / n as i32;
            assert!(seen.iter().all(|&count: &i32| (count - fair).abs() < fair / 5 + 1), "{n}: {seen:?}");
        }
    }

    /// For n = 3·2³⁰ the plain product would return multiples of 3 twice as often as the rest.
    #[test]
    fn bounded_integers_are_unbiased() {
        let mut stream = Stream::new(0, "test");
        let multiples = (0..30_000).filter(|_| stream.below(3 << 30).is_multiple_of(3)).count();
        assert!((multiples as i32 - 10_000).abs() < 400, "{multiples} of 30000");
    }
}
