//! Batches of records of many partitions in, crashes, GC cycles and counts out.

use crate::batch::{Batch, End};
use crate::counts::{Counted, Counts};
use crate::crash::{self, About, Source};
use crate::envelope::Record;
use crate::envelope::shippers::Shipper;
use crate::gc::document as gc_document;
use crate::limits::Limits;
use crate::redact::Redactor;
use crate::spread::Spread;
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
    id: String,
    named: Option<&'static Shipper>,
    of_file: bool,
}

#[derive(Debug)]
struct Assigned {
    source: Source,
    topic: usize,
    partition: Partition,
}

/// Records of one partition that came one behind the other.
#[derive(Debug)]
struct RunEnd {
    place: (usize, i32),
    at: usize,
    next_offset: i64,
    records: u64,
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
    spread: Spread,
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
        self.topics.push(Topic { name: name.to_owned(), id: name.to_owned(), named: None, of_file: false });
        self.topic_numbers.insert(name.to_owned(), number);
        number
    }

    /// From now on, ids of that topic's crashes are derived from this id; from its name where it has none.
    pub fn identify(&mut self, topic: usize, id: Option<&str>) {
        let Some(known) = self.topics.get_mut(topic) else { return };
        known.id = id.unwrap_or(&known.name).to_owned();
        for assigned in self.assigned.iter_mut().filter(|assigned| assigned.topic == topic) {
            assigned.source.topic_id.clone_from(&known.id);
        }
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
        let mut ends: Vec<RunEnd> = Vec::new();
        for (number, input) in records.into_iter().enumerate() {
            let at = self.run(&input, &mut ends);
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
        batch.ends = self.ends(&ends);
        batch.count(&mut out);
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

    /// How many traces are open in a partition, and its time by its records' timestamps, in nanoseconds.
    pub fn gauge(&mut self, topic: usize, partition: i32) -> (usize, Option<i64>) {
        let at = self.number(topic, partition);
        let partition = self.assigned.get(at).map(|assigned| &assigned.partition);
        partition.map(|known| (known.open_traces(), known.clock().timestamp())).unwrap_or_default()
    }

    /// Streams that spoke on several partitions of a topic within the last minute, at most so many: topic, id.
    pub fn spread(&mut self, most: usize) -> Vec<(String, String)> {
        let partitions = self.assigned.iter_mut().map(|assigned| (assigned.topic, &mut assigned.partition));
        let mut partitions: Vec<_> = partitions.collect();
        self.spread.look(&mut partitions);
        let named = |(topic, id): (usize, &str)| Some((self.topics.get(topic)?.name.clone(), id.to_owned()));
        self.spread.lately(&partitions).filter_map(named).take(most).collect()
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

    /// The number of the record's partition. Records come in runs of one partition, so that is looked up once a run.
    #[inline]
    fn run(&mut self, input: &Input<'_>, ends: &mut Vec<RunEnd>) -> usize {
        if let Some(end) = ends.last_mut().filter(|end| end.place == (input.topic, input.partition)) {
            end.next_offset = input.offset + 1;
            end.records += 1;
            return end.at;
        }
        let at = self.number(input.topic, input.partition);
        let place = (input.topic, input.partition);
        ends.push(RunEnd { place, at, next_offset: input.offset + 1, records: 1 });
        at
    }

    /// How far a batch came in each of its partitions, from its runs in order.
    fn ends(&self, runs: &[RunEnd]) -> Vec<End> {
        let mut ends: Vec<(usize, End)> = Vec::new();
        for run in runs {
            let Some(source) = self.assigned.get(run.at).map(|assigned| &assigned.source) else { continue };
            match ends.iter_mut().find(|(at, _)| *at == run.at) {
                Some((_, end)) => {
                    end.next_offset = run.next_offset;
                    end.records += run.records;
                }
                None => {
                    let (topic, partition) = (source.topic.clone(), source.partition);
                    ends.push((run.at, End { topic, partition, next_offset: run.next_offset, records: run.records }));
                }
            }
        }
        ends.into_iter().map(|(_, end)| end).collect()
    }

    fn number(&mut self, topic: usize, partition: i32) -> usize {
        let next = self.assigned.len();
        let at = *self.numbers.entry((topic, partition)).or_insert(next);
        if at == next {
            let known = self.topics.get(topic);
            let (topic_name, topic_id) = known.map(|topic| (topic.name.clone(), topic.id.clone())).unwrap_or_default();
            let source = Source { topic: topic_name, topic_id, partition };
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
                Some((crash, complete)) => {
                    batch.damaged += u64::from(!complete);
                    batch.crashes.push(crash);
                }
                None => batch.fragments += 1,
            }
        }
        batch.count(out);
    }

    /// The document of a crash, and whether it is complete; `None` for a piece of one whose head another partition has.
    fn crash(&self, at: usize, assigned: &Assigned, told: &Told) -> Option<(Vec<u8>, bool)> {
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
