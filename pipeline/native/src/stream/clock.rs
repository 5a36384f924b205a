//! The time of a partition, told by its records' timestamps. Clocks of shippers differ: of each stream only the
//! differences between its own timestamps count, so that one an hour ahead closes nothing.

const SECOND: i64 = 1_000_000_000;

/// A stream that is further ahead when it first speaks has a clock of its own.
const AHEAD: i64 = SECOND;

/// The same for one that is behind: shippers gather lines for seconds.
const BEHIND: i64 = 10 * SECOND;

/// A stream that leaps so far has set its clock, or reads an old file, or nobody spoke: that is no time in which others
/// could have gone on.
const LEAP: i64 = 60 * SECOND;

/// So many records take `STILL_NS` at least: no partition gets more than 100,000 a second. Where records have no
/// timestamps, or all the same, there is no other time.
const STILL: u32 = 10_000;

/// See [`STILL`].
const STILL_NS: i64 = SECOND / 10;

/// The time of one partition in nanoseconds since it is read: that of the records of all streams whose clocks agree. It
/// depends on few records, so that a worker that takes the partition over soon has the same.
#[derive(Debug, Default)]
pub struct Clock {
    now: i64,
    /// Now at the record before, and how many came since it moved.
    before: i64,
    still: u32,
    /// The timestamp at which it began, `None` before the first record that has one.
    start: Option<i64>,
}

/// How far the clock of one stream's records is ahead of the partition's, 0 where they agree; `None` before the first.
pub type Skew = Option<i64>;

impl Clock {
    /// Now.
    #[inline]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Now as records' timestamps tell it, `None` before the first that has one.
    pub fn timestamp(&self) -> Option<i64> {
        self.start.map(|start| start.saturating_add(self.now))
    }

    /// A record came with this timestamp, in nanoseconds.
    #[inline]
    pub fn tick(&mut self, skew: &mut Skew, timestamp: i64) {
        let start = *self.start.get_or_insert(timestamp.saturating_sub(self.now));
        let told = timestamp.saturating_sub(start);
        let off = told.saturating_sub(self.now);
        let agrees = (-BEHIND..=AHEAD).contains(&off);
        let local = told.saturating_sub(*skew.get_or_insert(if agrees { 0 } else { off }));
        if local.saturating_sub(self.now) > LEAP {
            *skew = Some(off);
        } else {
            self.now = self.now.max(local);
        }
    }

    /// A record was taken.
    #[inline]
    pub fn record(&mut self) {
        self.still = if self.now == self.before { self.still + 1 } else { 0 };
        if self.still == STILL {
            self.now += STILL_NS;
            self.still = 0;
        }
        self.before = self.now;
    }

    /// Nothing came for so long.
    pub fn idle(&mut self, nanoseconds: i64) {
        self.now = self.now.saturating_add(nanoseconds.max(0)).min(i64::MAX / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_220_445 * SECOND;
    const HOUR: i64 = 3600 * SECOND;

    fn ticked(clock: &mut Clock, skew: &mut Skew, seconds: i64) -> i64 {
        clock.tick(skew, START + seconds * SECOND);
        (clock.timestamp().unwrap_or(0) - START) / SECOND
    }

    #[test]
    fn shippers_an_hour_apart_tell_the_same_time() {
        let (mut clock, mut behind, mut right, mut ahead) = (Clock::default(), None, None, None);
        for second in 0..10 {
            assert_eq!(ticked(&mut clock, &mut right, second), second);
            assert_eq!(ticked(&mut clock, &mut behind, second - HOUR / SECOND), second);
            assert_eq!(ticked(&mut clock, &mut ahead, second + HOUR / SECOND), second);
        }
    }

    #[test]
    fn a_shipper_that_is_late_at_first_moves_nothing_when_it_is_in_time_again() {
        let (mut clock, mut right, mut late) = (Clock::default(), None, None);
        ticked(&mut clock, &mut right, 10);
        assert_eq!(ticked(&mut clock, &mut late, 3), 10);
        assert_eq!(ticked(&mut clock, &mut late, 10), 10);
    }

    #[test]
    fn a_leap_of_clocks_is_no_time_that_passed() {
        let (mut clock, mut one, mut other) = (Clock::default(), None, None);
        ticked(&mut clock, &mut one, 0);
        ticked(&mut clock, &mut other, 0);
        assert_eq!(ticked(&mut clock, &mut one, 3600), 0);
        assert_eq!(ticked(&mut clock, &mut other, 3600), 0);
        assert_eq!(ticked(&mut clock, &mut one, 3601), 1);
    }

    #[test]
    fn records_without_timestamps_move_it() {
        let mut clock = Clock::default();
        (0..100_000).for_each(|_| clock.record());
        assert_eq!((clock.now(), clock.timestamp()), (SECOND, None));
    }

    #[test]
    fn records_move_it_by_their_timestamps_alone_where_these_go_on() {
        let (mut clock, mut one) = (Clock::default(), None);
        for second in 0..100 {
            assert_eq!(ticked(&mut clock, &mut one, second), second);
            (0..STILL).for_each(|_| clock.record());
        }
        assert_eq!(clock.now(), 99 * SECOND);
    }

    #[test]
    fn what_passed_before_the_first_timestamp_makes_no_streams_clock_another() {
        let (mut clock, mut right, mut late) = (Clock::default(), None, None);
        clock.idle(HOUR);
        assert_eq!(ticked(&mut clock, &mut right, 10), 10);
        assert_eq!(ticked(&mut clock, &mut late, 3), 10);
        assert_eq!(ticked(&mut clock, &mut late, 10), 10);
    }
}
