//! The names of one object, found by their first and last bytes: nearly every member of every record is looked up, and
//! hashing whole names costs more than all else that is done with them.

use super::names::Target;
use rustc_hash::FxHashMap;

/// Names by place; a name stands at the place that its ends give, or at the next free one.
#[derive(Debug)]
pub struct NameTable {
    places: Vec<Option<Named>>,
}

#[derive(Clone, Debug)]
struct Named {
    ends: Ends,
    name: Box<[u8]>,
    target: Target,
}

/// First and last eight bytes and length; they are the whole name where it has sixteen bytes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: usize,
}

/// Longest name that its ends tell.
const TOLD: usize = 16;

impl Ends {
    #[inline]
    fn of(name: &[u8]) -> Self {
        let length = name.len();
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            return Self { first: u64::from_le_bytes(*first), last: u64::from_le_bytes(*last), length };
        }
        let short = || name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let halves = name.first_chunk().zip(name.last_chunk());
        let halves = halves
            .map(|(first, last)| u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)));
        let first = halves.unwrap_or_else(short);
        Self { first, last: first, length }
    }

    /// Fibonacci hashing: the high bits of the product depend on all bits.
    #[inline]
    fn place(self, places: usize) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(23) ^ self.length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (places - 1)
    }
}

impl NameTable {
    /// A table of these names, at most half full.
    pub fn of(names: FxHashMap<Vec<u8>, Target>) -> Self {
        let mut table = Self { places: vec![None; (names.len() * 2).next_power_of_two()] };
        for (name, target) in names {
            let ends = Ends::of(&name);
            let free = table.chain(ends).find(|at| table.places.get(*at).is_some_and(Option::is_none));
            if let Some(place) = free.and_then(|at| table.places.get_mut(at)) {
                *place = Some(Named { ends, name: name.into(), target });
            }
        }
        table
    }

    /// What the name leads to.
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<Target> {
        let ends = Ends::of(name);
        let mut chain = self.chain(ends).map_while(|at| self.places.get(at)?.as_ref());
        let equal = chain.find(|named| named.ends == ends && (name.len() <= TOLD || *named.name == *name));
        equal.map(|named| named.target)
    }

    /// The places where a name may stand, in order.
    #[inline]
    fn chain(&self, ends: Ends) -> impl Iterator<Item = usize> + use<> {
        let places = self.places.len();
        let first = ends.place(places);
        (0..places).map(move |step| (first + step) & (places - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_others_are_not() {
        let names = ["log", "kubernetes", "k8s.container.restart_count", "k8s.container.restart_other"];
        let target = |at: usize| Target { slot: None, node: Some(at) };
        let table = NameTable::of((0..).zip(names).map(|(at, name)| (name.as_bytes().to_vec(), target(at))).collect());
        let found: Vec<_> =
            names.iter().map(|name| table.get(name.as_bytes()).and_then(|target| target.node)).collect();
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(3)]);
        for other in ["", "lo", "logs", "kubernetez", "k8s.container.rastart_count"] {
            assert!(table.get(other.as_bytes()).is_none(), "{other}");
        }
    }
}
