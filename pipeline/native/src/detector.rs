//! Batches of records of many partitions in, crashes, GC cycles and counts out.

use crate::batch::Batch;
use crate::counts::{Counted, Counts};
use crate::crash::{self, About, Source};
use crate::envelope::Record;
use crate::envelope::shippers::Shipper;
use crate::gc::document as gc_document;
use crate::limits::Limits;
use crate::redact::Redactor;
use crate::stream::marks::{Cut, State};
use crate::stream::member::Member;
use crate::stream::out::{Out, Told};
use crate::stream::partition::{Partition, Reading};
use rustc_hash::FxHashMap;

/// A stream that spoke on another partition so many nanoseconds before or after a crash is held to be spread.
const SPREAD_NS: i64 = 60_000_000_000;

/// A record with its coordinates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'r> {
    /// Number of the topic, from [`Detector::topic`].
    pub topic: usize,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// The record's timestamp in nanoseconds since 1970, 0 where it has none.
    pub timestamp: i64,
    /// What is in it.
    pub record: Record<'r>,
}

#[derive(Debug)]
struct Topic {
    name: String,
    named: Option<&'static Shipper>,
    of_file: bool,
}

#[derive(Debug)]
struct Assigned {
    source: Source,
    topic: usize,
    partition: Partition,
}

/// Finds the crashes in the partitions of a fleet's topics.
#[derive(Debug, Default)]
pub struct Detector {
    limits: Limits,
    redactor: Redactor,
    topics: Vec<Topic>,
    topic_numbers: FxHashMap<String, usize>,
    assigned: Vec<Assigned>,
    numbers: FxHashMap<(usize, i32), usize>,
    counts: Counts,
}

impl Detector {
    /// Reads within these bounds, and tells nothing that the redactor masks.
    pub fn new(limits: Limits, redactor: Redactor) -> Self {
        Self { limits, redactor, ..Self::default() }
    }

    /// The bounds it reads within.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The number of a topic.
    pub fn topic(&mut self, name: &str) -> usize {
        if let Some(number) = self.topic_numbers.get(name) {
            return *number;
        }
        let number = self.topics.len();
        self.topics.push(Topic { name: name.to_owned(), named: None, of_file: false });
        self.topic_numbers.insert(name.to_owned(), number);
        number
    }

