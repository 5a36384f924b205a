//! Who is similar to whom, as far as it was asked: lists that are kept right while others come and go.

use super::rows::Slot;

/// Similarities from which a component beyond the cap is looked at anew.
const LEVELS: [f32; 3] = [0.3, 0.5, 0.7];

/// From the last of them on, so many caps are borne before a component is given up: these are near twins.
const TWINS: usize = 4;

/// A similar one.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Where it is.
    pub slot: Slot,
    /// How similar.
    pub similarity: f32,
}

/// The similar ones of one fingerprint, from a level on: where there are more than the cap, a higher one.
struct List {
    level: usize,
    edges: Vec<Edge>,
}

/// What is known of the edges from a level on.
pub enum Reach<'e> {
    /// Nobody asked yet.
    Unknown,
    /// More than the cap.
    Crowd,
    /// These, and below the level some more.
    Edges(&'e [Edge]),
}

/// The lists, by slot.
pub struct Edges {
    lists: Vec<Option<Box<List>>>,
    levels: Vec<Level>,
    kept: usize,
}

/// Edges from a similarity on.
#[derive(Clone, Copy)]
struct Level {
    least: f32,
    /// Members of a component, and edges of one of them, that are borne.
    cap: usize,
}

/// Edges kept at most, 8 bytes each: beyond, all are forgotten and asked for again.
const KEPT: usize = 32 << 20;

impl Edges {
    /// From the similarity `edge` on, lists of `cap` at most.
    pub fn new(edge: f32, cap: usize) -> Self {
        let above = LEVELS.iter().copied().filter(|level| *level > edge);
        let mut levels: Vec<Level> = std::iter::once(edge).chain(above).map(|least| Level { least, cap }).collect();
        if let Some(last) = levels.last_mut() {
            last.cap = cap.saturating_mul(TWINS);
        }
        Self { lists: Vec::new(), levels, kept: 0 }
    }

    /// Similarities from which components are looked at, one after the other.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    /// What is known of its edges from a level on.
    pub fn reach(&self, slot: Slot, level: usize) -> Reach<'_> {
        match self.lists.get(slot as usize).and_then(Option::as_ref) {
            None => Reach::Unknown,
            Some(list) if list.level > level => Reach::Crowd,
            Some(list) => Reach::Edges(&list.edges),
        }
    }

    /// Members of a component that are borne from a level on.
    pub fn cap(&self, level: usize) -> usize {
        self.levels.get(level).map_or(0, |level| level.cap)
    }

    /// True where the edge counts from that level on.
    pub fn counts(&self, edge: &Edge, level: usize) -> bool {
        self.levels.get(level).is_some_and(|level| edge.similarity >= level.least)
    }

    /// Keeps all edges of one.
    pub fn keep(&mut self, slot: Slot, edges: Vec<Edge>) {
        if self.kept > KEPT {
            self.clear();
        }
        if self.lists.len() <= slot as usize {
            self.lists.resize_with(slot as usize + 1, || None);
        }
        let mut list = List { level: 0, edges };
        list.bound(&self.levels);
        self.kept += list.edges.len();
        if let Some(place) = self.lists.get_mut(slot as usize) {
            *place = Some(Box::new(list));
        }
    }

    /// A new one is similar to these.
    pub fn join(&mut self, slot: Slot, edges: &[Edge]) {
        for edge in edges {
            let Some(Some(list)) = self.lists.get_mut(edge.slot as usize) else { continue };
            if self.levels.get(list.level).is_some_and(|level| edge.similarity >= level.least) {
                list.edges.push(Edge { slot, similarity: edge.similarity });
                list.bound(&self.levels);
                self.kept += 1;
            }
        }
    }

    /// Forgets the edges of one.
    pub fn forget(&mut self, slot: Slot) {
        if let Some(place) = self.lists.get_mut(slot as usize) {
            *place = None;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.lists.clear();
        self.kept = 0;
    }
}

impl List {
    /// Raises the level until the list is no longer than the cap.
    fn bound(&mut self, levels: &[Level]) {
        while levels.get(self.level).is_some_and(|level| self.edges.len() > level.cap) {
            self.level += 1;
            let least = levels.get(self.level).map_or(f32::INFINITY, |level| level.least);
            self.edges.retain(|edge| edge.similarity >= least);
            self.edges.shrink_to_fit();
        }
    }
}
