//! MessagePack as Fluent Bit and Fluentd write it: a map; or `[time, map]` and `[[time, metadata], map]`, as they hold
//! it themselves. Sources: Fluent Bit's plugins/out_kafka and the forward protocol's specification.

use super::facts::{Broken, Facts, Slot, Value};
use super::names::{self, ROOT};
use rmp::Marker;
use rmp::decode::{self, Bytes, NumValueReadError, RmpReadErr, ValueReadError};

/// Gives each record to `emit`, in order; several may stand one behind the other. What stands in front of a break has
/// been given by then.
pub fn lines<'r>(bytes: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    let mut input = Bytes::new(bytes);
    while !input.remaining_slice().is_empty() {
        let mut facts = Facts::default();
        record(&mut input, &mut facts)?;
        emit(&facts);
    }
    Ok(())
}

fn record<'r>(input: &mut Bytes<'r>, facts: &mut Facts<'r>) -> Result<(), Broken> {
    let mut item = next(input)?;
    if item == Item::Array(2) {
        let head = next(input)?;
        facts.set(Slot::ShipperTime, time(head, input)?);
        item = next(input)?;
    }
    let Item::Map(count) = item else { return Err(Broken) };
    members(input, count, ROOT, facts)
}

/// Time of the record, which may have metadata beside it: `EventTime`, or seconds.
fn time<'r>(head: Item<'r>, input: &mut Bytes<'r>) -> Result<Value<'r>, Broken> {
    match head {
        Item::Array(2) => {
            let first = next(input)?;
            let metadata = next(input)?;
            pass(metadata, input)?;
            if matches!(first, Item::Array(_)) { Err(Broken) } else { time(first, input) }
        }
        Item::Extension(EVENT_TIME, bytes) => Ok(event_time(bytes)),
        Item::Plain(Value::Integer(seconds)) => Ok(Value::time_of(seconds, 0)),
        Item::Plain(Value::Float(seconds)) => Ok(Value::time((seconds * 1e9) as u64)),
        _ => Err(Broken),
    }
}

/// Type of the forward protocol's time: seconds and nanoseconds, four bytes each.
const EVENT_TIME: i8 = 0;

fn event_time(bytes: &[u8]) -> Value<'_> {
    let (Some((seconds, rest)), true) = (bytes.split_first_chunk(), bytes.len() == 8) else { return Value::None };
    let nanoseconds = rest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    Value::time_of(u32::from_be_bytes(*seconds).into(), nanoseconds.into())
}

/// The members of a map that was entered. It goes no deeper than the shippers' names do.
fn members<'r>(input: &mut Bytes<'r>, count: u32, node: usize, facts: &mut Facts<'r>) -> Result<(), Broken> {
    for _ in 0..count {
        let name = next(input)?;
        pass(name, input)?;
        let target = names::target(node, name.text()).unwrap_or_default();
        match (next(input)?, target.slot, target.node) {
            (Item::Plain(value), Some((slot, rank)), _) => facts.put(slot, rank, value),
            (Item::Map(count), _, Some(node)) => members(input, count, node, facts)?,
            (item, ..) => pass(item, input)?,
        }
    }
    Ok(())
}

/// What stands next; of an array and a map the head only.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item<'r> {
    Plain(Value<'r>),
    Extension(i8, &'r [u8]),
    Array(u32),
    Map(u32),
}

impl<'r> Item<'r> {
    fn text(self) -> &'r [u8] {
        if let Item::Plain(value) = self { value.raw() } else { b"" }
    }

    /// Values that stand in it.
    fn inside(self) -> u64 {
        match self {
            Item::Plain(_) | Item::Extension(..) => 0,
            Item::Array(count) => count.into(),
            Item::Map(count) => 2 * u64::from(count),
        }
    }
}

/// Passes what stands in `item`, however deep it is.
fn pass(item: Item<'_>, input: &mut Bytes<'_>) -> Result<(), Broken> {
    let mut left = item.inside();
    while left > 0 {
        left += next(input)?.inside();
        left -= 1;
    }
    Ok(())
}

