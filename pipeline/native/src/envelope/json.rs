//! JSON read where it stands: no copy, no recursion, no complaint about bytes that are no UTF-8 (rsyslog passes them
//! on). A parser that builds values costs more than the whole detection does.

use super::facts::{Broken, Facts, Value};
use super::memo::Memo;
use super::names::{self, ROOT};
use crate::text::{part, rest};
use memchr::memchr2;

/// Objects within objects that are looked into.
const DEPTH: usize = 8;

/// Reads values in order; between calls it stands in front of a value, a name or a bracket.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

/// What stands at the reader's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next<'t> {
    /// An object was entered.
    Object,
    /// An array was entered.
    Array,
    /// A plain value was read.
    Plain(Value<'t>),
}

impl<'t> Reader<'t> {
    /// At the start of `text`.
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no white space, not taken.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte` where it is the next one.
    #[inline]
    pub fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    /// The name of the next member of the object that was entered; `None` at its end.
    #[inline]
    pub fn member(&mut self) -> Result<Option<&'t [u8]>, Broken> {
        let mut next = self.peek();
        if next == Some(b',') {
            self.at += 1;
            next = self.peek();
        }
        if next == Some(b'}') {
            self.at += 1;
            return Ok(None);
        }
        if next != Some(b'"') {
            return Err(Broken);
        }
        let (Value::Text(name) | Value::Escaped(name)) = self.string()? else { return Err(Broken) };
        if self.takes(b':') { Ok(Some(name)) } else { Err(Broken) }
    }

    /// True where another item of the array that was entered follows.
    pub fn item(&mut self) -> bool {
        self.takes(b',');
        !self.takes(b']')
    }

    /// Reads a plain value, or enters an object or array.
    #[inline]
    pub fn value(&mut self) -> Result<Next<'t>, Broken> {
        match self.peek() {
            Some(b'"') => Ok(Next::Plain(self.string()?)),
            Some(b'{') => {
                self.at += 1;
                Ok(Next::Object)
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Next::Array)
            }
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Ok(Next::Plain(self.word())),
            _ => Err(Broken),
        }
    }

    /// Passes the next value, whatever it is.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Broken> {
        match self.value()? {
            Next::Plain(_) => Ok(()),
            Next::Object | Next::Array => self.leave(),
        }
    }

    /// Passes the rest of the object or array that was entered, however deep it is.
    pub fn leave(&mut self) -> Result<(), Broken> {
        let mut depth = 1usize;
        while let Some(byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => {
                    self.at -= 1;
                    self.string()?;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(Broken)
    }

    /// The array that was entered, as it stands.
    fn array(&mut self) -> Result<Value<'t>, Broken> {
        let from = self.at - 1;
        self.leave()?;
        Ok(Value::Array(part(self.text, from, self.at)))
    }

    /// True where nothing but white space is left.
    pub fn ends(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The string whose opening quote is the next byte.
    #[inline]
    fn string(&mut self) -> Result<Value<'t>, Broken> {
        let from = self.at + 1;
        let (end, escaped) = string_end(self.text, from).ok_or(Broken)?;
        self.at = end + 1;
        let text = part(self.text, from, end);
        Ok(if escaped { Value::Escaped(text) } else { Value::Text(text) })
    }

    fn word(&mut self) -> Value<'t> {
        let tail = rest(self.text, self.at);
        let end = tail.iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
        let word = part(tail, 0, end.unwrap_or(tail.len()));
        self.at += word.len();
        match word.first() {
            Some(b't' | b'f') => Value::Text(word),
            Some(b'n') => Value::None,
            _ => Value::Number(word),
        }
    }
}

/// Where the string ends whose text begins at `from`, and whether there are escapes in it. Names are short, and escapes
/// stand close together: looking at all of a few bytes at once is quicker than searching for each.
#[inline]
fn string_end(text: &[u8], from: usize) -> Option<(usize, bool)> {
    let (mut at, mut escaped) = (from, false);
    loop {
        if let Some(near) = rest(text, at).first_chunk() {
            let near = u128::from_le_bytes(*near);
            let (quotes, backslashes) = (equal(near, b'"'), equal(near, b'\\'));
            let (ends, taken) = (quotes & !(backslashes << 8), backslashes & (backslashes << 8));
            // A backslash behind another one may be no escape: those are taken one by one.
            if taken == 0 && ends != 0 {
                let before = (ends & ends.wrapping_neg()) - 1;
                return Some((at + ends.trailing_zeros() as usize / 8, escaped || backslashes & before != 0));
            }
            if taken == 0 && backslashes != 0 {
                escaped = true;
                at += NEAR + usize::from(backslashes >> 127 != 0);
                continue;
            }
            at += if taken == 0 { NEAR } else { 0 };
        }
        at += memchr2(b'"', b'\\', rest(text, at))?;
        if text.get(at) == Some(&b'"') {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Bytes that are looked at together.
const NEAR: usize = 16;

/// The highest bit of each byte that is `byte`. No byte carries over to the next: what is added to seven bits of it
/// reaches the eighth where one of the seven is set.
#[inline]
fn equal(near: u128, byte: u8) -> u128 {
    const LOW: u128 = u128::from_le_bytes([0x7f; NEAR]);
    let other = near ^ u128::from_le_bytes([byte; NEAR]);
    !(((other & LOW) + LOW) | other | LOW)
}

/// Puts the facts of the object that `text` is into `facts`. What is no fact is passed.
pub fn object<'t>(text: &'t [u8], facts: &mut Facts<'t>, memo: &mut Memo) -> Result<(), Broken> {
    let mut reader = Reader::new(text);
    if !reader.takes(b'{') {
        return Err(Broken);
    }
    members(&mut reader, ROOT, facts, memo)?;
    if reader.ends() { Ok(()) } else { Err(Broken) }
}

/// The member that all records of a container have in common.
const COMMON: &[u8] = b"kubernetes";

/// The same for an object that was entered already, and whose names are looked up in `root`.
fn members<'t>(reader: &mut Reader<'t>, root: usize, facts: &mut Facts<'t>, memo: &mut Memo) -> Result<(), Broken> {
    let mut above = [ROOT; DEPTH];
    let (mut depth, mut node) = (0, root);
    let names = names::all();
    loop {
        let Some(name) = reader.member()? else {
            if depth == 0 {
                return Ok(());
            }
            depth -= 1;
            node = above.get(depth).copied().unwrap_or(ROOT);
            continue;
        };
        let Some(target) = names.target(node, name) else {
            reader.skip()?;
            continue;
        };
        match (reader.value()?, target.node, above.get_mut(depth)) {
            (Next::Plain(value), ..) => {
                if let Some((slot, rank)) = target.slot {
                    facts.put(slot, rank, value);
                }
            }
            (Next::Object, Some(inner), _) if name == COMMON => common(reader, inner, facts, memo)?,
            (Next::Object, Some(inner), Some(place)) => {
                *place = node;
                depth += 1;
                node = inner;
            }
            (Next::Object, ..) => reader.leave()?,
            (Next::Array, ..) => {
                let array = reader.array()?;
                if let Some((slot, rank)) = target.slot {
                    facts.put(slot, rank, array);
                }
            }
        }
    }
}

/// An object that was entered and may have been read before.
fn common<'t>(reader: &mut Reader<'t>, node: usize, facts: &mut Facts<'t>, memo: &mut Memo) -> Result<(), Broken> {
    let from = reader.at - 1;
    if let Some(length) = memo.recall(rest(reader.text, from), facts) {
        reader.at = from + length;
        return Ok(());
    }
    let mut own = Facts::default();
    members(reader, node, &mut own, &mut Memo::default())?;
    memo.learn(part(reader.text, from, reader.at), &own);
    own.all().for_each(|(slot, rank, value)| facts.put(slot, rank, value));
    Ok(())
}

/// Bytes of an array of numbers, as the journal writes text that it holds to be binary.
pub fn byte_array(array: &[u8]) -> Option<Vec<u8>> {
    let inner = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let number = |word: &[u8]| std::str::from_utf8(word).ok()?.trim().parse::<u8>().ok();
    inner.split(|b| *b == b',').map(number).collect()
}
