//! One stream of a partition: its assembler, and what is known of who writes it.

use super::clock::Skew;
use super::joining::Pieces;
use super::order::{self, Order};
use crate::assemble::Stream;
use crate::envelope::facts::Facts;
use crate::envelope::origin::Origin;
use crate::gc::process::Process;
use crate::limits::Limits;
use crate::text::part;
use crate::trace::{Damage, Line, Place, Trace};
use std::collections::VecDeque;

/// Nanoseconds for which a trace id that the stream showed is taken to be the crash's.
const TRACE_ID_NS: i64 = 5_000_000_000;

/// Bytes of a stream that holds something, without what it holds.
const OWN_BYTES: usize = 2048;

/// Crashes of a stream whose first lines are remembered, for telling those that come again.
const TOLD: usize = 4;

/// A stream.
#[derive(Debug, Default)]
pub struct Member {
    /// Its id, `None` where records do not say.
    pub id: Option<Box<str>>,
    /// `stdout` or `stderr`, where records say it.
    pub log_stream: Option<&'static str>,
    /// Who writes it.
    pub origin: Box<Origin>,
    /// Its assembler.
    pub stream: Stream,
    /// A line of which more follows.
    pub pieces: Option<Box<Pieces>>,
    /// How far its clock is ahead.
    pub skew: Skew,
    /// Time of the partition at its last line.
    pub quiet_since: i64,
    /// Time of its newest line, 0 where unknown.
    pub last_time: i64,
    /// Time of the line before the last.
    before_last: i64,
    last: i64,
    /// Time of the partition when its open trace began.
    pub began: i64,
    /// When its open trace began, where its lines do not say: the record's timestamp.
    pub opened: i64,
    /// When it is looked at next, in the partition's time; 0 where it is not.
    pub due: i64,
    /// Number of its last record, for telling which streams are gone.
    pub seen: u64,
    /// Its row in the table of services.
    pub service: u32,
    /// Second and number of the lines that are not yet counted.
    pub uncounted: (i64, u64),
    /// The garbage collector of its process, where it traces itself.
    pub gc: Option<Box<Process>>,
    /// Lines of runs that came again.
    pub repeated: u64,
    trace_id: Option<([u8; 32], i64, i64)>,
    order: Option<Box<Order>>,
    told: VecDeque<(i64, Option<i64>, Box<[u8]>)>,
}

impl Member {
    /// Takes a line; traces that end go to `told`.
    pub fn line(&mut self, line: Line<'_>, limits: &Limits, told: &mut Vec<Trace>) {
        let before = self.stream.open_at();
        if before.is_some() && self.order.as_mut().is_some_and(|order| order.repeats(line)) {
            self.repeated += 1;
            return;
        }
        let swapped = before.is_none() && line.time != 0 && line.time < self.last_time;
        let above = if swapped { Some(self.stream.line_above()) } else { None };
        let known = told.len();
        self.stream.line(Line { text: part(line.text, 0, limits.line_bytes), ..line }, limits, told);
        if line.text.len() > limits.line_bytes {
            self.stream.mark_limits();
        }
        let after = self.stream.open_at();
        if before.is_some() && after != before {
            self.ended(limits, told.get_mut(known));
        }
        if after.is_some() {
            if after != before {
                self.began(line, above);
            } else if let Some(order) = &mut self.order {
                order.push(line);
            }
        }
        self.heard(line.time);
    }

    /// A line of that time came.
    #[inline]
    pub fn heard(&mut self, time: i64) {
        self.before_last = self.last;
        self.last = time;
        self.last_time = self.last_time.max(time);
    }

    /// Ends the open trace.
    pub fn close(&mut self, limits: &Limits, told: &mut Vec<Trace>) {
        let known = told.len();
        self.stream.close(told);
        self.ended(limits, told.get_mut(known));
    }

