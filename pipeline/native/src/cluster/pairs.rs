//! Similarities of all pairs of the components that were parted last: one that grows by a member is compared with that
//! member alone.

use super::rows::Slot;
use rustc_hash::FxHashMap;

/// Pairs kept at most, 4 bytes each: beyond, all are forgotten and compared again.
const KEPT: usize = 16 << 20;

/// Similarities of a component: of each member with those before it.
pub type Triangle = Vec<f32>;

/// Where a member stands: in which triangle, at which place.
#[derive(Clone, Copy)]
pub struct Place {
    triangle: u32,
    member: usize,
}

/// The similarities of one member.
#[derive(Clone, Copy)]
pub struct Member<'p> {
    place: Place,
    triangle: &'p Triangle,
}

impl Member<'_> {
    /// Similarity with another, if they were in one component.
    #[inline]
    pub fn with(self, other: Place) -> Option<f32> {
        let (low, high) = (self.place.member.min(other.member), self.place.member.max(other.member));
        let at = high * high.saturating_sub(1) / 2 + low;
        self.triangle.get(at).copied().filter(|_| self.place.triangle == other.triangle)
    }
}

/// The similarities, by component.
#[derive(Default)]
pub struct Pairs {
    places: FxHashMap<Slot, Place>,
    triangles: FxHashMap<u32, Triangle>,
    next: u32,
    kept: usize,
}

impl Pairs {
    /// Where it was.
    pub fn place(&self, slot: Slot) -> Option<Place> {
        self.places.get(&slot).copied()
    }

    /// What is known of it.
    pub fn member(&self, place: Place) -> Option<Member<'_>> {
        self.triangles.get(&place.triangle).map(|triangle| Member { place, triangle })
    }

    /// Keeps those of a component in place of those of its members.
    pub fn keep(&mut self, slots: &[Slot], triangle: Triangle) {
        for slot in slots {
            if let Some(place) = self.places.remove(slot) {
                self.kept -= self.triangles.remove(&place.triangle).map_or(0, |old| old.len());
            }
        }
        if self.kept + triangle.len() > KEPT {
            self.clear();
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.kept += triangle.len();
        self.triangles.insert(number, triangle);
        let places = slots.iter().enumerate();
        self.places.extend(places.map(|(at, slot)| (*slot, Place { triangle: number, member: at })));
    }

    /// Its slot may be another's soon.
    pub fn forget(&mut self, slot: Slot) {
        self.places.remove(&slot);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.triangles.clear();
        self.kept = 0;
    }
}
