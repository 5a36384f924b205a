//! How many different streams there were, in a few hundred bytes.
//!
//! A `HyperLogLog` sketch: exact up to a few dozen streams, beyond within 3 % two times out of three. Its bytes are the
//! format of Apache `DataSketches`; no bytes are the sketch of nothing.

use datasketches::error::Error;
use datasketches::hll::{HllSketch, HllType, HllUnion};

/// Registers as a power of two: 1,024 of 4 bits, so that a row stays small.
const LG_K: u8 = 10;

/// Adds streams to a sketch.
///
/// # Errors
/// The bytes are no sketch.
pub fn added<'a>(sketch: &[u8], streams: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, Error> {
    let mut known = read(sketch)?;
    streams.for_each(|stream| known.update(stream));
    Ok(known.serialize())
}

/// Counts the streams that are in any of the sketches; their order does not matter.
///
/// # Errors
/// The bytes of one are no sketch.
pub fn counted<'a>(sketches: impl Iterator<Item = &'a [u8]>) -> Result<u64, Error> {
    Ok(whole(union(sketches)?.composite_estimate()))
}

/// One sketch of the streams that are in any of these; it counts as they do.
///
/// # Errors
/// The bytes of one are no sketch.
pub fn joined<'a>(sketches: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    Ok(union(sketches)?.to_sketch(HllType::Hll4).serialize())
}

fn union<'a>(sketches: impl Iterator<Item = &'a [u8]>) -> Result<HllUnion, Error> {
    let mut all = HllUnion::new(LG_K)?;
    for sketch in sketches {
        all.update(&read(sketch)?);
    }
    Ok(all)
}

fn read(sketch: &[u8]) -> Result<HllSketch, Error> {
    if sketch.is_empty() { HllSketch::new(LG_K, HllType::Hll4) } else { HllSketch::deserialize(sketch) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an estimate is a small number above 0
fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(streams: std::ops::Range<u32>) -> Vec<u8> {
        let names: Vec<String> = streams.map(|number| format!("stream-{number}")).collect();
        added(&[], names.iter().map(String::as_str)).unwrap_or_default()
    }

    fn count(sketches: &[Vec<u8>]) -> u64 {
        counted(sketches.iter().map(Vec::as_slice)).unwrap_or_default()
    }

    #[test]
    fn few_streams_are_counted_exactly() {
        for number in 0..60 {
            assert_eq!(count(&[sketch(0..number)]), u64::from(number));
        }
    }

    #[test]
    fn many_streams_are_counted_nearly_in_a_few_hundred_bytes() {
        let many = sketch(0..100_000);
        assert!((90_000..110_000).contains(&count(std::slice::from_ref(&many))));
        assert!(many.len() < 700, "{}", many.len());
    }

    #[test]
    fn a_stream_that_is_in_two_sketches_counts_once() {
        assert_eq!(count(&[sketch(0..20), sketch(10..30), Vec::new()]), 30);
    }

    #[test]
    fn sketches_that_were_joined_count_as_they_did_apart() {
        let sketches: Vec<Vec<u8>> = (0..40).map(|number| sketch(number * 7..number * 9 + 3)).collect();
        let mut one = Vec::new();
        for (at, more) in sketches.iter().enumerate() {
            one = joined([one.as_slice(), more.as_slice()].into_iter()).unwrap_or_default();
            assert_eq!(count(std::slice::from_ref(&one)), count(sketches.get(..=at).unwrap_or_default()));
            assert!(one.len() < 700, "{}", one.len());
        }
    }

    #[test]
    fn what_is_no_sketch_is_refused() {
        assert!(added(b"no sketch", std::iter::empty()).is_err());
        assert!(counted(std::iter::once(b"no sketch".as_slice())).is_err());
    }
}
