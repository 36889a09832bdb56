//! Colours for values on both sides of 0: blue below, red above, near white at 0.
//!
//! The ends and the middle are those of ColorBrewer's RdBu (Cynthia Brewer, Apache License 2.0), whose blue and red can
//! be told apart with every common colour blindness.

const BELOW: [f32; 3] = [33.0, 102.0, 172.0];
const ZERO: [f32; 3] = [247.0, 247.0, 247.0];
const ABOVE: [f32; 3] = [178.0, 24.0, 43.0];

/// The colour of `value` on a scale from `−greatest` to `greatest`; `None` where the value is not finite.
pub fn colour(value: f32, greatest: f32) -> Option<[u8; 3]> {
    if !value.is_finite() {
        return None;
    }
    let share = if greatest > 0.0 { (value / greatest).clamp(-1.0, 1.0) } else { 0.0 };
    let end = if share < 0.0 { BELOW } else { ABOVE };
    let mix = |i: usize| (ZERO[i] + (end[i] - ZERO[i]) * share.abs()).round() as u8;
    Some([0, 1, 2].map(mix))
}

#[cfg(test)]
mod tests {
    use super::colour;

    #[test]
    fn zero_is_white_and_the_ends_are_blue_and_red() {
        assert_eq!([colour(0.0, 2.0), colour(0.5, 0.0)], [Some([247; 3]); 2]);
        assert_eq!([colour(-2.0, 2.0), colour(-9.0, 2.0)], [Some([33, 102, 172]); 2]);
        assert_eq!(colour(2.0, 2.0), Some([178, 24, 43]));
        assert_eq!(colour(1.0, 2.0), Some([213, 136, 145]));
        assert_eq!(colour(f32::NAN, 2.0), None);
    }
}
