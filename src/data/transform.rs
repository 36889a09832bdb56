//! Changed copies of images, to ask a network what it makes of them.

use super::Split;

impl Split {
    /// The images shifted by `dx` columns to the right and `dy` rows down, negative numbers the other way. What leaves an
    /// image is lost, and what enters is 0.
    #[must_use]
    pub fn shifted(&self, dx: i32, dy: i32) -> Split {
        let mut images = vec![0; self.images.len()];
        let from = |to: usize, by: i32, side: usize| {
            (to as i64 - i64::from(by)).try_into().ok().filter(|&from: &usize| from < side)
        };
        for (new, old) in self.pairs(&mut images) {
            for y in 0..self.height {
                let Some(old_y) = from(y, dy, self.height) else { continue };
                for x in 0..self.width {
                    let Some(old_x) = from(x, dx, self.width) else { continue };
                    new[y * self.width + x] = old[old_y * self.width + old_x];
                }
            }
        }
        Split { images, ..self.without_images() }
    }

    /// The images with 0 for every pixel that is not `kept`, a flag a pixel, row-major.
    ///
    /// # Panics
    /// Where there are not as many flags as pixels.
    #[must_use]
    pub fn blanked(&self, kept: &[bool]) -> Split {
        assert_eq!(kept.len(), self.height * self.width, "a flag a pixel");
        let mut images = vec![0; self.images.len()];
        for (new, old) in self.pairs(&mut images) {
            for ((new, old), _) in new.iter_mut().zip(old).zip(kept).filter(|(_, kept)| **kept) {
                *new = *old;
            }
        }
        Split { images, ..self.without_images() }
    }

    fn pairs<'a>(&'a self, new: &'a mut [u8]) -> impl Iterator<Item = (&'a mut [u8], &'a [u8])> {
        let pixels = self.height * self.width;
        new.chunks_exact_mut(pixels).zip(self.images.chunks_exact(pixels))
    }

    fn without_images(&self) -> Split {
        Split { images: Vec::new(), labels: self.labels.clone(), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split() -> Split {
        Split { images: (1..=12).collect(), labels: vec![3, 4], count: 2, height: 2, width: 3 }
    }

    #[test]
    fn a_shift_moves_pixels_and_loses_those_that_leave() {
        assert_eq!(split().shifted(0, 0), split());
        assert_eq!(split().shifted(1, 0).images, [0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11]);
        assert_eq!(split().shifted(-2, 1).images, [0, 0, 0, 3, 0, 0, 0, 0, 0, 9, 0, 0]);
        assert_eq!(split().shifted(0, -1).images, [4, 5, 6, 0, 0, 0, 10, 11, 12, 0, 0, 0]);
        for far in [3, -3, i32::MAX, i32::MIN] {
            assert_eq!(split().shifted(far, 0).images, [0; 12]);
            assert_eq!(split().shifted(0, far).images, [0; 12]);
        }
    }

    #[test]
    fn blanked_pixels_are_black_in_every_image() {
        let blanked = split().blanked(&[true, false, true, true, true, false]);
        assert_eq!(blanked.images, [1, 0, 3, 4, 5, 0, 7, 0, 9, 10, 11, 0]);
        assert_eq!(blanked.labels, [3, 4]);
    }
}
