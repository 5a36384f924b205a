//! Times as shippers write them, as nanoseconds since 1970 UTC, and back.

use super::facts::{Facts, Slot, Value};
use crate::text::{number, rest};

const SECOND: i64 = 1_000_000_000;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// When a line was written, as its facts say: by the program or its runtime, else by the shipper.
pub fn of(facts: &Facts<'_>) -> Option<i64> {
    parse(facts.get(Slot::Time)).or_else(|| parse(facts.get(Slot::ShipperTime)))
}

/// A time in any form but those without year: RFC 3339 with `Z`, `±hh:mm`, `±hhmm` or no zone (then UTC) and up to
/// nine digits; seconds since 1970 with or without decimals; ms, µs and ns told by their size.
pub fn parse(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Text(text) | Value::Escaped(text) if text.get(4) == Some(&b'-') => civil(text),
        Value::Text(text) | Value::Number(text) => decimal(text),
        Value::Integer(number) => scaled(number, 0),
        // A double holds about 16 digits: 2026 in seconds to a quarter of a microsecond.
        Value::Float(seconds) => (seconds.abs() < 9e9).then_some((seconds * 1e9) as i64),
        _ => None,
    }
}

/// `2026-11-21T00:20:45.120249605Z`
fn civil(text: &[u8]) -> Option<i64> {
    let [y3, y2, y1, y0, _, m1, m0, b'-', d1, d0, b'T' | b' ', h1, h0, b':', n1, n0, b':', s1, s0] =
        *text.first_chunk()?
    else {
        return None;
    };
    let days = days(digits([y3, y2, y1, y0])?, digits([m1, m0])?, digits([d1, d0])?);
    let seconds = days * DAY + digits([h1, h0])? * 3600 + digits([n1, n0])? * 60 + digits([s1, s0])?;
    let (nanos, zone) = fraction(rest(text, 19));
    seconds.checked_sub(offset(zone)?)?.checked_mul(SECOND)?.checked_add(nanos)
}

/// Nanoseconds of `.120249605` or `,120`, and what follows.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return (0, text);
    }
    let (mut nanos, mut count) = (0, 0);
    for digit in rest(text, 1).iter().take_while(|b| b.is_ascii_digit()) {
        nanos = if count < 9 { nanos * 10 + i64::from(digit - b'0') } else { nanos };
        count += 1;
    }
    (nanos * 10i64.pow(9u32.saturating_sub(count)), rest(text, 1 + count as usize))
}

/// The number that these digits are.
#[inline]
fn digits<const N: usize>(digits: [u8; N]) -> Option<i64> {
    let number = digits.iter().fold(0, |number, b| number * 10 + i64::from(b.wrapping_sub(b'0')));
    digits.iter().fold(true, |all, b| all & b.is_ascii_digit()).then_some(number)
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let sign = match zone.first() {
        None | Some(b'Z' | b'z') => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let digits: Vec<i64> = zone.iter().filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0')).collect();
    let [h1, h0, m1, m0] = digits.as_slice() else { return None };
    Some(sign * ((h1 * 10 + h0) * 3600 + (m1 * 10 + m0) * 60))
}

/// Days since 1970 of a date of the Gregorian calendar; years begin in March so that leap days end them.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// `1795220445.12025`, read as a decimal: as a double it would lose digits.
fn decimal(text: &[u8]) -> Option<i64> {
    let (whole, tail) = number(text)?;
    let whole = i64::try_from(whole).ok()?;
    match tail {
        [] => scaled(whole, 0),
        [b'.', ..] => Some(fraction(tail)).filter(|(_, tail)| tail.is_empty()).and_then(|(n, _)| scaled(whole, n)),
        [b'e' | b'E', ..] => None,
        _ => None,
    }
}

/// Seconds, ms, µs or ns by the number's size; each unit begins in 1973, none goes beyond 2262.
fn scaled(whole: i64, nanos: i64) -> Option<i64> {
    let (unit, below) = match whole {
        100_000_000..=99_999_999_999 => (SECOND, nanos),
        100_000_000_000..=99_999_999_999_999 => (1_000_000, nanos / 1000),
        100_000_000_000_000..=99_999_999_999_999_999 => (1000, 0),
        100_000_000_000_000_000.. => (1, 0),
        _ => return None,
    };
    whole.checked_mul(unit)?.checked_add(below)
}

/// `2026-11-21T00:20:45.120249605Z`: always nine digits.
pub fn format(time: i64) -> String {
    let (second, nanos) = (time.div_euclid(SECOND), time.rem_euclid(SECOND));
    let (day, of_day) = (second.div_euclid(DAY), second.rem_euclid(DAY));
    let (year, month, date) = date(day);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// The inverse of [`days`].
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let civil_month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(civil_month <= 2), civil_month, of_year - (153 * month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse(Value::Text(text.as_bytes())).map(format)
    }

    #[test]
    fn every_form_of_a_time_is_read() {
        for (form, utc) in [
            ("2026-11-21T00:20:45.120249605Z", "2026-11-21T00:20:45.120249605Z"),
            ("2026-11-21T05:50:45.12+05:30", "2026-11-21T00:20:45.120000000Z"),
            ("2026-11-20T21:20:45.12-0300", "2026-11-21T00:20:45.120000000Z"),
            ("2026-11-21 00:20:45", "2026-11-21T00:20:45.000000000Z"),
            ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000000Z"),
            ("1795220445.12025", "2026-11-21T00:20:45.120250000Z"),
            ("1795220445", "2026-11-21T00:20:45.000000000Z"),
            ("1795220445120", "2026-11-21T00:20:45.120000000Z"),
            ("1795220445120364", "2026-11-21T00:20:45.120364000Z"),
            ("1795220445120364667", "2026-11-21T00:20:45.120364667Z"),
        ] {
            assert_eq!(read(form).as_deref(), Some(utc), "{form}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for form in [
            "", "Oct  5 08:15:30", "2026-11-21", "2026-11-21Tnoon", "12", "1e300", "2026-11-21T00:20:45 CET",
            "99999999999",
        ] {
            assert_eq!(read(form), None, "{form}");
        }
    }
}
