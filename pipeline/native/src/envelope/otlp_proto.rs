//! OTLP's logs in Protocol Buffers: a batch of lines of many containers in one record. Writers differ in the order of
//! fields (the Collector writes them from the highest number down), so nothing here relies on one.

use super::facts::{Broken, Facts, Slot, Value};
use super::names::ROOT;
use super::pairs::{self, Item};
use super::wire::{Field, Message};

/// Gives each line of an `ExportLogsServiceRequest` (or `LogsData`, which has equal numbers) to `emit`, in order.
/// What stands in front of a break has been given by then.
pub fn lines<'r>(bytes: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    for field in Message::new(bytes) {
        if let (1, Field::Bytes(logs)) = field? {
            resource_logs(logs, emit)?;
        }
    }
    Ok(())
}

/// The resource may stand behind the lines that it wrote.
fn resource_logs<'r>(logs: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    let mut facts = Facts::default();
    for field in Message::new(logs) {
        if let (1, Field::Bytes(resource)) = field? {
            pairs::list(resource, ROOT, any_value, &mut facts)?;
        }
    }
    for field in Message::new(logs) {
        if let (2, Field::Bytes(scope)) = field? {
            scope_logs(scope, &facts, emit)?;
        }
    }
    Ok(())
}

fn scope_logs<'r>(scope: &'r [u8], resource: &Facts<'r>, emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    for field in Message::new(scope) {
        if let (2, Field::Bytes(record)) = field? {
            let mut facts = resource.clone();
            log_record(record, &mut facts)?;
            emit(&facts);
        }
    }
    Ok(())
}

fn log_record<'r>(record: &'r [u8], facts: &mut Facts<'r>) -> Result<(), Broken> {
    for field in Message::new(record) {
        match field? {
            (1, Field::Fixed64(time)) => facts.set(Slot::Time, Value::time(time)),
            (11, Field::Fixed64(observed)) => facts.set(Slot::ShipperTime, Value::time(observed)),
            (5, Field::Bytes(value)) => body(value, facts)?,
            (6, Field::Bytes(attribute)) => pairs::pair(attribute, ROOT, any_value, facts)?,
            (9, Field::Bytes(trace)) => facts.set(Slot::TraceId, id(trace)),
            (10, Field::Bytes(span)) => facts.set(Slot::SpanId, id(span)),
            _ => {}
        }
    }
    Ok(())
}

/// The line; or an application's record, whose own text member is the line.
fn body<'r>(value: &'r [u8], facts: &mut Facts<'r>) -> Result<(), Broken> {
    match any_value(value)? {
        Item::Plain(line) => facts.set(Slot::Text, line),
        Item::Array(items) => facts.set(Slot::Text, pairs::first(items, any_value)?),
        Item::Members(members) => pairs::list(members, ROOT, any_value, facts)?,
    }
    Ok(())
}

/// An id is unknown where its bytes are zero or missing.
fn id(bytes: &[u8]) -> Value<'_> {
    if bytes.iter().all(|b| *b == 0) { Value::None } else { Value::Hex(bytes) }
}

