//! All known fingerprints, each in a slot.

use super::described::Id;
use super::row::Row;
use rustc_hash::FxHashMap;

/// Where a fingerprint is kept; used again when it is gone.
pub type Slot = u32;

/// Known fingerprints.
#[derive(Default)]
pub struct Rows {
    slots: FxHashMap<Id, Slot>,
    rows: Vec<Option<Row>>,
    free: Vec<Slot>,
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Slots are smaller than this.
    pub fn bound(&self) -> usize {
        self.rows.len()
    }

    /// Where it is.
    pub fn slot(&self, id: Id) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    /// What is there.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&Row> {
        self.rows.get(slot as usize)?.as_ref()
    }

    /// Whose it is.
    pub fn id(&self, slot: Slot) -> Id {
        self.get(slot).map_or(Id::default(), |row| row.id)
    }

    /// All, with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Row)> + Clone {
        self.rows.iter().enumerate().filter_map(|(slot, row)| Some((slot as Slot, row.as_ref()?)))
    }

    /// All, to weigh them anew.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut().flatten()
    }

    /// Keeps it.
    pub fn insert(&mut self, row: Row) -> Slot {
        let slot = self.free.pop().unwrap_or(self.rows.len() as Slot);
        self.slots.insert(row.id, slot);
        match self.rows.get_mut(slot as usize) {
            Some(place) => *place = Some(row),
            None => self.rows.push(Some(row)),
        }
        slot
    }

    /// Takes it out.
    pub fn remove(&mut self, slot: Slot) -> Option<Row> {
        let row = self.rows.get_mut(slot as usize)?.take()?;
        self.slots.remove(&row.id);
        self.free.push(slot);
        Some(row)
    }
}
