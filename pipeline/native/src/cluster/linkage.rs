//! Average linkage: the two groups with the highest mean similarity become one, again and again.

/// The groups of a component at a threshold, each with its members in order, ordered by the first.
///
/// `triangle` has the similarities of each member with those before it, `words` those that hold instead.
pub fn groups(size: usize, triangle: &[f32], words: &[(usize, usize, f64)], tau: f64) -> Vec<Vec<usize>> {
    // Every mean is as high then: near twins need no tree.
    if size > 0 && words.is_empty() && triangle.iter().all(|similarity| f64::from(*similarity) >= tau) {
        return vec![(0..size).collect()];
    }
    let mut square = Square::new(size, triangle);
    words.iter().for_each(|(one, other, similarity)| square.set(*one, *other, *similarity));
    cut(size, &average(square), tau)
}

/// Similarities of all pairs; later, sums of them between groups.
struct Square {
    size: usize,
    cells: Vec<f64>,
}

impl Square {
    /// Of so many, from those of each with those before it.
    fn new(size: usize, triangle: &[f32]) -> Self {
        let mut square = Self { size, cells: vec![0.0; size * size] };
        let pairs = (0..size).flat_map(|one| (0..one).map(move |other| (one, other)));
        for ((one, other), similarity) in pairs.zip(triangle) {
            square.set(one, other, f64::from(*similarity));
        }
        square
    }

    /// Writes one pair.
    fn set(&mut self, one: usize, other: usize, similarity: f64) {
        for at in [one * self.size + other, other * self.size + one] {
            if let Some(cell) = self.cells.get_mut(at) {
                *cell = similarity;
            }
        }
    }

    fn row(&self, at: usize) -> &[f64] {
        self.cells.get(at * self.size..(at + 1) * self.size).unwrap_or_default()
    }

    /// Adds the row and column of `from` to those of `to`.
    fn fold(&mut self, from: usize, to: usize) {
        for at in 0..self.size {
            let sum = self.row(from).get(at).copied().unwrap_or(0.0) + self.row(to).get(at).copied().unwrap_or(0.0);
            self.set(to, at, sum);
        }
    }
}

/// Two groups became one, each named by its first member.
#[derive(Clone, Copy, Debug)]
struct Merge {
    kept: usize,
    gone: usize,
    /// Mean similarity of the two.
    height: f64,
}

/// All merges of a component. The order of its members decides between equal means, so it has to be a canonical one.
///
/// By chains of nearest neighbours (Benzécri 1982): the same tree as by taking the nearest pair of all each time, in
/// n² steps.
fn average(mut sums: Square) -> Vec<Merge> {
    let mut sizes = vec![1.0; sums.size];
    let mut merges = Vec::with_capacity(sums.size);
    let mut chain: Vec<usize> = Vec::new();
    while merges.len() + 1 < sums.size {
        let Some(top) = chain.last().copied().or_else(|| sizes.iter().position(|size| *size > 0.0)) else { break };
        if chain.is_empty() {
            chain.push(top);
        }
        let before = chain.len().checked_sub(2).and_then(|at| chain.get(at)).copied();
        let Some((nearest, height)) = nearest(&sums, &sizes, top, before) else { break };
        if Some(nearest) != before {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (kept, gone) = (top.min(nearest), top.max(nearest));
        sums.fold(gone, kept);
        let joined = sizes.get_mut(gone).map_or(0.0, std::mem::take);
        if let Some(size) = sizes.get_mut(kept) {
            *size += joined;
        }
        merges.push(Merge { kept, gone, height });
        // Rounding may have led the chain back to where it was.
        if chain.contains(&kept) || chain.contains(&gone) {
            chain.clear();
        }
    }
    merges
}

/// The group with the highest mean similarity to `of`; of equal ones `before`, then the first.
fn nearest(sums: &Square, sizes: &[f64], of: usize, before: Option<usize>) -> Option<(usize, f64)> {
    let own = sizes.get(of)?;
    let mut best: Option<(usize, f64)> = None;
    for (at, (sum, size)) in sums.row(of).iter().zip(sizes).enumerate() {
        if at == of || *size == 0.0 {
            continue;
        }
        let mean = sum / (own * size);
        if best.is_none_or(|(_, most)| mean > most || mean == most && Some(at) == before) {
            best = Some((at, mean));
        }
    }
    best
}

/// The groups at a threshold, each with its members in order, ordered by the first.
fn cut(size: usize, merges: &[Merge], tau: f64) -> Vec<Vec<usize>> {
    let mut into: Vec<usize> = (0..size).collect();
    for merge in merges.iter().filter(|merge| merge.height >= tau) {
        if let Some(place) = into.get_mut(merge.gone) {
            *place = merge.kept;
        }
    }
    let mut groups = vec![Vec::new(); size];
    for member in 0..size {
        let mut first = member;
        while let Some(next) = into.get(first).copied().filter(|next| *next != first) {
            first = next;
        }
        if let Some(group) = groups.get_mut(first) {
            group.push(member);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::super::constraints::{APART, TOGETHER};
    use super::*;

    fn grouped(size: usize, pairs: &[(usize, usize, f64)], tau: f64) -> Vec<Vec<usize>> {
        groups(size, &[], pairs, tau)
    }

    #[test]
    fn a_chain_is_not_one_group() {
        let chain = [(0, 1, 0.9), (1, 2, 0.5), (2, 3, 0.9)];
        assert_eq!(grouped(4, &chain, 0.25), [vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn a_mean_of_the_threshold_joins() {
        assert_eq!(grouped(3, &[(0, 1, 0.9), (0, 2, 0.5), (1, 2, 0.0)], 0.25), [vec![0, 1, 2]]);
        assert_eq!(grouped(3, &[(0, 1, 0.9), (0, 2, 0.5), (1, 2, 0.0)], 0.26), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn what_people_keep_apart_never_meets_and_what_they_join_does() {
        let alike = [(0, 1, 0.9), (0, 2, APART), (1, 2, 0.9)];
        assert_eq!(grouped(3, &alike, 0.25), [vec![0, 1], vec![2]]);
        assert_eq!(grouped(3, &[(0, 1, -1.0), (0, 2, TOGETHER), (1, 2, -1.0)], 0.25), [vec![0, 2], vec![1]]);
        assert_eq!(grouped(3, &[(0, 1, TOGETHER), (0, 2, APART), (1, 2, TOGETHER)], 0.25), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn nobody_has_no_grouped() {
        assert_eq!(grouped(0, &[], 0.0), Vec::<Vec<usize>>::new());
        assert_eq!(grouped(1, &[], 0.0), [vec![0]]);
        assert_eq!(groups(3, &[0.2, 0.1, 0.1], &[], 0.1), [vec![0, 1, 2]]);
        assert_eq!(groups(3, &[0.2, 0.1, 0.0], &[], 0.1), [vec![0, 1], vec![2]]);
    }
}