fn next<'r>(input: &mut Bytes<'r>) -> Result<Item<'r>, Broken> {
    use Marker::*;
    let marker = Marker::from_u8(*input.remaining_slice().first().ok_or(Broken)?);
    Ok(match marker {
        FixStr(_) | Str8 | Str16 | Str32 => {
            let length = decode::read_str_len(input)?;
            Item::Plain(Value::Text(take(input, length)?))
        }
        Bin8 | Bin16 | Bin32 => {
            let length = decode::read_bin_len(input)?;
            Item::Plain(Value::Text(take(input, length)?))
        }
        FixExt1 | FixExt2 | FixExt4 | FixExt8 | FixExt16 | Ext8 | Ext16 | Ext32 => {
            let extension = decode::read_ext_meta(input)?;
            Item::Extension(extension.typeid, take(input, extension.size)?)
        }
        FixArray(_) | Array16 | Array32 => Item::Array(decode::read_array_len(input)?),
        FixMap(_) | Map16 | Map32 => Item::Map(decode::read_map_len(input)?),
        _ => Item::Plain(scalar(marker, input)?),
    })
}

fn scalar<'r>(marker: Marker, input: &mut Bytes<'r>) -> Result<Value<'r>, Broken> {
    Ok(match marker {
        Marker::Null => decode::read_nil(input).map(|()| Value::None)?,
        Marker::True | Marker::False => Value::boolean(decode::read_bool(input)?),
        Marker::F32 => Value::Float(decode::read_f32(input)?.into()),
        Marker::F64 => Value::Float(decode::read_f64(input)?),
        Marker::Reserved => return Err(Broken),
        _ => i64::try_from(decode::read_int::<i128, _>(input)?).map_or(Value::None, Value::Integer),
    })
}

fn take<'r>(input: &mut Bytes<'r>, length: u32) -> Result<&'r [u8], Broken> {
    let length = usize::try_from(length).map_err(|_| Broken)?;
    let (bytes, tail) = input.remaining_slice().split_at_checked(length).ok_or(Broken)?;
    *input = Bytes::new(tail);
    Ok(bytes)
}

impl<E: RmpReadErr> From<ValueReadError<E>> for Broken {
    fn from(_: ValueReadError<E>) -> Self {
        Broken
    }
}

impl<E: RmpReadErr> From<NumValueReadError<E>> for Broken {
    fn from(_: NumValueReadError<E>) -> Self {
        Broken
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{read, said};
    use super::*;
    use Slot::*;
    use data_encoding::BASE64;

    /// What Fluent Bit 5.1 writes with `format msgpack`.
    const FLUENT_BIT: &[u8] = b"hapAdGltZXN0YW1wy0HasNcomrTQpHRpbWW+MjAyNi0xMC0wNVQwODoxNTozMC40MTcyODYwNTNa\
        pnN0cmVhbaZzdGRlcnKiX3ChRqNsb2e2Z29yb3V0aW5lIDEgW3J1bm5pbmddOg==";

    const MAP: &[u8] = b"\x81\xa3log\xabpanic: boom";

    #[test]
    fn fluent_bits_map_is_a_line() {
        let bytes = BASE64.decode(FLUENT_BIT).unwrap_or_default();
        let slots = [Text, Stream, Joined, Time, ShipperTime];
        let expected = "goroutine 1 [running]:|stderr|F|2026-10-05T08:15:30.417286053Z|1791188130.417286";
        assert_eq!(said(lines, &bytes, &slots), Ok(vec![expected.to_owned()]));
    }

    #[test]
    fn a_time_beside_the_map_is_read_in_each_form() {
        let event_time = b"\xd7\x00\x6a\xc3\x5c\xa2\x18\xde\x07\x17";
        let heads = [
            [&b"\x92"[..], event_time].concat(),
            [&b"\x92\x92"[..], event_time, b"\x81\xa1a\x91\x01"].concat(),
            b"\x92\xce\x6a\xc3\x5c\xa2".to_vec(),
            [&b"\x92\xcb"[..], &1_791_188_130.5_f64.to_be_bytes()].concat(),
        ];
        let times: Vec<_> = heads.iter().map(|head| said(lines, &[head, MAP].concat(), &[ShipperTime, Text])).collect();
        let expected = ["1791188130417203991", "1791188130417203991", "1791188130000000000", "1791188130500000000"];
        assert_eq!(times, expected.map(|time| Ok(vec![format!("{time}|panic: boom")])));
    }

    #[test]
    fn records_one_behind_the_other_are_told_in_order() {
        let bytes = [MAP, b"\x81\xa3log\xa0", MAP].concat();
        let expected = ["panic: boom", "", "panic: boom"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, &bytes, &[Text]), Ok(expected));
    }

