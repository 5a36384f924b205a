//! OTLP's logs in JSON: a batch of lines of many containers in one record. Members come in any order, and their names
//! as the specification writes them or as the protocol's fields are called.

use super::facts::{Broken, Facts, Slot, Value};
use super::json::{Next, Reader};
use super::names::{self, ROOT, Target};
use crate::text::number;

/// Gives each line of an `ExportLogsServiceRequest` to `emit`, in order. What stands in front of a break has been given
/// by then.
pub fn lines<'r>(bytes: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    let mut reader = Reader::new(bytes);
    if reader.peek() != Some(b'{') {
        return Err(Broken);
    }
    members(&mut reader, |name, reader| match name {
        b"resourceLogs" | b"resource_logs" => items(reader, |reader| resource_logs(reader, emit)),
        _ => reader.skip(),
    })?;
    if reader.ends() { Ok(()) } else { Err(Broken) }
}

/// The resource may stand behind the lines that it wrote; they wait for it.
fn resource_logs<'r>(reader: &mut Reader<'r>, emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    let (mut facts, mut known, mut waiting) = (Facts::default(), false, None);
    members(reader, |name, reader| match name {
        b"resource" => {
            known = true;
            resource(reader, &mut facts)
        }
        b"scopeLogs" | b"scope_logs" if known => items(reader, |reader| scope_logs(reader, &facts, emit)),
        b"scopeLogs" | b"scope_logs" => {
            waiting = Some(*reader);
            reader.skip()
        }
        _ => reader.skip(),
    })?;
    let Some(mut waiting) = waiting else { return Ok(()) };
    items(&mut waiting, |reader| scope_logs(reader, &facts, emit))
}

fn resource<'r>(reader: &mut Reader<'r>, facts: &mut Facts<'r>) -> Result<(), Broken> {
    members(reader, |name, reader| match name {
        b"attributes" => items(reader, |reader| pair(reader, ROOT, facts)),
        _ => reader.skip(),
    })
}

fn scope_logs<'r>(
    reader: &mut Reader<'r>,
    resource: &Facts<'r>,
    emit: &mut dyn FnMut(&Facts<'r>),
) -> Result<(), Broken> {
    members(reader, |name, reader| match name {
        b"logRecords" | b"log_records" => items(reader, |reader| {
            let mut facts = resource.clone();
            log_record(reader, &mut facts)?;
            emit(&facts);
            Ok(())
        }),
        _ => reader.skip(),
    })
}