    /// The records of that topic are in this envelope, and in no other.
    pub fn name_envelope(&mut self, topic: usize, named: Option<&'static Shipper>) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.named = named;
        }
    }

    /// The records of that topic are the lines of a file.
    pub fn name_file(&mut self, topic: usize) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.of_file = true;
        }
    }

    /// Takes records in order.
    pub fn feed<'r>(&mut self, records: impl IntoIterator<Item = Input<'r>>) -> Batch {
        let mut batch = Batch::default();
        let mut out = Out::default();
        for (number, input) in records.into_iter().enumerate() {
            let at = self.number(input.topic, input.partition);
            let (named, of_file) =
                self.topics.get(input.topic).map_or((None, false), |topic| (topic.named, topic.of_file));
            let Some(assigned) = self.assigned.get_mut(at) else { continue };
            let (limits, counts) = (&self.limits, &mut self.counts);
            let mut reading = Reading { limits, counts, out: &mut out, named, of_file };
            let place = (input.offset, input.timestamp);
            match assigned.partition.record(&input.record, place, &mut reading) {
                Ok(true) => batch.records += 1,
                Ok(false) => batch.repeated += 1,
                Err(reason) => {
                    batch.records += 1;
                    batch.unread.push((number, reason));
                }
            }
            if !out.is_empty() {
                self.tell(at, &mut out, &mut batch);
            }
        }
        batch
    }

    /// Does something with one partition, and tells the crashes that end by it.
    pub fn with(&mut self, topic: usize, partition: i32, act: impl FnOnce(&mut Partition, &Limits, &mut Out)) -> Batch {
        let (mut batch, mut out) = (Batch::default(), Out::default());
        let at = self.number(topic, partition);
        if let Some(assigned) = self.assigned.get_mut(at) {
            act(&mut assigned.partition, &self.limits, &mut out);
            self.tell(at, &mut out, &mut batch);
        }
        batch
    }

    /// What is open in a partition.
    pub fn state(&mut self, topic: usize, partition: i32) -> State {
        let at = self.number(topic, partition);
        self.assigned.get(at).map(|assigned| assigned.partition.state()).unwrap_or_default()
    }

    /// Begins a partition anew.
    pub fn forget(&mut self, topic: usize, partition: i32) {
        let at = self.number(topic, partition);
        if let Some(assigned) = self.assigned.get_mut(at) {
            assigned.partition.members_mut().iter_mut().for_each(|member| self.counts.settle(member));
            assigned.partition = Partition::default();
        }
    }

    /// Until `cut.mark`, only what is open there is told; there, everything else is closed.
    pub fn expect(&mut self, topic: usize, partition: i32, cut: Cut) {
        let at = self.number(topic, partition);
        if let Some(assigned) = self.assigned.get_mut(at) {
            assigned.partition.expect(cut);
        }
    }

    /// Ends all streams.
    pub fn finish(&mut self) -> Batch {
        let (mut batch, mut out) = (Batch::default(), Out::default());
        for at in 0..self.assigned.len() {
            if let Some(assigned) = self.assigned.get_mut(at) {
                assigned.partition.finish(&self.limits, &mut out);
                self.tell(at, &mut out, &mut batch);
            }
        }
        batch
    }

    /// All streams.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.assigned.iter().flat_map(|assigned| assigned.partition.members().iter())
    }

    /// Gives the lines by service and second, and begins their count anew.
    pub fn take_counts(&mut self, give: impl FnMut(Counted<'_>)) {
        for assigned in &mut self.assigned {
            assigned.partition.members_mut().iter_mut().for_each(|member| self.counts.settle(member));
        }
        self.counts.take(give);
        if self.counts.forget_services() {
            for member in self.assigned.iter_mut().flat_map(|assigned| assigned.partition.members_mut().iter_mut()) {
                member.service = self.counts.service(&member.origin);
            }
        }
    }

    fn number(&mut self, topic: usize, partition: i32) -> usize {
        let next = self.assigned.len();
        let at = *self.numbers.entry((topic, partition)).or_insert(next);
        if at == next {
            let name = self.topics.get(topic).map(|topic| topic.name.clone()).unwrap_or_default();
            let source = Source { topic: name, partition };
            self.assigned.push(Assigned { source, topic, partition: Partition::default() });
        }
        at
    }

    fn tell(&self, at: usize, out: &mut Out, batch: &mut Batch) {
        let Some(assigned) = self.assigned.get(at) else { return };
        for cycled in out.cycles.drain(..) {
            let member = assigned.partition.members().get(cycled.member);
            batch.cycles.extend(member.map(|member| gc_document::document(&cycled, &assigned.source, member)));
        }
        for told in out.told.drain(..) {
            batch.crash_lines += told.trace.source_lines();
            match self.crash(at, assigned, &told) {
                Some(crash) => batch.crashes.push(crash),
                None => batch.fragments += 1,
            }
        }
        batch.torn_cycles += std::mem::take(&mut out.torn_cycles);
    }

    /// The document of a crash; `None` for a piece of one whose head another partition has.
    fn crash(&self, at: usize, assigned: &Assigned, told: &Told) -> Option<Vec<u8>> {
        let member = assigned.partition.members().get(told.member)?;
        let fragmented = member.id.as_deref().is_some_and(|id| self.is_spread(at, assigned.topic, id, told.time));
        if fragmented && told.trace.damage.headless {
            return None;
        }
        let about = About {
            source: &assigned.source,
            origin: &member.origin,
            stream_id: member.id.as_deref(),
            log_stream: member.log_stream,
            trace_id: member.trace_id(told.time).map(|(id, offset)| (id, offset == told.trace.place().offset)),
            time: told.time,
            fragmented,
        };
        Some(crash::document(&told.trace, &about, &self.limits, &self.redactor))
    }

    /// True where the stream speaks on another partition of the topic, too: then no order is certain.
    fn is_spread(&self, at: usize, topic: usize, id: &str, time: i64) -> bool {
        let others =
            self.assigned.iter().enumerate().filter(|(other, assigned)| *other != at && assigned.topic == topic);
        others.into_iter().any(|(_, assigned)| assigned.partition.speaks(id, time, SPREAD_NS))
    }
}
