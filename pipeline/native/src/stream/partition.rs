//! The streams of one partition. Everything here depends on the records of the partition alone, one after the other:
//! not on batches, and not on what else a worker reads.

use super::clock::Clock;
use super::joining::Pieces;
use super::marks::{Cut, State};
use super::member::Member;
use super::members::Members;
use super::out::{Cycled, Out, Told};
use crate::counts::Counts;
use crate::envelope::facts::{Slot, Value};
use crate::envelope::memo::Memo;
use crate::envelope::shippers::{self, Shipper};
use crate::envelope::{Entry, Piece, Record, Unread, clean, trace_id, undo};
use crate::gc::line::{self as gc_line, GcLine};
use crate::limits::Limits;
use crate::trace::{Line, Place, Trace};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

/// Records before a mark that are read again in any case: a line that names a crash may stand right before it.
const OVERLAP: i64 = 256;

/// Nanoseconds after a crash in which its late lines are expected.
const SWALLOW_NS: i64 = 30_000_000_000;

/// What records are read with, and where what they give goes.
#[derive(Debug)]
pub struct Reading<'s> {
    /// Bounds.
    pub limits: &'s Limits,
    /// Lines by service and second.
    pub counts: &'s mut Counts,
    /// Crashes that end, GC cycles.
    pub out: &'s mut Out,
    /// The envelope that is set for the topic, if one is.
    pub named: Option<&'static Shipper>,
    /// Lines of a file: one that no envelope fits is what the program wrote.
    pub of_file: bool,
}

/// One partition.
#[derive(Debug, Default)]
pub struct Partition {
    members: Members,
    clock: Clock,
    /// When to look at a stream again: time of the partition, stream.
    due: BinaryHeap<Reverse<(i64, usize)>>,
    open: BTreeSet<(Place, usize)>,
    waiting: BTreeSet<(Place, usize)>,
    /// Crashes that were told: until when their late lines are expected, stream, first line.
    closed: VecDeque<(i64, usize, Place)>,
    held: usize,
    records: u64,
    next_offset: Option<i64>,
    cuts: VecDeque<Cut>,
    memo: Memo,
}