fn log_record<'r>(reader: &mut Reader<'r>, facts: &mut Facts<'r>) -> Result<(), Broken> {
    members(reader, |name, reader| {
        match name {
            b"timeUnixNano" | b"time_unix_nano" => facts.set(Slot::Time, time(plain(reader)?)),
            b"observedTimeUnixNano" | b"observed_time_unix_nano" => facts.set(Slot::ShipperTime, time(plain(reader)?)),
            b"body" => body(reader, facts)?,
            b"attributes" => items(reader, |reader| pair(reader, ROOT, facts))?,
            b"traceId" | b"trace_id" => facts.set(Slot::TraceId, id(plain(reader)?)),
            b"spanId" | b"span_id" => facts.set(Slot::SpanId, id(plain(reader)?)),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

/// The line; or an application's record, whose own text member is the line.
fn body<'r>(reader: &mut Reader<'r>, facts: &mut Facts<'r>) -> Result<(), Broken> {
    match any_value(reader)? {
        Item::Plain(line) => facts.set(Slot::Text, line),
        Item::Array(values) => facts.set(Slot::Text, first(values)?),
        Item::Members(values) => each(values, |reader| pair(reader, ROOT, facts))?,
    }
    Ok(())
}

/// A number of 64 bits, in quotes or not.
fn time(nanoseconds: Value<'_>) -> Value<'_> {
    match number(&nanoseconds.text()) {
        Some((nanoseconds, b"")) => Value::time(nanoseconds),
        _ => Value::None,
    }
}

/// Hexadecimal digits, unlike other bytes in JSON; unknown where all are zero or missing.
fn id(digits: Value<'_>) -> Value<'_> {
    let digits = digits.raw();
    let known = digits.iter().all(u8::is_ascii_hexdigit) && digits.iter().any(|b| *b != b'0');
    if known { Value::Digits(digits) } else { Value::None }
}

/// Puts what a `KeyValue` says into `facts`; its key is looked up in the object `node`. It goes no deeper than the
/// shippers' names do.
fn pair<'r>(reader: &mut Reader<'r>, node: usize, facts: &mut Facts<'r>) -> Result<(), Broken> {
    let (mut target, mut value) = (Target::default(), Item::Plain(Value::None));
    members(reader, |name, reader| {
        match name {
            b"key" => target = names::target(node, plain(reader)?.raw()).unwrap_or_default(),
            b"value" => value = any_value(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    match (value, target.slot, target.node) {
        (Item::Plain(value), Some((slot, rank)), _) => facts.put(slot, rank, value),
        (Item::Array(values), Some((slot, rank)), _) => facts.put(slot, rank, first(values)?),
        (Item::Members(values), _, Some(node)) => each(values, |reader| pair(reader, node, facts))?,
        _ => {}
    }
    Ok(())
}

/// What an `AnyValue` turned out to be; a reader stands in front of `{"values":[…]}`.
enum Item<'r> {
    Plain(Value<'r>),
    Array(Reader<'r>),
    Members(Reader<'r>),
}

fn any_value<'r>(reader: &mut Reader<'r>) -> Result<Item<'r>, Broken> {
    let mut item = Item::Plain(Value::None);
    members(reader, |name, reader| {
        let here = *reader;
        let value = plain(reader)?;
        item = match name {
            b"arrayValue" | b"array_value" => Item::Array(here),
            b"kvlistValue" | b"kvlist_value" => Item::Members(here),
            b"bytesValue" | b"bytes_value" => Item::Plain(Value::Base64(value.raw())),
            _ => Item::Plain(value),
        };
        Ok(())
    })?;
    Ok(item)
}

/// The first item of an array, where it is a plain one.
fn first(values: Reader<'_>) -> Result<Value<'_>, Broken> {
    let mut found = None;
    each(values, |reader| match (found, any_value(reader)?) {
        (None, Item::Plain(value)) => {
            found = Some(value);
            Ok(())
        }
        _ => Ok(()),
    })?;
    Ok(found.unwrap_or_default())
}

/// Calls `read` in front of each item of `{"values":[…]}`.
fn each<'r>(mut reader: Reader<'r>, mut read: impl FnMut(&mut Reader<'r>) -> Result<(), Broken>) -> Result<(), Broken> {
    members(&mut reader, |name, reader| match name {
        b"values" => items(reader, &mut read),
        _ => reader.skip(),
    })
}

/// Calls `read` behind the name of each member of an object; it must take the value. What is no object is passed.
fn members<'r>(
    reader: &mut Reader<'r>,
    mut read: impl FnMut(&'r [u8], &mut Reader<'r>) -> Result<(), Broken>,
) -> Result<(), Broken> {
    if !reader.takes(b'{') {
        return reader.skip();
    }
    while let Some(name) = reader.member()? {
        read(name, reader)?;
    }
    Ok(())
}

/// Calls `read` in front of each item of an array; it must take the item. What is no array is passed.
fn items<'r>(
    reader: &mut Reader<'r>,
    mut read: impl FnMut(&mut Reader<'r>) -> Result<(), Broken>,
) -> Result<(), Broken> {
    if !reader.takes(b'[') {
        return reader.skip();
    }
    while reader.item() {
        read(reader)?;
    }
    Ok(())
}

/// A plain value; of an array or object nothing.
fn plain<'r>(reader: &mut Reader<'r>) -> Result<Value<'r>, Broken> {
    match reader.value()? {
        Next::Plain(value) => Ok(value),
        Next::Object | Next::Array => reader.leave().map(|()| Value::None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{read, said};
    use super::*;
    use Slot::*;

    /// A batch of one resource.
    fn batch(resource: &str, records: &str) -> String {
        let resource = format!(r#""resource":{{"attributes":[{resource}]}}"#);
        format!(r#"{{"resourceLogs":[{{{resource},"scopeLogs":[{{"scope":{{}},"logRecords":[{records}]}}]}}]}}"#)
    }

    fn text(key: &str, value: &str) -> String {
        format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#)
    }

    /// Shortened from what the Collector writes.
    const COLLECTOR: &[u8] = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"cart-1"}},{"key":"container.id","value":{"stringValue":"100ed0"}},{"key":"container.image.tags","value":{"arrayValue":{"values":[{"stringValue":"2.14.3"},{"stringValue":"latest"}]}}}]},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"1791188130417339391","observedTimeUnixNano":"1791188130604339391","body":{"stringValue":"\t/srv/app/cart.go:66"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stderr"}}],"traceId":"2ff8bc76b859dc6292f9a30ff9b9a0ee","spanId":"2ff8bc76b859dc62"}]}]}]}"#;

    const SLOTS: [Slot; 9] = [Text, Stream, Pod, ContainerId, ImageTag, Time, ShipperTime, TraceId, SpanId];
    const SAID: &str = "\t/srv/app/cart.go:66|stderr|cart-1|100ed0|2.14.3|1791188130417339391|1791188130604339391|\
        2ff8bc76b859dc6292f9a30ff9b9a0ee|2ff8bc76b859dc62";

    #[test]
    fn a_line_of_the_collector_has_its_facts() {
        assert_eq!(said(lines, COLLECTOR, &SLOTS), Ok(vec![SAID.to_owned()]));
    }

    #[test]
    fn members_may_come_in_any_order_and_by_their_names_in_the_protocol() {
        let bytes = br#" {"resource_logs" : [ {"scope_logs":[{"log_records":[{"span_id":"2FF8BC76B859DC62",
            "trace_id":"2FF8BC76B859DC6292F9A30FF9B9A0EE","attributes":[{"value":{"string_value":"stderr"},
            "key":"log.iostream"}],"body":{"string_value":"\t\/srv\/app\/cart.go:66"},
            "observed_time_unix_nano":1791188130604339391,"time_unix_nano":1791188130417339391,"flags":1}],
            "scope":{"name":"x"}}],"schema_url":"","resource":{"dropped_attributes_count":0,"attributes":[
            {"key":"container.image.tags","value":{"array_value":{"values":[{"string_value":"2.14.3"}]}}},
            {"key":"container.id","value":{"string_value":"100ed0"}},
            {"value":{"string_value":"cart-1"},"key":"k8s.pod.name"}]}}]} "#;
        assert_eq!(said(lines, bytes, &SLOTS), Ok(vec![SAID.to_owned()]));
    }

    #[test]
    fn each_line_has_the_facts_of_its_own_container() {
        let cart =
            batch(&text("k8s.pod.name", "cart-1"), r#"{"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}}"#);
        let bill = batch(&text("k8s.pod.name", "bill-1"), r#"{"body":{"stringValue":"c"}}"#);
        let both = cart.replace("]}]}]}", "]}]},") + bill.trim_start_matches(r#"{"resourceLogs":["#);
        let expected = ["a|cart-1", "b|cart-1", "c|bill-1"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, both.as_bytes(), &[Text, Pod]), Ok(expected));
    }

    #[test]
    fn an_attribute_of_the_record_wins_over_the_same_of_the_resource() {
        let own = format!(r#"{{"attributes":[{}]}}"#, text("service.name", "cart"));
        let bytes = batch(&text("service.name", "unknown_service"), &own);
        assert_eq!(said(lines, bytes.as_bytes(), &[Service]), Ok(vec!["cart".to_owned()]));
    }

    #[test]
    fn times_and_ids_that_are_zero_are_unknown() {
        let record = r#"{"timeUnixNano":"0","observedTimeUnixNano":"1791188130604339391","traceId":"","spanId":"0000000000000000"}"#;
        let slots = [Time, ShipperTime, TraceId, SpanId];
        let expected = vec!["|1791188130604339391||".to_owned()];
        assert_eq!(said(lines, batch("", record).as_bytes(), &slots), Ok(expected));
    }

    #[test]
    fn bodies_of_each_kind_have_a_text() {
        let merged = format!(r#"{{"kvlistValue":{{"values":[{},{}]}}}}"#, text("level", "info"), text("log", "served"));
        let bodies = [
            (r#"{"stringValue":"panic: \u003cnil\u003e"}"#, "panic: <nil>"),
            (r#"{"stringValue":""}"#, ""),
            (r#"{"bytesValue":"cGFuaWM6IGJvb20="}"#, "panic: boom"),
            (r#"{"intValue":"7"}"#, "7"),
            (r#"{"doubleValue":7.5}"#, "7.5"),
            (r#"{"boolValue":true}"#, "true"),
            (r#"{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}"#, "a"),
            (&merged, "served"),
        ];
        for (body, line) in bodies {
            let bytes = batch("", &format!(r#"{{"body":{body}}}"#));
            assert_eq!(said(lines, bytes.as_bytes(), &[Text]), Ok(vec![line.to_owned()]), "{body}");
        }
    }

    #[test]
    fn an_empty_line_is_told_from_a_record_without_a_body() {
        let bytes = batch("", r#"{"body":{"stringValue":""}},{"body":{}},{},{"body":null}"#);
        let texts =
            read(lines, bytes.as_bytes()).map(|all| all.iter().map(|facts| facts.get(Text)).collect::<Vec<_>>());
        assert_eq!(texts, Ok(vec![Value::Text(b""), Value::None, Value::None, Value::None]));
    }

    #[test]
    fn labels_in_a_map_are_found_by_their_names() {
        let labels = text("app.kubernetes.io/name", "cart");
        let map = format!(r#"{{"key":"k8s.pod.labels","value":{{"kvlistValue":{{"values":[{labels}]}}}}}}"#);
        assert_eq!(said(lines, batch(&map, "{}").as_bytes(), &[Service]), Ok(vec!["cart".to_owned()]));
    }

    #[test]
    fn values_in_values_are_passed_however_deep() {
        for kind in ["arrayValue", "kvlistValue"] {
            let deep = format!(r#"{{"{kind}":{{"values":["#).repeat(100_000) + &"]}}".repeat(100_000);
            let resource = format!(r#"{{"key":"container.image.tags","value":{deep}}}"#);
            let bytes = batch(&resource, &format!(r#"{{"body":{deep}}},{{"body":{{"stringValue":"a"}}}}"#));
            let expected = ["|", "a|"].map(str::to_owned).to_vec();
            assert_eq!(said(lines, bytes.as_bytes(), &[Text, ImageTag]), Ok(expected));
        }
        assert_eq!(said(lines, "[".repeat(100_000).as_bytes(), &[Text]), Err(Broken));
        assert_eq!(said(lines, r#"{"resourceLogs":["#.repeat(100_000).as_bytes(), &[Text]), Err(Broken));
    }

    #[test]
    fn a_record_that_is_cut_is_broken() {
        for end in 0..COLLECTOR.len() {
            assert_eq!(said(lines, COLLECTOR.get(..end).unwrap_or_default(), &[Text]), Err(Broken), "{end}");
        }
    }
}
