//! The fingerprints of one shard, and which of them are held to be one bug.

use super::components::{Component, Components};
use super::constraints::{APART, TOGETHER};
use super::described::{Described, Id};
use super::known::Known;
use super::linkage;
use super::pairs::{Pairs, Place, Triangle};
use super::rows::Slot;
use rustc_hash::FxHashSet;

/// Members between whom a mean distance is measured.
const SAMPLE: usize = 256;

/// Members from which on remembering all pairs costs less than comparing them again.
const WORTH_KEEPING: usize = 16;

/// What decides; the defaults are told in `_native.pyi`.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// Mean similarity from which two groups are one.
    pub tau: f32,
    /// Similarity from which two fingerprints are connected.
    pub edge: f32,
    /// Fingerprints of one component that are parted together.
    pub cap: usize,
}

/// See `_native.pyi`.
pub struct Clusterer {
    parameters: Parameters,
    known: Known,
    components: Components,
    pairs: Pairs,
    /// Fingerprints that the last one was parted with.
    pub component: usize,
}

impl Clusterer {
    /// Knows nothing.
    pub fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            known: Known::new(parameters.edge),
            components: Components::new(parameters.edge, parameters.cap),
            pairs: Pairs::default(),
            component: 0,
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known.rows.len()
    }

    /// True where none is known.
    pub fn is_empty(&self) -> bool {
        self.known.rows.is_empty()
    }

    /// True where it is known.
    pub fn knows(&self, id: Id) -> bool {
        self.known.rows.slot(id).is_some()
    }

    /// Mean similarity from which on two parts are one.
    pub fn tau(&self) -> f32 {
        self.parameters.tau
    }

    /// How many the table of frequencies counts.
    pub fn epoch(&self) -> u64 {
        self.known.epoch()
    }

    /// Fingerprints that shared a token with the one that was looked for last.
    pub fn candidates(&self) -> usize {
        self.known.candidates
    }

    /// Takes fingerprints in and compares nothing.
    pub fn load(&mut self, fingerprints: impl Iterator<Item = (Id, Described)>) {
        self.components.clear();
        for (id, described) in fingerprints {
            self.known.insert(id, &described);
        }
    }

    /// Takes one in and compares it with those that share a rare token.
    pub fn add(&mut self, id: Id, described: &Described) {
        if let Some(slot) = self.known.insert(id, described) {
            self.components.join(slot, &mut self.known);
        }
    }

    /// Forgets one; what people said of it stays.
    pub fn remove(&mut self, id: Id) {
        let Some(slot) = self.known.rows.slot(id) else { return };
        self.components.leave(slot, &mut self.known);
        self.pairs.forget(slot);
        self.known.remove(slot);
    }

    /// Counts anew how common each token is, and begins an epoch of that table.
    pub fn renew(&mut self) -> u64 {
        self.known.renew();
        self.components.clear();
        self.pairs.clear();
        self.epoch()
    }

    /// Takes the word of a person, or takes it back.
    pub fn constrain(&mut self, one: Id, other: Id, same: Option<bool>) {
        self.components.constraints.set(one, other, same);
    }

    /// Those that are similar, the most similar first, so many at most.
    pub fn neighbours(&mut self, id: Id, limit: usize) -> Option<Vec<(Id, f32)>> {
        let slot = self.known.rows.slot(id)?;
        let edges = self.known.search(slot);
        Some(self.known.ranked(&edges, limit))
    }

    /// The most similar ones that share a rare token with a stack, known or not.
    pub fn rank(&mut self, described: &Described, limit: usize) -> Vec<(Id, f32)> {
        self.known.rank(described, limit)
    }

    /// Similarity with all that are known, the most similar first.
    pub fn compare(&mut self, described: &Described) -> Vec<(Id, f32)> {
        self.known.compare(described)
    }

    /// Mean of 1 - similarity over the pairs of a sample; `None` below two known ones.
    pub fn distance(&mut self, ids: &[Id]) -> Option<f64> {
        let mut known: Vec<(Id, Slot)> = ids.iter().filter_map(|id| Some((*id, self.known.rows.slot(*id)?))).collect();
        known.sort_unstable();
        known.dedup();
        known.truncate(SAMPLE);
        let slots: Vec<Slot> = known.into_iter().map(|(_, slot)| slot).collect();
        let triangle = self.triangle(&slots);
        let sum: f64 = triangle.iter().map(|similarity| 1.0 - f64::from(*similarity)).sum();
        (!triangle.is_empty()).then(|| sum / triangle.len() as f64)
    }

    /// The parts of the component in which one is.
    pub fn parts(&mut self, id: Id, tau: Option<f32>) -> Option<Vec<Vec<Id>>> {
        let slot = self.known.rows.slot(id)?;
        let (slots, parts) = self.parted(slot, tau);
        self.component = slots.len();
        Some(parts)
    }

    /// The parts of all components.
    pub fn partition(&mut self, tau: Option<f32>) -> Vec<Vec<Id>> {
        let all: Vec<Slot> = self.known.rows.iter().map(|(slot, _)| slot).collect();
        let mut seen = FxHashSet::default();
        let mut parts = Vec::new();
        for slot in all {
            if !seen.contains(&slot) {
                let (slots, more) = self.parted(slot, tau);
                seen.extend(slots);
                parts.extend(more);
            }
        }
        parts.sort_unstable();
        parts
    }

    /// Compares all pairs that were not compared before.
    fn triangle(&mut self, slots: &[Slot]) -> Triangle {
        let places: Vec<Option<Place>> = slots.iter().map(|slot| self.pairs.place(*slot)).collect();
        let mut triangle = Triangle::with_capacity(slots.len() * slots.len().saturating_sub(1) / 2);
        for (at, (slot, place)) in slots.iter().zip(&places).enumerate() {
            if !self.known.prepare(*slot) {
                continue;
            }
            let known = place.and_then(|place| self.pairs.member(place));
            for (other, place) in slots.iter().zip(&places).take(at) {
                let before = known.and_then(|member| member.with((*place)?));
                let compared = || self.known.similarity(*other).unwrap_or(APART as f32);
                triangle.push(before.unwrap_or_else(compared));
            }
        }
        triangle
    }

    fn parted(&mut self, slot: Slot, tau: Option<f32>) -> (Vec<Slot>, Vec<Vec<Id>>) {
        let tau = f64::from(tau.unwrap_or(self.parameters.tau));
        let (slots, groups) = match self.components.of(slot, &mut self.known) {
            Component::Members(slots) => {
                let groups = self.linked(&slots, tau);
                (slots, groups)
            }
            Component::Crowd(slots) => {
                let groups = self.crowded(&slots, tau);
                (slots, groups)
            }
        };
        let ids = |group: Vec<usize>| {
            let mut ids: Vec<Id> =
                group.iter().filter_map(|at| slots.get(*at)).map(|s| self.known.rows.id(*s)).collect();
            ids.sort_unstable();
            ids
        };
        let mut parts: Vec<Vec<Id>> = groups.into_iter().map(ids).collect();
        parts.sort_unstable();
        (slots, parts)
    }

    /// Groups of a component, as places in it.
    fn linked(&mut self, slots: &[Slot], tau: f64) -> Vec<Vec<usize>> {
        let triangle = self.triangle(slots);
        let groups = linkage::groups(slots.len(), &triangle, &self.words(slots), tau);
        if slots.len() >= WORTH_KEEPING {
            self.pairs.keep(slots, triangle);
        }
        groups
    }

    /// What people said of these: pairs of places, and the similarity that holds instead.
    fn words(&self, slots: &[Slot]) -> Vec<(usize, usize, f64)> {
        let mut words = Vec::new();
        for (at, slot) in slots.iter().enumerate() {
            for (other, same) in self.components.constraints.of(self.known.rows.id(*slot)) {
                if let Ok(place) = slots.binary_search_by_key(&other, |slot| self.known.rows.id(*slot)) {
                    words.push((at, place, if same { TOGETHER } else { APART }));
                }
            }
        }
        words
    }

    /// Groups where there are too many to compare: all are one, but for those that people spoke of.
    fn crowded(&mut self, slots: &[Slot], tau: f64) -> Vec<Vec<usize>> {
        let spoken = |slot: &Slot| self.components.constraints.of(self.known.rows.id(*slot)).next().is_some();
        let (told, rest): (Vec<usize>, Vec<usize>) =
            (0..slots.len()).partition(|at| slots.get(*at).is_some_and(spoken));
        let first = rest.first().copied();
        let mut places: Vec<usize> = told.into_iter().chain(first).collect();
        places.sort_unstable();
        let chosen: Vec<Slot> = places.iter().filter_map(|at| slots.get(*at)).copied().collect();
        let mut groups = self.linked(&chosen, tau);
        for group in &mut groups {
            group.iter_mut().for_each(|at| *at = places.get(*at).copied().unwrap_or(0));
            if first.is_some_and(|first| group.contains(&first)) {
                group.extend(rest.iter().skip(1));
            }
        }
        groups
    }
}
