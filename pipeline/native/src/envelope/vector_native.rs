//! Vector's codec `native`: its own events in Protocol Buffers, one `EventArray` a record. Schema:
//! lib/vector-core/proto/event.proto in Vector's sources.

use super::facts::{Broken, Facts, Slot, Value};
use super::names::ROOT;
use super::pairs::{self, Item};
use super::wire::{Field, Message};

/// Gives each log event to `emit`, in order; metrics and traces hold no lines. What stands in front of a break has been
/// given by then.
pub fn lines<'r>(bytes: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    for field in Message::new(bytes) {
        if let (1, Field::Bytes(logs)) = field? {
            log_array(logs, emit)?;
        }
    }
    Ok(())
}

fn log_array<'r>(logs: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    for field in Message::new(logs) {
        if let (1, Field::Bytes(event)) = field? {
            let mut facts = Facts::default();
            log(event, &mut facts)?;
            emit(&facts);
        }
    }
    Ok(())
}

/// An event is a map of fields, in older versions and where it may be one; else any value, a line alone for one.
fn log<'r>(event: &'r [u8], facts: &mut Facts<'r>) -> Result<(), Broken> {
    for field in Message::new(event) {
        match field? {
            (1, Field::Bytes(entry)) => pairs::pair(entry, ROOT, value, facts)?,
            (2, Field::Bytes(whole)) => match value(whole)? {
                Item::Members(fields) => pairs::list(fields, ROOT, value, facts)?,
                Item::Plain(line) => facts.set(Slot::Text, line),
                Item::Array(_) => {}
            },
            _ => {}
        }
    }
    Ok(())
}

fn value(bytes: &[u8]) -> Result<Item<'_>, Broken> {
    let mut item = Item::Plain(Value::None);
    for field in Message::new(bytes) {
        item = match field? {
            (1, Field::Bytes(text)) => Item::Plain(Value::Text(text)),
            (2, Field::Bytes(time)) => Item::Plain(timestamp(time)?),
            (4, Field::Varint(number)) => Item::Plain(Value::Integer(number.cast_signed())),
            (5, Field::Fixed64(bits)) => Item::Plain(Value::Float(f64::from_bits(bits))),
            (6, Field::Varint(is)) => Item::Plain(Value::boolean(is != 0)),
            (7, Field::Bytes(fields)) => Item::Members(fields),
            (8, Field::Bytes(items)) => Item::Array(items),
            _ => item,
        };
    }
    Ok(item)
}

/// `google.protobuf.Timestamp`: seconds 1, nanoseconds 2.
fn timestamp(bytes: &[u8]) -> Result<Value<'_>, Broken> {
    let (mut seconds, mut nanoseconds) = (0, 0);
    for field in Message::new(bytes) {
        match field? {
            (1, Field::Varint(number)) => seconds = number.cast_signed(),
            (2, Field::Varint(number)) => nanoseconds = number.cast_signed(),
            _ => {}
        }
    }
    Ok(Value::time_of(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::said;
    use super::super::wire::tests::{field, nested};
    use super::*;
    use Slot::*;

    fn text(text: &str) -> Vec<u8> {
        field(1, text.as_bytes())
    }

    fn entry(name: &str, value: &[u8]) -> Vec<u8> {
        field(1, &[field(1, name.as_bytes()), field(2, value)].concat())
    }

    fn events(events: &[Vec<u8>]) -> Vec<u8> {
        field(1, &events.iter().flat_map(|event| field(1, event)).collect::<Vec<u8>>())
    }

    /// A line of `kubernetes_logs`, cut down from a real one.
    fn line(message: &str) -> Vec<u8> {
        let labels = field(7, &entry("app.kubernetes.io/name", &text("billing-api")));
        let kubernetes = [entry("container_id", &text("containerd://100ed0")), entry("pod_labels", &labels)];
        let timestamp = field(2, b"\x08\xa2\xb9\x8d\xd6\x06\x10\x97\x8e\xf8\xc6\x01");
        let members = [
            entry("kubernetes", &field(7, &kubernetes.concat())),
            entry("message", &text(message)),
            entry("stream", &text("stderr")),
            entry("timestamp", &timestamp),
        ];
        members.concat()
    }

    #[test]
    fn a_line_has_the_facts_of_its_nested_members() {
        let slots = [Text, Stream, ShipperTime, ContainerId, Service];
        let expected = "panic: boom|stderr|1791188130417203991|containerd://100ed0|billing-api";
        assert_eq!(said(lines, &events(&[line("panic: boom")]), &slots), Ok(vec![expected.to_owned()]));
    }

    #[test]
    fn events_are_told_in_order() {
        let expected = ["panic: boom", "", "goroutine 1 [running]:"].map(str::to_owned).to_vec();
        let bytes = events(&expected.iter().map(|text| line(text)).collect::<Vec<_>>());
        assert_eq!(said(lines, &bytes, &[Text]), Ok(expected));
    }

    #[test]
    fn an_event_that_is_no_map_is_the_line() {
        let dummy = entry(".", &[0x48, 0]);
        let plain = [dummy, field(2, &text("panic: boom"))].concat();
        let map = field(2, &field(7, &line("in a value")));
        let expected = ["panic: boom", "in a value"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, &events(&[plain, map]), &[Text]), Ok(expected));
    }

    #[test]
    fn metrics_and_traces_hold_no_lines() {
        assert_eq!(said(lines, &[field(2, &line("a")), field(3, &line("b"))].concat(), &[Text]), Ok(vec![]));
    }

    #[test]
    fn values_in_values_are_passed_however_deep() {
        for kind in [7, 8] {
            let event = [entry("message", &nested([kind, 1], 100_000)), line("a")].concat();
            assert_eq!(said(lines, &events(&[event]), &[Text]), Ok(vec!["a".to_owned()]));
        }
    }

    #[test]
    fn a_record_that_is_cut_is_broken() {
        let bytes = events(&[line("panic: boom")]);
        for end in 1..bytes.len() {
            assert_eq!(said(lines, bytes.get(..end).unwrap_or_default(), &[Text]), Err(Broken), "{end}");
        }
    }
}
