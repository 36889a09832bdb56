//! Labels beside each other without touching.

/// Moves `wanted` centres apart so that neighbours are at least `gap` apart and all lie in
/// `[low, high]`, each as near to its wish as the order allows. Order in, order out.
///
/// Where they cannot all fit, the gap shrinks evenly.
pub fn spread(wanted: &[f64], gap: f64, [low, high]: [f64; 2]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let gap = gap.min((high - low) / wanted.len().saturating_sub(1).max(1) as f64);
    // Subtracting i·gap turns "at least a gap apart" into "not decreasing": least squares then
    // pools neighbours that would decrease into their mean (pool adjacent violators).
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (i, &k) in order.iter().enumerate() {
        let mut block = (wanted[k] - i as f64 * gap, 1);
        while let Some(&(mean, n)) = blocks.last().filter(|(mean, _)| *mean >= block.0) {
            block = ((mean * n as f64 + block.0 * block.1 as f64) / (n + block.1) as f64, n + block.1);
            blocks.pop();
        }
        blocks.push(block);
    }
    let means = blocks.into_iter().flat_map(|(mean, n)| std::iter::repeat_n(mean, n));
    let top = high - wanted.len().saturating_sub(1) as f64 * gap;
    let mut placed = vec![0.0; wanted.len()];
    for (i, (&k, mean)) in order.iter().zip(means).enumerate() {
        placed[k] = mean.max(low).min(top.max(low)) + i as f64 * gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_touch_and_keep_their_order() {
        let wanted = [10.0, 11.0, 90.0, 11.5, 10.0];
        let placed = spread(&wanted, 20.0, [0.0, 100.0]);
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
        assert_eq!(spread(&[10.0, 50.0], 20.0, [0.0, 100.0]), [10.0, 50.0]);
        assert_eq!(spread(&[5.0; 5], 40.0, [0.0, 100.0]), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert!(spread(&[], 1.0, [0.0, 1.0]).is_empty());
    }
}
