//! All known fingerprints: who is similar to whom in the current epoch.

use super::described::{Described, Id};
use super::edges::Edge;
use super::index::Index;
use super::kin::{self, Kin};
use super::row::Row;
use super::rows::{Rows, Slot};
use super::similarity::Query;
use super::vocabulary::Vocabulary;
use super::weights::number;

/// Known fingerprints, and what finds them.
pub struct Known {
    /// Each in its slot.
    pub rows: Rows,
    vocabulary: Vocabulary,
    index: Index,
    kin: Kin,
    query: Query,
    edge: f32,
    /// Fingerprints that shared a token with the last one that was looked for.
    pub candidates: usize,
}

impl Known {
    /// None; those that are at least that similar are edges.
    pub fn new(edge: f32) -> Self {
        Self {
            rows: Rows::default(),
            vocabulary: Vocabulary::default(),
            index: Index::new(edge),
            kin: Kin::default(),
            query: Query::default(),
            edge,
            candidates: 0,
        }
    }

    /// How many the table of frequencies counts.
    pub fn epoch(&self) -> u64 {
        self.vocabulary.epoch()
    }

    /// Takes one in, unless it is known.
    pub fn insert(&mut self, id: Id, described: &Described) -> Option<Slot> {
        if self.rows.slot(id).is_some() {
            return None;
        }
        let row = Row::new(id, described, &mut self.vocabulary);
        let slot = self.rows.insert(row);
        if let Some(row) = self.rows.get(slot) {
            self.index.insert(slot, row, &self.vocabulary);
            self.kin.insert(slot, row);
        }
        Some(slot)
    }

    /// Takes one out.
    pub fn remove(&mut self, slot: Slot) {
        let Some(row) = self.rows.remove(slot) else { return };
        self.index.remove(slot, &row, &self.vocabulary);
        self.kin.remove(slot, &row);
        self.release(&row);
    }

    /// Counts anew how common each token is.
    pub fn renew(&mut self) {
        let holders = self.rows.iter().flat_map(|(_, row)| row.distinct());
        self.vocabulary.renew(self.rows.len() as u64, holders);
        let census = kin::census(self.rows.iter().map(|(_, row)| row), &self.vocabulary);
        self.vocabulary.weigh(&census);
        self.rows.iter_mut().for_each(|row| row.weigh(&self.vocabulary));
        self.index.clear();
        self.kin.clear();
        for (slot, row) in self.rows.iter() {
            self.index.insert(slot, row, &self.vocabulary);
            self.kin.insert(slot, row);
        }
    }

    /// All edges of one.
    pub fn search(&mut self, slot: Slot) -> Vec<Edge> {
        let Some(row) = self.rows.get(slot) else { return Vec::new() };
        self.query.prepare(row, &self.vocabulary);
        let (found, seen) = self.index.find(row, &self.vocabulary, false);
        self.candidates = seen.saturating_sub(1);
        let mut edges = Vec::new();
        for other in found.iter().filter(|other| **other != slot) {
            let similarity = self.rows.get(*other).map_or(f32::NEG_INFINITY, |row| self.query.similarity(row));
            if similarity >= self.edge {
                edges.push(Edge { slot: *other, similarity });
            }
        }
        edges
    }

    /// Begins to compare one with others.
    pub fn prepare(&mut self, slot: Slot) -> bool {
        let row = self.rows.get(slot);
        row.inspect(|row| self.query.prepare(row, &self.vocabulary)).is_some()
    }

    /// Similarity of the prepared one with another.
    pub fn similarity(&self, other: Slot) -> Option<f32> {
        self.rows.get(other).map(|row| self.query.similarity(row))
    }

    /// Those that are one bug with it without a look, itself, too.
    pub fn kin(&self, slot: Slot) -> &[Slot] {
        self.rows.get(slot).map_or(&[], |row| self.kin.of(row))
    }

    /// The most similar ones that share a rare token with a stack, known or not.
    pub fn rank(&mut self, described: &Described, limit: usize) -> Vec<(Id, f32)> {
        let row = Row::new(Id::default(), described, &mut self.vocabulary);
        let found = self.index.find(&row, &self.vocabulary, true).0.to_vec();
        self.scored(&row, found.into_iter(), limit)
    }

    /// Similarity with all that are known, the most similar first.
    pub fn compare(&mut self, described: &Described) -> Vec<(Id, f32)> {
        let row = Row::new(Id::default(), described, &mut self.vocabulary);
        let all: Vec<Slot> = self.rows.iter().map(|(slot, _)| slot).collect();
        self.scored(&row, all.into_iter(), usize::MAX)
    }

    /// By whose they are, the most similar first, ties by fingerprint; so many at most.
    pub fn ranked(&self, edges: &[Edge], limit: usize) -> Vec<(Id, f32)> {
        let mut ranked: Vec<(Id, f32)> = edges.iter().map(|edge| (self.rows.id(edge.slot), edge.similarity)).collect();
        let order = |one: &(Id, f32), other: &(Id, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if limit < ranked.len() {
            ranked.select_nth_unstable_by(limit, order);
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by(order);
        ranked
    }

    /// Similarities of a row that is given back.
    fn scored(&mut self, row: &Row, slots: impl Iterator<Item = Slot>, limit: usize) -> Vec<(Id, f32)> {
        self.query.prepare(row, &self.vocabulary);
        let similarity = |slot| self.rows.get(slot).map(|row| Edge { slot, similarity: self.query.similarity(row) });
        let edges: Vec<Edge> = slots.filter_map(similarity).collect();
        self.release(row);
        self.ranked(&edges, limit)
    }

    fn release(&mut self, row: &Row) {
        row.tokens().iter().for_each(|token| self.vocabulary.release(number(*token)));
    }
}
