//! Objects that many records hold byte for byte: a container's `kubernetes` is in all of its records, and reading it is
//! most of the work. What it says is remembered with its bytes.

use super::facts::{Facts, Slot, Value};
use crate::text::part;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// Bytes at an object's start that it is looked up by: `"container_id":"containerd://…` with the whole id.
const START: usize = 128;

/// Objects with the same start that are kept: the containers of a pod, the pods of a node.
const EQUAL_STARTS: usize = 16;

/// Other objects with that start, one after the other, for which those that are kept are given up.
const MISSES: usize = 4096;

/// Bytes of all objects that are kept.
const BYTES: usize = 16 << 20;

/// The objects that were read.
#[derive(Debug, Default)]
pub struct Memo {
    /// By the hash of their start, and numbered from 0 where several have the same: each record reads one of them, and
    /// it is rarely in the cache.
    objects: FxHashMap<(u64, usize), Known>,
    misses: FxHashMap<u64, usize>,
    bytes: usize,
    /// Objects that were ever kept; none has the number of another.
    learnt: u64,
}

#[derive(Debug)]
struct Known {
    number: u64,
    object: Box<[u8]>,
    facts: Box<[Fact]>,
}

/// A fact that stands in an object, from byte to byte.
#[derive(Clone, Copy, Debug)]
struct Fact {
    slot: Slot,
    rank: u16,
    escaped: bool,
    from: u32,
    to: u32,
}

impl Memo {
    /// Puts the facts of the object that `text` begins with, where it is known; its length.
    pub fn recall<'t>(&self, text: &'t [u8], facts: &mut Facts<'t>) -> Option<usize> {
        // An object that is whole ends where its bytes end, whatever follows.
        let start = start(text);
        let mut equal = (0..EQUAL_STARTS).map_while(|at| self.objects.get(&(start, at)));
        let known = equal.find(|known| text.starts_with(&known.object))?;
        for fact in &known.facts {
            let value = part(text, fact.from as usize, fact.to as usize);
            if fact.slot == Slot::ContainerId {
                facts.know(known.number, value);
            }
            let value = if fact.escaped { Value::Escaped(value) } else { Value::Text(value) };
            facts.put(fact.slot, fact.rank, value);
        }
        Some(known.object.len())
    }

    /// Remembers an object and the facts in it; not a short one, nor where one is more than a text.
    pub fn learn(&mut self, object: &[u8], facts: &Facts<'_>) {
        if object.len() < START {
            return;
        }
        let begin = object.as_ptr() as usize;
        let fact = |(slot, rank, value): (Slot, u16, Value<'_>)| {
            let (text, escaped) = match value {
                Value::Text(text) => (text, false),
                Value::Escaped(text) => (text, true),
                _ => return None,
            };
            let from = u32::try_from((text.as_ptr() as usize).checked_sub(begin)?).ok()?;
            Some(Fact { slot, rank, escaped, from, to: from.checked_add(u32::try_from(text.len()).ok()?)? })
        };
        let start = start(object);
        let Some(at) = (0..EQUAL_STARTS).find(|at| !self.objects.contains_key(&(start, *at))) else {
            return self.miss(start);
        };
        let Some(facts) = facts.all().map(fact).collect() else { return };
        self.learnt += 1;
        self.objects.insert((start, at), Known { number: self.learnt, object: object.into(), facts });
        self.bytes += object.len();
        if self.bytes > BYTES {
            *self = Self { learnt: self.learnt, ..Self::default() };
        }
    }

    /// Another object came with the start of those that are kept.
    fn miss(&mut self, start: u64) {
        let misses = self.misses.entry(start).or_default();
        *misses += 1;
        if *misses > MISSES {
            self.misses.remove(&start);
            (0..EQUAL_STARTS).for_each(|at| drop(self.objects.remove(&(start, at))));
        }
    }
}

fn start(object: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(part(object, 0, START));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &[u8] = br#"{"docker_id":"3f9a","host":"node-\u0037","container_hash":"registry.example.com/shop/cart@sha256:9c3f0e6d2f1b4a58c7e9d0a1b2c3d4e5f60718293"}"#;

    fn learnt() -> Memo {
        let (mut memo, mut facts) = (Memo::default(), Facts::default());
        facts.put(Slot::ContainerId, 7, Value::Text(part(OBJECT, 14, 18)));
        facts.put(Slot::Host, 9, Value::Escaped(part(OBJECT, 28, 39)));
        memo.learn(OBJECT, &facts);
        memo
    }

    #[test]
    fn an_object_that_comes_again_says_what_it_said() {
        let text = [OBJECT, b",\"log\":\"x\"}"].concat();
        let mut facts = Facts::default();
        assert_eq!(learnt().recall(&text, &mut facts), Some(OBJECT.len()));
        assert_eq!(&*facts.text(Slot::ContainerId), b"3f9a");
        assert_eq!(&*facts.text(Slot::Host), b"node-7");
    }

    #[test]
    fn an_object_that_differs_in_its_last_byte_is_another() {
        let text = [part(OBJECT, 0, OBJECT.len() - 1), b","].concat();
        assert_eq!(learnt().recall(&text, &mut Facts::default()), None);
    }
}
