//! Names with values as Protocol Buffers write them. OTLP's `KeyValue` and the entry of a `map` have equal field
//! numbers (name 1, value 2), and so have the messages that list them (1) and those that list plain values (1); only
//! what a value is differs.

use super::facts::{Broken, Facts, Value};
use super::names;
use super::wire::{Field, Message};

/// What a value turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'r> {
    /// A plain value.
    Plain(Value<'r>),
    /// A message that lists values.
    Array(&'r [u8]),
    /// A message that lists pairs.
    Members(&'r [u8]),
}

/// Reads the message of one value, as its schema says.
pub type Read = for<'r> fn(&'r [u8]) -> Result<Item<'r>, Broken>;

/// Puts what a list of pairs says into `facts`; their names are looked up in the object `node`.
pub fn list<'r>(bytes: &'r [u8], node: usize, read: Read, facts: &mut Facts<'r>) -> Result<(), Broken> {
    for field in Message::new(bytes) {
        if let (1, Field::Bytes(bytes)) = field? {
            pair(bytes, node, read, facts)?;
        }
    }
    Ok(())
}

/// The same for one pair. It goes no deeper than the shippers' names do.
pub fn pair<'r>(bytes: &'r [u8], node: usize, read: Read, facts: &mut Facts<'r>) -> Result<(), Broken> {
    let (mut name, mut value) = (&b""[..], &b""[..]);
    for field in Message::new(bytes) {
        match field? {
            (1, Field::Bytes(text)) => name = text,
            (2, Field::Bytes(message)) => value = message,
            _ => {}
        }
    }
    let Some(target) = names::target(node, name) else { return Ok(()) };
    match (read(value)?, target.slot, target.node) {
        (Item::Plain(value), Some((slot, rank)), _) => facts.put(slot, rank, value),
        (Item::Array(items), Some((slot, rank)), _) => facts.put(slot, rank, first(items, read)?),
        (Item::Members(pairs), _, Some(node)) => list(pairs, node, read, facts)?,
        _ => {}
    }
    Ok(())
}

/// The first item of an array, where it is a plain one.
pub fn first<'r>(items: &'r [u8], read: Read) -> Result<Value<'r>, Broken> {
    match Message::new(items).next().transpose()? {
        Some((1, Field::Bytes(item))) => match read(item)? {
            Item::Plain(value) => Ok(value),
            Item::Array(_) | Item::Members(_) => Ok(Value::None),
        },
        _ => Ok(Value::None),
    }
}