fn any_value(value: &[u8]) -> Result<Item<'_>, Broken> {
    let mut item = Item::Plain(Value::None);
    for field in Message::new(value) {
        item = match field? {
            (1 | 7, Field::Bytes(text)) => Item::Plain(Value::Text(text)),
            (2, Field::Varint(is)) => Item::Plain(Value::boolean(is != 0)),
            (3, Field::Varint(number)) => Item::Plain(Value::Integer(number.cast_signed())),
            (4, Field::Fixed64(bits)) => Item::Plain(Value::Float(f64::from_bits(bits))),
            (5, Field::Bytes(items)) => Item::Array(items),
            (6, Field::Bytes(members)) => Item::Members(members),
            _ => item,
        };
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{read, said};
    use super::super::wire::tests::{field, nested};
    use super::*;
    use Slot::*;

    const TIME: u64 = 1_791_188_130_417_203_991;

    fn text(text: &str) -> Vec<u8> {
        field(1, text.as_bytes())
    }

    fn key_value(key: &str, value: &[u8]) -> Vec<u8> {
        [field(2, value), field(1, key.as_bytes())].concat()
    }

    fn fixed64(number: u8, value: u64) -> Vec<u8> {
        [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
    }

    /// A batch of one resource as the Collector writes it: the highest number first.
    fn batch(resource: &[Vec<u8>], records: &[Vec<u8>]) -> Vec<u8> {
        let resource: Vec<u8> = resource.iter().flat_map(|attribute| field(1, attribute)).collect();
        let records: Vec<u8> = records.iter().flat_map(|record| field(2, record)).collect();
        let scope = [records, field(1, b"")].concat();
        field(1, &[field(2, &scope), field(1, &resource)].concat())
    }

    #[test]
    fn the_resource_is_known_though_it_stands_behind_its_lines() {
        let attribute = key_value("log.iostream", &text("stderr"));
        let empty_ids = b"\x52\x00\x4a\x00".to_vec();
        let record = [fixed64(11, TIME + 1), empty_ids, field(6, &attribute), field(5, &text("\tcart.go:66"))].concat();
        let record = [record, fixed64(1, TIME)].concat();
        let resource = [key_value("k8s.pod.name", &text("cart-1")), key_value("container.id", &text("100ed0"))];
        let slots = [Text, Stream, Pod, ContainerId, Time, ShipperTime, TraceId, SpanId];
        let expected = "\tcart.go:66|stderr|cart-1|100ed0|1791188130417203991|1791188130417203992||";
        assert_eq!(said(lines, &batch(&resource, &[record]), &slots), Ok(vec![expected.to_owned()]));
    }

    #[test]
    fn each_line_has_the_facts_of_its_own_container() {
        let cart = batch(&[key_value("k8s.pod.name", &text("cart-1"))], &[field(5, &text("a")), field(5, &text("b"))]);
        let bill = batch(&[key_value("k8s.pod.name", &text("bill-1"))], &[field(5, &text("c"))]);
        let expected = ["a|cart-1", "b|cart-1", "c|bill-1"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, &[cart, bill].concat(), &[Text, Pod]), Ok(expected));
    }

    #[test]
    fn an_attribute_of_the_record_wins_over_the_same_of_the_resource() {
        let own = field(6, &key_value("service.name", &text("cart")));
        let record = [own, field(5, &text("a"))].concat();
        let resource = [key_value("service.name", &text("unknown_service"))];
        assert_eq!(said(lines, &batch(&resource, &[record]), &[Service]), Ok(vec!["cart".to_owned()]));
    }

    #[test]
    fn ids_are_hexadecimal_and_unknown_where_they_are_zero() {
        let known = [field(9, b"\x2f\xf8\xbc\x76\xb8\x59\xdc\x62"), field(10, b"\x0f\xf9\xb9\xa0")].concat();
        let zero = [field(9, &[0; 16]), field(10, &[0; 8])].concat();
        let bytes = batch(&[], &[known, zero]);
        assert_eq!(
            said(lines, &bytes, &[TraceId, SpanId]),
            Ok(vec!["2ff8bc76b859dc62|0ff9b9a0".to_owned(), "|".to_owned()])
        );
    }

    #[test]
    fn a_line_without_a_time_of_its_own_has_the_collectors() {
        let bytes = batch(&[], &[[fixed64(1, 0), fixed64(11, TIME)].concat()]);
        assert_eq!(said(lines, &bytes, &[Time, ShipperTime]), Ok(vec![format!("|{TIME}")]));
    }

    #[test]
    fn bodies_of_each_kind_have_a_text() {
        let merged = [key_value("level", &text("info")), key_value("log", &text("served"))];
        let merged: Vec<u8> = merged.iter().flat_map(|member| field(1, member)).collect();
        let bodies =
            [text("panic: boom"), text(""), field(7, b"bytes"), vec![0x18, 7], vec![0x10, 1], field(6, &merged)];
        let bytes = batch(&[], &bodies.map(|body| field(5, &body)));
        let expected = ["panic: boom", "", "bytes", "7", "true", "served"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, &bytes, &[Text]), Ok(expected));
    }

    #[test]
    fn an_empty_line_is_told_from_a_record_without_a_body() {
        let bytes = batch(&[], &[field(5, &text("")), vec![]]);
        let texts = read(lines, &bytes).map(|all| all.iter().map(|facts| facts.get(Text)).collect::<Vec<_>>());
        assert_eq!(texts, Ok(vec![Value::Text(b""), Value::None]));
    }

    #[test]
    fn the_first_of_several_image_tags_is_taken() {
        let tags = field(5, &[field(1, &text("2.14.3")), field(1, &text("latest"))].concat());
        let bytes = batch(&[key_value("container.image.tags", &tags)], &[field(5, &text("a"))]);
        assert_eq!(said(lines, &bytes, &[ImageTag]), Ok(vec!["2.14.3".to_owned()]));
    }

    #[test]
    fn labels_in_a_map_are_found_by_their_names() {
        let name = field(1, &key_value("app.kubernetes.io/name", &text("cart")));
        let bytes = batch(&[key_value("k8s.pod.labels", &field(6, &name))], &[field(5, &text("a"))]);
        assert_eq!(said(lines, &bytes, &[Service]), Ok(vec!["cart".to_owned()]));
    }

    #[test]
    fn fields_that_a_later_version_adds_are_passed() {
        let later = [field(15, b"new"), fixed64(14, 1), vec![0x6d, 0, 0, 0, 0], vec![0x60, 1]].concat();
        let bytes = batch(&[], &[[later.clone(), field(5, &text("a"))].concat()]);
        assert_eq!(said(lines, &[later, bytes].concat(), &[Text]), Ok(vec!["a".to_owned()]));
    }

    #[test]
    fn values_in_values_are_passed_however_deep() {
        for kind in [5, 6] {
            let deep = key_value("container.image.tags", &nested([kind, 1], 100_000));
            let bytes = batch(&[deep], &[[field(5, &nested([kind, 1], 100_000)), field(5, &text("a"))].concat()]);
            assert_eq!(said(lines, &bytes, &[Text, ImageTag]), Ok(vec!["a|".to_owned()]));
        }
    }

    #[test]
    fn a_record_that_is_cut_is_broken() {
        let bytes = batch(&[key_value("k8s.pod.name", &text("cart-1"))], &[field(5, &text("panic: boom"))]);
        for end in 1..bytes.len() {
            assert_eq!(said(lines, bytes.get(..end).unwrap_or_default(), &[Text]), Err(Broken), "{end}");
        }
        assert_eq!(said(lines, b"\x0b\x0c", &[Text]), Err(Broken));
    }
}
