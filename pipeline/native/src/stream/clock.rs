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

/// The time of one partition in nanoseconds: that of the records of all streams whose clocks agree. It depends on few
/// records, so that a worker that takes the partition over soon has the same.
#[derive(Debug, Default)]
pub struct Clock(i64);

/// How far the clock of one stream's records is ahead of the partition's, 0 where they agree; `None` before the first.
pub type Skew = Option<i64>;

impl Clock {
    /// Now.
    pub fn now(&self) -> i64 {
        self.0
    }

    /// A record came with this timestamp, in nanoseconds.
    #[inline]
    pub fn tick(&mut self, skew: &mut Skew, timestamp: i64) {
        if self.0 == 0 {
            self.0 = timestamp;
        }
        let off = timestamp.saturating_sub(self.0);
        let agrees = (-BEHIND..=AHEAD).contains(&off);
        let local = timestamp.saturating_sub(*skew.get_or_insert(if agrees { 0 } else { off }));
        if local - self.0 > LEAP {
            *skew = Some(timestamp.saturating_sub(self.0));
        } else {
            self.0 = self.0.max(local);
        }
    }

    /// Nothing came for so long.
    pub fn idle(&mut self, nanoseconds: i64) {
        self.0 += nanoseconds.max(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_220_445 * SECOND;
    const HOUR: i64 = 3600 * SECOND;

    fn ticked(clock: &mut Clock, skew: &mut Skew, seconds: i64) -> i64 {
        clock.tick(skew, START + seconds * SECOND);
        (clock.now() - START) / SECOND
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
}
