//! Several tests at once.

/// p-values after Holm's correction, in the order given: the chance that *any* true null hypothesis among them is
/// rejected stays below the level that they are compared with.
///
/// With the p ascending, the i-th of m (from 0) becomes `max over j ≤ i of min(1, (m − j)·p_j)`. Holm, "A simple
/// sequentially rejective multiple test procedure", 1979.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max(((p.len() - rank) as f64 * p[i]).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}