impl Partition {
    /// Takes a record; false where it was taken before.
    pub fn record(
        &mut self,
        record: &Record<'_>,
        (offset, timestamp): (i64, i64),
        reading: &mut Reading<'_>,
    ) -> Result<bool, Unread> {
        if self.next_offset.is_some_and(|next| offset < next) {
            return Ok(false);
        }
        self.reach(offset, reading.limits, reading.out);
        self.records += 1;
        let (named, of_file) = (reading.named, reading.of_file);
        let mut place = Place { offset, position: 0 };
        let mut memo = std::mem::take(&mut self.memo);
        let mut line = |entry: &Entry<'_>| {
            self.entry(entry, record.key, (&mut place, timestamp), reading);
        };
        let mut read = undo::lines(record, named, &mut memo, &mut line);
        if read.is_err() && of_file {
            read = undo::lines(record, Some(&shippers::PLAIN), &mut memo, &mut line);
        }
        self.memo = memo;
        self.clock.record();
        // Behind the record's own lines: what they say themselves of the time between them counts more.
        self.close_due(reading.limits, reading.out);
        self.close_oldest(reading.limits, reading.out);
        self.reach(offset.saturating_add(1), reading.limits, reading.out);
        read.map(|()| true)
    }

    /// Reading has come so far: marks before it are cut.
    pub fn reach(&mut self, offset: i64, limits: &Limits, out: &mut Out) {
        while self.cuts.front().is_some_and(|cut| cut.mark <= offset) {
            let Some(cut) = self.cuts.pop_front() else { break };
            self.cut(&cut, limits, out);
        }
        self.next_offset = Some(self.next_offset.map_or(offset, |next| next.max(offset)));
    }

    /// At `cut.mark`, what is not open there will be closed.
    pub fn expect(&mut self, cut: Cut) {
        self.cuts.push_back(cut);
    }

    /// Nothing came for so many nanoseconds.
    pub fn idle(&mut self, nanoseconds: i64, limits: &Limits, out: &mut Out) {
        self.clock.idle(nanoseconds);
        self.close_due(limits, out);
    }

    /// Ends all streams.
    pub fn finish(&mut self, limits: &Limits, out: &mut Out) {
        for (_, member) in std::mem::take(&mut self.waiting) {
            self.join(member, limits, out);
        }
        for (_, member) in self.open.clone() {
            self.close(member, limits, out);
        }
        self.members.iter_mut().for_each(|member| member.stream.forget_closed());
    }

    /// What is open, and the first record that it needs.
    pub fn state(&self) -> State {
        let swallows = |(_, member, place): &(i64, usize, Place)| {
            self.members.get(*member)?.stream.swallows().filter(|swallowed| swallowed == place)
        };
        let swallowing: BTreeSet<Place> = self.closed.iter().filter_map(swallows).collect();
        let next = self.next_offset.unwrap_or(0);
        let firsts = [self.open.first(), self.waiting.first()].into_iter().flatten().map(|(place, _)| place.offset);
        let firsts = firsts.chain(swallowing.first().map(|place| place.offset)).chain([(next - OVERLAP).max(0)]);
        State {
            first_offset: firsts.min().unwrap_or(next),
            open: self.open.iter().chain(&self.waiting).map(|(place, _)| *place).collect(),
            swallowing: swallowing.into_iter().collect(),
        }
    }

    /// Number of traces that are open.
    pub fn open_traces(&self) -> usize {
        self.open.len()
    }

    /// Its time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// All streams.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// The same, to change them.
    pub fn members_mut(&mut self) -> &mut Members {
        &mut self.members
    }

    /// True where a stream of that id spoke here within `near` nanoseconds of `time`.
    pub fn speaks(&self, id: &str, time: i64, near: i64) -> bool {
        self.members.of_id(id).any(|member| (member.last_time - time).abs() <= near)
    }

    /// True where a stream of that id spoke here within the last `near` nanoseconds of the partition's time.
    pub fn spoke(&self, id: &str, near: i64) -> bool {
        self.members.of_id(id).any(|member| self.clock.now() - member.quiet_since <= near)
    }

    fn entry(
        &mut self,
        entry: &Entry<'_>,
        key: Option<&[u8]>,
        (place, timestamp): (&mut Place, i64),
        reading: &mut Reading<'_>,
    ) {
        let index = self.members.number(entry, key, reading.counts, reading.limits);
        let silent = self.cuts.front().is_some_and(|cut| cut.silent);
        let time = entry.time().unwrap_or(0);
        let Some(member) = self.members.get_mut(index) else { return };
        let (seen, before) = (std::mem::replace(&mut member.seen, self.records), self.clock.now());
        if timestamp != 0 && place.position == 0 {
            self.clock.tick(&mut member.skew, timestamp);
        }
        let now = self.clock.now();
        if now - before >= reading.limits.settle_ns {
            self.leapt(index, seen);
        }
        let Some(member) = self.members.get_mut(index) else { return };
        if entry.piece != Piece::Head && !silent {
            reading.out.lines += 1;
            reading.counts.line(member, if time == 0 { timestamp } else { time });
        }
        let raw = entry.text.raw();
        match trace_id::find(raw) {
            Some(id) => member.show_trace_id(&id, time, place.offset),
            None if !entry.facts.get(Slot::TraceId).is_none() => {
                member.show_trace_id(&entry.facts.text(Slot::TraceId), time, place.offset);
            }
            None => {}
        }
        if let Some(line) = gc_line::read(raw) {
            gc(member, line, silent, (index, place.offset, time), reading.out);
        }
        let read = matches!(entry.text, Value::Text(_) | Value::Escaped(_)) && entry.facts.get(Slot::Stack).is_none();
        let whole = entry.piece == Piece::Whole && member.pieces.is_none();
        // Syslog daemons leave a blank in front, and klog's `F` counts at the start of a line only.
        if whole && read && member.stream.passes(raw.strip_prefix(b" ").unwrap_or(raw)) {
            member.stream.pass(raw, matches!(entry.text, Value::Escaped(_)), *place);
            member.heard(time);
            member.quiet_since = now;
            place.position += 1;
            return;
        }
        if member.pieces.as_ref().is_some_and(|pieces| pieces.is_stale(now, time)) {
            self.join(index, reading.limits, reading.out);
        }
        let Some(member) = self.members.get_mut(index) else { return };
        let before = (member.stream.open_at(), member.held_bytes());
        if before.0.is_none() {
            member.learn(entry.facts);
            reading.counts.rename(member);
            member.opened = if time == 0 { timestamp } else { time };
        }
        let mut traces = Vec::new();
        self.text(index, entry, (place, time), reading.limits, &mut traces);
        self.settle(index, before, reading.limits, traces, reading.out);
    }

    /// Between two records of a stream, the first of which was number `seen`, nobody told the time. What a stream said
    /// there that was taken to be ahead may be as new as the second.
    fn leapt(&mut self, index: usize, seen: u64) {
        let now = self.clock.now();
        for (_, other) in self.open.iter().chain(&self.waiting).filter(|(_, other)| *other != index) {
            if let Some(member) = self.members.get_mut(*other).filter(|m| m.seen > seen && m.skew > Some(0)) {
                member.spoke_at(now);
            }
        }
    }

    /// Hands the lines of an entry to its stream.
    fn text(
        &mut self,
        index: usize,
        entry: &Entry<'_>,
        (place, time): (&mut Place, i64),
        limits: &Limits,
        traces: &mut Vec<Trace>,
    ) {
        let now = self.clock.now();
        let Some(member) = self.members.get_mut(index) else { return };
        let text = clean::text(entry);
        let text = clean::fields(entry, &text).map_or(text, Cow::Owned);
        let waits = member.pieces.is_some();
        // The lines of a block have one place in common, so it does not tell them apart.
        let in_file = if memchr::memchr(b'\n', &text).is_some() { None } else { entry.file_offset() };
        if entry.piece != Piece::Head && !waits {
            for line in text.split(|b| *b == b'\n') {
                self.cuts.iter().for_each(|cut| cut.begin(*place, member, limits, traces));
                member.line(Line { text: line, place: *place, time, in_file }, limits, traces);
                place.position += 1;
            }
            return;
        }
        let first = *place;
        place.position += 1;
        let pieces = member.pieces.get_or_insert_with(|| Box::new(Pieces::new(first, time, now)));
        pieces.add(&text, now);
        let begun = pieces.place;
        if entry.piece == Piece::Head {
            self.waiting.insert((begun, index));
        } else if let Some(pieces) = member.pieces.take() {
            self.waiting.remove(&(begun, index));
            self.cuts.iter().for_each(|cut| cut.begin(begun, member, limits, traces));
            member.line(Line { text: pieces.text(), place: begun, time: pieces.time, in_file: None }, limits, traces);
        }
    }

    /// A line whose last piece never came.
    fn join(&mut self, index: usize, limits: &Limits, out: &mut Out) {
        let Some(member) = self.members.get_mut(index) else { return };
        let before = (member.stream.open_at(), member.held_bytes());
        let Some(pieces) = member.pieces.take() else { return };
        let mut traces = Vec::new();
        self.cuts.iter().for_each(|cut| cut.begin(pieces.place, member, limits, &mut traces));
        member.line(
            Line { text: pieces.text(), place: pieces.place, time: pieces.time, in_file: None },
            limits,
            &mut traces,
        );
        self.waiting.remove(&(pieces.place, index));
        self.settle(index, before, limits, traces, out);
    }

    fn close(&mut self, index: usize, limits: &Limits, out: &mut Out) {
        let Some(member) = self.members.get_mut(index) else { return };
        let before = (member.stream.open_at(), member.held_bytes());
        let mut traces = Vec::new();
        member.close(limits, &mut traces);
        self.settle(index, before, limits, traces, out);
    }

    /// Books what a stream's lines changed: what is open, what it holds, when to look at it again, what it told.
    fn settle(
        &mut self,
        index: usize,
        before: (Option<Place>, usize),
        limits: &Limits,
        traces: Vec<Trace>,
        out: &mut Out,
    ) {
        let now = self.clock.now();
        let Some(member) = self.members.get_mut(index) else { return };
        member.quiet_since = now;
        let opened = member.opened;
        let after = member.stream.open_at();
        self.held = (self.held + member.held_bytes()).saturating_sub(before.1);
        if after != before.0 {
            before.0.map(|place| self.open.remove(&(place, index)));
            after.map(|place| self.open.insert((place, index)));
            member.began = now;
        }
        if let Some(place) = member.stream.swallows().filter(|_| !traces.is_empty()) {
            self.closed.push_back((now + SWALLOW_NS, index, place));
        }
        let hidden = self.cuts.front().filter(|cut| cut.silent);
        for trace in traces {
            let time = if trace.time == 0 { opened } else { trace.time };
            match hidden.is_none_or(|cut| cut.open.contains(&trace.place())) {
                true => out.told.push(Told { trace, member: index, time }),
                false => out.silent += 1,
            }
        }
        self.look_later(index, limits);
    }

    /// Plans the next look at a stream that holds something; one that is planned for later is not taken back.
    fn look_later(&mut self, index: usize, limits: &Limits) {
        let Some(member) = self.members.get_mut(index) else { return };
        let Some(due) = member.waits_until(limits) else { return };
        if member.due == 0 || due < member.due {
            member.due = due;
            self.due.push(Reverse((due, index)));
        }
    }

    /// Closes what is oldest where all together hold too much.
    fn close_oldest(&mut self, limits: &Limits, out: &mut Out) {
        while self.held > limits.partition_bytes {
            let (open, waiting) = (self.open.first().copied(), self.waiting.first().copied());
            match (open, waiting) {
                (Some((opened, oldest)), waiting) if waiting.is_none_or(|(begun, _)| opened <= begun) => {
                    if let Some(member) = self.members.get_mut(oldest) {
                        member.stream.mark_limits();
                    }
                    self.close(oldest, limits, out);
                }
                (_, Some((_, oldest))) => self.join(oldest, limits, out),
                (..) => return,
            }
        }
    }

    fn close_due(&mut self, limits: &Limits, out: &mut Out) {
        let now = self.clock.now();
        while let Some(Reverse((due, index))) = self.due.peek().copied().filter(|due| due.0.0 <= now) {
            self.due.pop();
            let Some(member) = self.members.get_mut(index).filter(|member| member.due == due) else { continue };
            member.due = 0;
            // What is open at a mark that is yet to come did not end before it, whatever the clock was then.
            if member.places().any(|place| self.cuts.iter().any(|cut| cut.open.contains(&place))) {
                continue;
            }
            if member.pieces.as_ref().is_some_and(|pieces| pieces.waits_until() <= now) {
                self.join(index, limits, out);
            } else if member.closes_at(limits).is_some_and(|due| due <= now) {
                if member.is_cut_by_age(limits) {
                    member.stream.mark_limits();
                }
                self.close(index, limits, out);
            }
            self.look_later(index, limits);
        }
        while let Some((_, index, place)) = self.closed.front().copied().filter(|(until, ..)| *until <= now) {
            self.closed.pop_front();
            if let Some(member) = self.members.get_mut(index).filter(|m| m.stream.swallows() == Some(place)) {
                member.stream.forget_closed();
            }
        }
    }

    fn cut(&mut self, cut: &Cut, limits: &Limits, out: &mut Out) {
        let known = out.told.len();
        for (_, index) in self.waiting.clone().iter().filter(|(place, _)| !cut.open.contains(place)) {
            self.join(*index, limits, out);
        }
        for (_, index) in self.open.clone().iter().filter(|(place, _)| !cut.open.contains(place)) {
            self.close(*index, limits, out);
        }
        if cut.silent {
            out.silent += out.told.drain(known..).count() as u64;
        }
        for (_, index, _) in &self.closed {
            let Some(member) = self.members.get_mut(*index) else { continue };
            if member.stream.swallows().is_some_and(|place| !cut.swallowing.contains(&place)) {
                member.stream.forget_closed();
            }
        }
        for (_, index) in self.open.iter().chain(&self.waiting).copied().collect::<Vec<_>>() {
            self.look_later(index, limits);
        }
    }
}

/// Books a GC line; what was read before a mark by somebody else only says what came before.
fn gc(member: &mut Member, line: GcLine, silent: bool, place: (usize, i64, i64), out: &mut Out) {
    let (index, offset, time) = place;
    match line {
        GcLine::Damaged => out.torn_cycles += u64::from(!silent),
        GcLine::Cycle(cycle) => {
            let cycle = member.gc.get_or_insert_default().take(*cycle).filter(|_| !silent);
            out.cycles.extend(cycle.map(|cycle| Cycled { cycle, member: index, offset, time }));
        }
    }
}
