//! The fingerprints of one shard, and which of them are held to be one bug.

use super::constraints::{APART, Constraints, TOGETHER};
use super::described::{Described, Id};
use super::edges::{Edge, Edges, Reach};
use super::index::Index;
use super::linkage;
use super::pairs::{Pairs, Place, Triangle};
use super::row::Row;
use super::rows::{Rows, Slot};
use super::similarity::Query;
use super::vocabulary::Vocabulary;
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
    vocabulary: Vocabulary,
    rows: Rows,
    index: Index,
    edges: Edges,
    pairs: Pairs,
    constraints: Constraints,
    query: Query,
    /// Fingerprints that shared a token with the last one that was added.
    pub candidates: usize,
    /// Fingerprints that the last one was parted with.
    pub component: usize,
}

/// Fingerprints that are parted together.
enum Component {
    /// By linkage.
    Members(Vec<Slot>),
    /// Too many: those with the very same stack, or held to be the same.
    Crowd(Vec<Slot>),
}

impl Clusterer {
    /// Knows nothing.
    pub fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            vocabulary: Vocabulary::default(),
            rows: Rows::default(),
            index: Index::new(parameters.edge),
            edges: Edges::new(parameters.edge, parameters.cap),
            pairs: Pairs::default(),
            constraints: Constraints::default(),
            query: Query::default(),
            candidates: 0,
            component: 0,
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where none is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True where it is known.
    pub fn knows(&self, id: Id) -> bool {
        self.rows.slot(id).is_some()
    }

    /// Mean similarity from which on two parts are one.
    pub fn tau(&self) -> f32 {
        self.parameters.tau
    }

    /// How many the table of frequencies counts.
    pub fn epoch(&self) -> u64 {
        self.vocabulary.epoch()
    }

    /// Takes fingerprints in and compares nothing.
    pub fn load(&mut self, fingerprints: impl Iterator<Item = (Id, Described)>) {
        self.edges.clear();
        for (id, described) in fingerprints {
            self.insert(id, &described);
        }
    }

    /// Takes one in and compares it with those that share a rare token.
    pub fn add(&mut self, id: Id, described: &Described) {
        if let Some(slot) = self.insert(id, described) {
            let edges = self.search(slot);
            self.edges.join(slot, &edges);
            self.edges.keep(slot, edges);
        }
    }

    /// Forgets one; what people said of it stays.
    pub fn remove(&mut self, id: Id) {
        let Some(slot) = self.rows.slot(id) else { return };
        for edge in self.search(slot) {
            self.edges.forget(edge.slot);
        }
        self.edges.forget(slot);
        self.pairs.forget(slot);
        let Some(row) = self.rows.remove(slot) else { return };
        self.index.remove(slot, &row, &self.vocabulary);
        row.tokens().iter().for_each(|token| self.vocabulary.release(super::weights::number(*token)));
    }

    /// Counts anew how common each token is, and begins an epoch of that table.
    pub fn renew(&mut self) -> u64 {
        let holders = self.rows.iter().flat_map(|(_, row)| row.distinct());
        self.vocabulary.renew(self.rows.len() as u64, holders);
        self.rows.iter_mut().for_each(|row| row.weigh(&self.vocabulary));
        self.index.clear();
        for (slot, row) in self.rows.iter() {
            self.index.insert(slot, row, &self.vocabulary);
        }
        self.edges.clear();
        self.pairs.clear();
        self.epoch()
    }

    /// Takes the word of a person, or takes it back.
    pub fn constrain(&mut self, one: Id, other: Id, same: Option<bool>) {
        self.constraints.set(one, other, same);
    }

    /// Those that are similar, the most similar first.
    pub fn neighbours(&mut self, id: Id) -> Option<Vec<(Id, f32)>> {
        let slot = self.rows.slot(id)?;
        let edges = self.search(slot);
        Some(self.ranked(edges))
    }

