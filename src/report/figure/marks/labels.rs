//! Labels beside each other without touching.

use super::shapes::Extent;

/// Neighbouring labels that touch each other and are moved together.
struct TouchingLabels {
    /// Mean of their wishes, each less the height of the labels above it.
    mean: f64,
    /// How many they are.
    count: usize,
}

/// Moves the centres of labels apart so that neighbours are at least `gap` apart and all lie within `room`. Each label
/// stays as near to its wanted centre as that allows, in the sense of least squares, and their order is kept. The
/// result is in the order of `wanted`.
///
/// Where they cannot all fit, the gap shrinks evenly.
pub fn spread(wanted: &[f64], gap: f64, room: Extent) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let gaps = wanted.len().saturating_sub(1);
    let gap = gap.min((room.high - room.low) / gaps.max(1) as f64);
    // With i·gap subtracted from the i-th centre, "at least a gap apart" becomes "not decreasing". The least-squares
    // solution of that is isotonic regression: neighbours that would decrease are pooled into their mean (the
    // pool-adjacent-violators algorithm).
    let mut pools: Vec<TouchingLabels> = Vec::new();
    for (i, &label) in order.iter().enumerate() {
        let mut pool = TouchingLabels { mean: wanted[label] - i as f64 * gap, count: 1 };
        while let Some(above) = pools.pop_if(|above| above.mean >= pool.mean) {
            let count = above.count + pool.count;
            let sum = above.mean * above.count as f64 + pool.mean * pool.count as f64;
            pool = TouchingLabels { mean: sum / count as f64, count };
        }
        pools.push(pool);
    }
    let means = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.mean, pool.count));
    let greatest = (room.high - gaps as f64 * gap).max(room.low);
    let mut placed = vec![0.0; wanted.len()];
    for (i, (&label, mean)) in order.iter().zip(means).enumerate() {
        placed[label] = mean.max(room.low).min(greatest) + i as f64 * gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Extent = Extent::new(0.0, 100.0);

    #[test]
    fn labels_never_touch_and_keep_their_order() {
        let wanted = [10.0, 11.0, 90.0, 11.5, 10.0];
        let placed = spread(&wanted, 20.0, ROOM);
        for a in 0..wanted.len() {
            assert!((0.0..=100.0).contains(&placed[a]), "{placed:?}");
            for b in 0..wanted.len() {
                assert!(a == b || (placed[a] - placed[b]).abs() >= 20.0 - 1e-9, "{placed:?}");
                assert!(wanted[a] >= wanted[b] || placed[a] < placed[b], "{placed:?}");
            }
        }
    }

    #[test]
    fn labels_with_room_stay_and_a_crowd_shares_it() {
        assert_eq!(spread(&[10.0, 50.0], 20.0, ROOM), [10.0, 50.0]);
        assert_eq!(spread(&[5.0; 5], 40.0, ROOM), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert!(spread(&[], 1.0, Extent::new(0.0, 1.0)).is_empty());
    }
}