    #[test]
    fn members_of_nested_maps_are_found_by_their_names() {
        let bytes =
            b"\x82\xaakubernetes\x83\xa4host\xa6node-3\xa3ips\x92\xa11\xa12\xa6labels\x81\xa3app\xa4cart\xa3log\xa1a";
        assert_eq!(said(lines, bytes, &[Host, Service, Text]), Ok(vec!["node-3|cart|a".to_owned()]));
    }

    #[test]
    fn numbers_booleans_and_bytes_are_values() {
        let bytes = b"\x86\xa3pid\xcd\x10\x92\x01\xc3\xa6stream\xc0\xa3log\xc4\x02\xff\xfe\xa4date\xcf\xff\xff\xff\xff\
            \xff\xff\xff\xff\xa3msg\xd4\x05\x00";
        let facts = read(lines, bytes).unwrap_or_default();
        let values = |slot| facts.iter().map(|facts| facts.get(slot)).collect::<Vec<_>>();
        assert_eq!(values(Pid), [Value::Integer(4242)]);
        assert_eq!(values(Text), [Value::Text(b"\xff\xfe")]);
        assert_eq!(values(Stream), [Value::None]);
        assert_eq!(values(ShipperTime), [Value::None]);
    }

    #[test]
    fn values_in_values_are_passed_however_deep() {
        for (deep, innermost) in [(&b"\x91"[..], &b"\xc0"[..]), (b"\x81\xa1a", b"\xc0"), (b"\x81\xa3log", b"\x80")] {
            let deep = [deep.repeat(100_000), innermost.to_vec()].concat();
            let bytes = [b"\x82\xa3msg", &deep[..], b"\xa3log\xa1a"].concat();
            assert_eq!(said(lines, &bytes, &[Text]), Ok(vec!["a".to_owned()]));
            assert_eq!(said(lines, &deep, &[Text]).is_ok(), deep.starts_with(b"\x81"));
        }
        assert_eq!(said(lines, &b"\x81".repeat(100_000), &[Text]), Err(Broken));
        assert_eq!(said(lines, &b"\x92".repeat(100_000), &[Text]), Err(Broken));
    }

    #[test]
    fn lengths_beyond_the_end_are_broken_at_once() {
        for head in
            [&b"\xdf"[..], b"\xdd", b"\xdb", b"\xc6", b"\xc9", b"\x81\xa1a\xdf", b"\x81\xa1a\xdd", b"\x81\xa3log\xdb"]
        {
            let bytes = [head, b"\xff\xff\xff\xff\x01\x02\x03"].concat();
            assert_eq!(said(lines, &bytes, &[Text]), Err(Broken), "{head:x?}");
        }
    }

    #[test]
    fn what_is_no_record_is_broken() {
        for bytes in
            [&b"\x01"[..], b"\xa5panic", b"\xc1", b"\x90", b"\x93\x01\x02\x80", b"\x92\x01\x02", b"\x92\x80\x80"]
        {
            assert_eq!(said(lines, bytes, &[Text]), Err(Broken), "{bytes:x?}");
        }
    }
}