    /// The most similar ones that share a rare token with a stack, known or not.
    pub fn rank(&mut self, described: &Described, limit: usize) -> Vec<(Id, f32)> {
        let row = Row::new(Id::default(), described, &mut self.vocabulary);
        let found = self.index.find(&row, &self.vocabulary, true).0.to_vec();
        let mut ranked = self.scored(row, found.into_iter());
        ranked.truncate(limit);
        ranked
    }

    /// Similarity with all that are known, the most similar first.
    pub fn compare(&mut self, described: &Described) -> Vec<(Id, f32)> {
        let row = Row::new(Id::default(), described, &mut self.vocabulary);
        let all: Vec<Slot> = self.rows.iter().map(|(slot, _)| slot).collect();
        self.scored(row, all.into_iter())
    }

    /// Mean of 1 - similarity over the pairs of a sample; `None` below two known ones.
    pub fn distance(&mut self, ids: &[Id]) -> Option<f64> {
        let mut known: Vec<(Id, Slot)> = ids.iter().filter_map(|id| Some((*id, self.rows.slot(*id)?))).collect();
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
        let slot = self.rows.slot(id)?;
        let (slots, parts) = self.parted(slot, tau);
        self.component = slots.len();
        Some(parts)
    }

    /// The parts of all components.
    pub fn partition(&mut self, tau: Option<f32>) -> Vec<Vec<Id>> {
        let all: Vec<Slot> = self.rows.iter().map(|(slot, _)| slot).collect();
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

    fn insert(&mut self, id: Id, described: &Described) -> Option<Slot> {
        if self.rows.slot(id).is_some() {
            return None;
        }
        let row = Row::new(id, described, &mut self.vocabulary);
        let slot = self.rows.insert(row);
        if let Some(row) = self.rows.get(slot) {
            self.index.insert(slot, row, &self.vocabulary);
        }
        Some(slot)
    }

    /// All edges of a known one.
    fn search(&mut self, slot: Slot) -> Vec<Edge> {
        let Some(row) = self.rows.get(slot) else { return Vec::new() };
        self.query.prepare(row, &self.vocabulary);
        let (found, seen) = self.index.find(row, &self.vocabulary, false);
        self.candidates = seen.saturating_sub(1);
        let mut edges = Vec::new();
        for other in found.iter().filter(|other| **other != slot) {
            let similarity = self.rows.get(*other).map_or(f32::NEG_INFINITY, |row| self.query.similarity(row));
            if similarity >= self.parameters.edge {
                edges.push(Edge { slot: *other, similarity });
            }
        }
        edges
    }

    /// Similarities of a row that is given back.
    fn scored(&mut self, row: Row, slots: impl Iterator<Item = Slot>) -> Vec<(Id, f32)> {
        self.query.prepare(&row, &self.vocabulary);
        let similarity = |slot| self.rows.get(slot).map(|row| Edge { slot, similarity: self.query.similarity(row) });
        let edges = slots.filter_map(similarity).collect();
        row.tokens().iter().for_each(|token| self.vocabulary.release(super::weights::number(*token)));
        self.ranked(edges)
    }

    fn ranked(&self, edges: Vec<Edge>) -> Vec<(Id, f32)> {
        let mut ranked: Vec<(Id, f32)> = edges.iter().map(|edge| (self.rows.id(edge.slot), edge.similarity)).collect();
        ranked.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        ranked
    }

    /// Compares all pairs that were not compared before.
    fn triangle(&mut self, slots: &[Slot]) -> Triangle {
        let places: Vec<Option<Place>> = slots.iter().map(|slot| self.pairs.place(*slot)).collect();
        let mut triangle = Triangle::with_capacity(slots.len() * slots.len().saturating_sub(1) / 2);
        for (at, (slot, place)) in slots.iter().zip(&places).enumerate() {
            let Some(row) = self.rows.get(*slot) else { continue };
            self.query.prepare(row, &self.vocabulary);
            let known = place.and_then(|place| self.pairs.member(place));
            for (other, place) in slots.iter().zip(&places).take(at) {
                let before = known.and_then(|member| member.with((*place)?));
                let compared = || self.rows.get(*other).map_or(APART as f32, |other| self.query.similarity(other));
                triangle.push(before.unwrap_or_else(compared));
            }
        }
        triangle
    }

    fn parted(&mut self, slot: Slot, tau: Option<f32>) -> (Vec<Slot>, Vec<Vec<Id>>) {
        let tau = f64::from(tau.unwrap_or(self.parameters.tau));
        let (slots, groups) = match self.component_of(slot) {
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
            let mut ids: Vec<Id> = group.iter().filter_map(|at| slots.get(*at)).map(|s| self.rows.id(*s)).collect();
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
            for (other, same) in self.constraints.of(self.rows.id(*slot)) {
                if let Ok(place) = slots.binary_search_by_key(&other, |slot| self.rows.id(*slot)) {
                    words.push((at, place, if same { TOGETHER } else { APART }));
                }
            }
        }
        words
    }

    /// Groups where there are too many to compare: all are one, but for those that people spoke of.
    fn crowded(&mut self, slots: &[Slot], tau: f64) -> Vec<Vec<usize>> {
        let spoken = |slot: &Slot| self.constraints.of(self.rows.id(*slot)).next().is_some();
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

    fn component_of(&mut self, slot: Slot) -> Component {
        let walked = (0..self.edges.levels()).find_map(|level| self.walk(slot, level));
        let mut slots = walked.map_or_else(|| Component::Crowd(self.twins(slot)), Component::Members);
        let (Component::Members(members) | Component::Crowd(members)) = &mut slots;
        members.sort_unstable_by_key(|slot| self.rows.id(*slot));
        slots
    }

    /// The component over edges of a level; `None` beyond the cap.
    fn walk(&mut self, slot: Slot, level: usize) -> Option<Vec<Slot>> {
        let mut seen = FxHashSet::from_iter([slot]);
        let mut members = vec![slot];
        let mut at = 0;
        while let Some(slot) = members.get(at).copied() {
            at += 1;
            if matches!(self.edges.reach(slot, level), Reach::Unknown) {
                let edges = self.search(slot);
                self.edges.keep(slot, edges);
            }
            let Reach::Edges(edges) = self.edges.reach(slot, level) else { return None };
            let similar = edges.iter().filter(|edge| self.edges.counts(edge, level)).map(|edge| edge.slot);
            members.extend(similar.chain(self.same(slot)).filter(|other| seen.insert(*other)));
            if members.len() > self.edges.cap(level) {
                return None;
            }
        }
        Some(members)
    }

    /// Known ones that people hold to be the same.
    fn same(&self, slot: Slot) -> impl Iterator<Item = Slot> + '_ {
        let words = self.constraints.of(self.rows.id(slot));
        words.filter(|(_, same)| *same).filter_map(|(other, _)| self.rows.slot(other))
    }

    /// Those with the very same stack, those held to be the same, and theirs.
    fn twins(&mut self, slot: Slot) -> Vec<Slot> {
        let mut seen = FxHashSet::from_iter([slot]);
        let mut members = vec![slot];
        let mut stacks = FxHashSet::default();
        let mut at = 0;
        while let Some(slot) = members.get(at).copied() {
            at += 1;
            let said = members.len();
            members.extend(self.same(slot));
            let Some(row) = self.rows.get(slot) else { continue };
            if stacks.insert(row.tokens()) {
                let (found, _) = self.index.find(row, &self.vocabulary, false);
                let equal = |other: &&Slot| self.rows.get(**other).is_some_and(|other| other.tokens() == row.tokens());
                members.extend(found.iter().filter(equal));
            }
            let fresh: Vec<Slot> = members.drain(said..).filter(|other| seen.insert(*other)).collect();
            members.extend(fresh);
        }
        members
    }
}
