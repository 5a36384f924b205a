//! Streams that speak on several partitions of a topic: their lines have no order, and their crashes come in pieces.

use crate::stream::partition::Partition;
use std::collections::BTreeSet;

/// Nanoseconds of a partition's time after which a stream that says nothing there is taken to be elsewhere.
const LATELY_NS: i64 = 60_000_000_000;

/// New streams that are looked for on other partitions at once; the others wait for the next look.
const LOOKED: usize = 5_000;

/// Streams that are remembered; beyond, those that are silent are forgotten.
const KEPT: usize = 1000;

/// Streams that were seen on several partitions: number of the topic, id.
#[derive(Debug, Default)]
pub struct Spread(BTreeSet<(usize, Box<str>)>);

impl Spread {
    /// Looks for the streams that are new, each partition with the number of its topic; so each stream is looked for once.
    pub fn look(&mut self, partitions: &mut [(usize, &mut Partition)]) {
        let mut new = Vec::new();
        for (at, (topic, partition)) in partitions.iter_mut().enumerate() {
            let ids = partition.members_mut().take_new(LOOKED - new.len());
            new.extend(ids.into_iter().map(|id| (at, *topic, id)));
        }
        for (at, topic, id) in new {
            let mut others = partitions.iter().enumerate().filter(|(other, (its, _))| *other != at && *its == topic);
            if others.any(|(_, (_, partition))| partition.members().of_id(&id).next().is_some()) {
                self.0.insert((topic, id));
            }
        }
        if self.0.len() > KEPT {
            let lately = |(topic, id): &(usize, Box<str>)| spreads(*topic, id, partitions);
            self.0 = std::mem::take(&mut self.0).into_iter().filter(lately).take(KEPT).collect();
        }
    }

    /// Those that spoke on several partitions lately.
    pub fn lately(&self, partitions: &[(usize, &mut Partition)]) -> impl Iterator<Item = (usize, &str)> {
        let all = self.0.iter().map(|(topic, id)| (*topic, &**id));
        all.filter(|(topic, id)| spreads(*topic, id, partitions))
    }
}

fn spreads(topic: usize, id: &str, partitions: &[(usize, &mut Partition)]) -> bool {
    let own = partitions.iter().filter(|(its, _)| *its == topic);
    own.filter(|(_, partition)| partition.spoke(id, LATELY_NS)).nth(1).is_some()
}
