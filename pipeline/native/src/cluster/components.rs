//! Which fingerprints are connected, so that they are parted together.

use super::constraints::Constraints;
use super::described::Id;
use super::edges::{Edges, Reach};
use super::known::Known;
use super::rows::Slot;
use rustc_hash::FxHashSet;

/// Fingerprints that are parted together, ordered by fingerprint.
pub enum Component {
    /// By linkage.
    Members(Vec<Slot>),
    /// Too many: kin, or held to be the same.
    Crowd(Vec<Slot>),
}

/// What connects fingerprints: edges, and the words of people.
pub struct Components {
    edges: Edges,
    /// The words.
    pub constraints: Constraints,
}

impl Components {
    /// Connected from the similarity `edge` on; `cap` members at most.
    pub fn new(edge: f32, cap: usize) -> Self {
        Self { edges: Edges::new(edge, cap), constraints: Constraints::default() }
    }

    /// One came: compares it.
    pub fn join(&mut self, slot: Slot, known: &mut Known) {
        let edges = known.search(slot);
        self.edges.join(slot, &edges);
        self.edges.keep(slot, edges);
    }

    /// One is about to leave.
    pub fn leave(&mut self, slot: Slot, known: &mut Known) {
        for edge in known.search(slot) {
            self.edges.forget(edge.slot);
        }
        self.edges.forget(slot);
    }

    /// Forgets all edges.
    pub fn clear(&mut self) {
        self.edges.clear();
    }

    /// The component of one.
    pub fn of(&mut self, slot: Slot, known: &mut Known) -> Component {
        let walked = (0..self.edges.levels()).find_map(|level| self.walk(slot, level, known));
        let mut component = walked.map_or_else(|| Component::Crowd(self.crowd(slot, known)), Component::Members);
        let (Component::Members(members) | Component::Crowd(members)) = &mut component;
        members.sort_unstable_by_key(|slot| known.rows.id(*slot));
        component
    }

    /// The component over edges of a level; `None` beyond the cap. Kin are connected, however similar they are, and more
    /// of them than the first cap are a crowd: so all who reach each other are told the same component.
    fn walk(&mut self, slot: Slot, level: usize, known: &mut Known) -> Option<Vec<Slot>> {
        let mut members = Members::new(slot);
        while let Some(slot) = members.next() {
            if matches!(self.edges.reach(slot, level), Reach::Unknown) {
                let edges = known.search(slot);
                self.edges.keep(slot, edges);
            }
            let Reach::Edges(edges) = self.edges.reach(slot, level) else { return None };
            members.take(edges.iter().filter(|edge| self.edges.counts(edge, level)).map(|edge| edge.slot));
            members.take(self.same(known.rows.id(slot), known));
            if known.kin(slot).len() > self.edges.cap(0) {
                return None;
            }
            members.take_kin(slot, known);
            if members.all.len() > self.edges.cap(level) {
                return None;
            }
        }
        Some(members.all)
    }

    /// Kin, those held to be the same, and theirs.
    fn crowd(&self, slot: Slot, known: &Known) -> Vec<Slot> {
        let mut members = Members::new(slot);
        while let Some(slot) = members.next() {
            members.take(self.same(known.rows.id(slot), known));
            members.take_kin(slot, known);
        }
        members.all
    }

    /// Known ones that people hold to be the same.
    fn same(&self, id: Id, known: &Known) -> impl Iterator<Item = Slot> {
        self.constraints.of(id).filter(|(_, same)| *same).filter_map(|(other, _)| known.rows.slot(other))
    }
}

/// Those that were reached, in the order in which they are looked at.
struct Members {
    all: Vec<Slot>,
    looked_at: usize,
    seen: FxHashSet<Slot>,
    kin: FxHashSet<u64>,
}

impl Members {
    fn new(slot: Slot) -> Self {
        Self { all: vec![slot], looked_at: 0, seen: FxHashSet::from_iter([slot]), kin: FxHashSet::default() }
    }

    fn next(&mut self) -> Option<Slot> {
        self.looked_at += 1;
        self.all.get(self.looked_at - 1).copied()
    }

    fn take(&mut self, slots: impl Iterator<Item = Slot>) {
        self.all.extend(slots.filter(|slot| self.seen.insert(*slot)));
    }

    fn take_kin(&mut self, slot: Slot, known: &Known) {
        if known.rows.get(slot).is_some_and(|row| self.kin.insert(row.kin)) {
            self.take(known.kin(slot).iter().copied());
        }
    }
}