    /// Its last line came at that time of the partition.
    pub fn spoke_at(&mut self, now: i64) {
        self.quiet_since = now;
        if let Some(pieces) = &mut self.pieces {
            pieces.spoke_at(now);
        }
    }

    /// When its open trace has waited long enough, or is too old, in the partition's time.
    pub fn closes_at(&self, limits: &Limits) -> Option<i64> {
        self.stream.wait(limits).map(|wait| (self.quiet_since + wait).min(self.began + limits.age_ns))
    }

    /// True where its open trace still waited for lines when it became too old.
    pub fn is_cut_by_age(&self, limits: &Limits) -> bool {
        self.stream.wait(limits).is_some_and(|wait| self.quiet_since + wait > self.began + limits.age_ns)
    }

    /// When something of it has waited long enough.
    pub fn waits_until(&self, limits: &Limits) -> Option<i64> {
        let joins = self.pieces.as_ref().map(|pieces| pieces.waits_until());
        self.closes_at(limits).into_iter().chain(joins).min()
    }

    /// First lines of what it holds.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.stream.open_at().into_iter().chain(self.pieces.as_ref().map(|pieces| pieces.place))
    }

    /// True where it may not be forgotten.
    pub fn is_busy(&self) -> bool {
        self.stream.open_at().is_some() || self.pieces.is_some()
    }

    /// Bytes that its open trace and its pieces hold.
    pub fn held_bytes(&self) -> usize {
        let pieces = self.pieces.as_ref().map_or(0, |pieces| pieces.text().len());
        let order = self.order.as_ref().map_or(0, |order| order.held_bytes());
        let own = if self.is_busy() { OWN_BYTES } else { 0 };
        self.stream.open_bytes() + order + pieces + own
    }

    /// Learns who writes it: what a later record says of it counts, what it leaves out stays.
    pub fn learn(&mut self, facts: &Facts<'_>) {
        self.origin.update(Origin::of(facts));
    }

    /// The stream showed this trace id in the record of that offset.
    pub fn show_trace_id(&mut self, id: &[u8], time: i64, offset: i64) {
        self.trace_id = id.try_into().ok().map(|id| (id, time, offset)).or(self.trace_id);
    }

    /// The trace id that the stream showed last, if that was not long before, and the offset of its record.
    pub fn trace_id(&self, time: i64) -> Option<(&str, i64)> {
        let near = |(_, shown, _): &&([u8; 32], i64, i64)| (time - shown).abs() <= TRACE_ID_NS;
        let (id, _, offset) = self.trace_id.as_ref().filter(near)?;
        std::str::from_utf8(id).ok().map(|id| (id, *offset))
    }

    fn began(&mut self, line: Line<'_>, above: Option<(Vec<u8>, Place)>) {
        self.order = None;
        if !order::is_fine(line.time) && line.in_file.is_none() {
            return;
        }
        if self
            .told
            .iter()
            .any(|(time, in_file, text)| (*time, *in_file) == (line.time, line.in_file) && **text == *line.text)
        {
            self.stream.mark_repeated();
        }
        if order::is_fine(line.time) && self.before_last > line.time {
            // One line that came too early is put back; what came before that is gone.
            self.stream.mark_reordered();
        }
        let mut order = Box::new(Order::default());
        if let Some((text, place)) = above {
            order.push(Line { text: &text, place, time: self.last_time, in_file: None });
        }
        order.push(line);
        self.order = Some(order);
    }

    fn ended(&mut self, limits: &Limits, told: Option<&mut Trace>) {
        let Some(order) = self.order.take() else { return };
        if let Some((time, in_file, text)) = order.head() {
            self.told.truncate(TOLD - 1);
            self.told.push_front((time, in_file, text.into()));
        }
        if let Some((told, sorted)) = told.zip(order.sorted(limits)) {
            *told = Trace { damage: Damage { reordered: told.damage.reordered, ..sorted.damage }, ..sorted };
        }
    }
}
