//! Protocol Buffers read where they stand: the fields of a message in order, nothing copied. Crates either build values
//! (prost, protobuf) or are no longer kept (quick-protobuf: no change since February 2024; it takes a nested length
//! past the end of the message around it, and cuts numbers off without a word).

use super::facts::Broken;
use crate::text::rest;

/// What a field holds, as the wire tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'r> {
    /// An integer, a boolean or an enumeration.
    Varint(u64),
    /// Eight bytes: a fixed integer or a double's bits.
    Fixed64(u64),
    /// Text, bytes or a message.
    Bytes(&'r [u8]),
    /// Four bytes.
    Fixed32(u32),
}

/// The fields of a message, each with its number. After `Err` nothing that follows means anything.
#[derive(Clone, Copy, Debug)]
pub struct Message<'r> {
    rest: &'r [u8],
}

/// Bytes that the longest varint takes.
const VARINT: usize = 10;

impl<'r> Message<'r> {
    /// The message that `bytes` is.
    pub fn new(bytes: &'r [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline(always)] // a field that is handed over in memory takes half as long again
    fn field(&mut self) -> Result<(u32, Field<'r>), Broken> {
        let tag = u32::try_from(self.varint()?).map_err(|_| Broken)?;
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => Field::Bytes(self.bytes()?),
            5 => Field::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return Err(Broken), // a group, which proto3 does not have, or none
        };
        if tag < 8 { Err(Broken) } else { Ok((tag >> 3, field)) }
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for (place, byte) in self.rest.iter().take(VARINT).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                self.rest = rest(self.rest, place + 1);
                let fits = place + 1 < VARINT || *byte < 2;
                return if fits { Ok(value) } else { Err(Broken) };
            }
        }
        Err(Broken)
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (bytes, tail) = self.rest.split_first_chunk().ok_or(Broken)?;
        self.rest = tail;
        Ok(*bytes)
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'r [u8], Broken> {
        let length = usize::try_from(self.varint()?).map_err(|_| Broken)?;
        let (bytes, tail) = self.rest.split_at_checked(length).ok_or(Broken)?;
        self.rest = tail;
        Ok(bytes)
    }
}

impl<'r> Iterator for Message<'r> {
    type Item = Result<(u32, Field<'r>), Broken>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() { None } else { Some(self.field()) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn head(number: u8, length: usize) -> Vec<u8> {
        let mut head = vec![number << 3 | 2];
        let mut left = length;
        while left > 0x7f {
            head.push(left as u8 | 0x80);
            left >>= 7;
        }
        head.push(left as u8);
        head
    }

    /// A field of bytes, text or a message.
    pub fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&head(number, content.len()), content].concat()
    }

    /// Message in message, `depth` deep; the numbers of their fields take turns.
    pub fn nested(numbers: [u8; 2], depth: usize) -> Vec<u8> {
        let (mut heads, mut length) = (Vec::new(), 0);
        for number in numbers.iter().rev().cycle().take(depth) {
            heads.push(head(*number, length));
            length += heads.last().map_or(0, Vec::len);
        }
        heads.into_iter().rev().flatten().collect()
    }

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, Field<'_>)>, Broken> {
        Message::new(bytes).collect()
    }

    #[test]
    fn each_wire_type_is_read() {
        let bytes = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\x80\x1a\x02hi\x25\x02\0\0\x80";
        let expected = vec![
            (1, Field::Varint(150)),
            (2, Field::Fixed64(0x8000_0000_0000_0001)),
            (3, Field::Bytes(b"hi")),
            (4, Field::Fixed32(0x8000_0002)),
        ];
        assert_eq!(fields(bytes), Ok(expected));
    }

    #[test]
    fn numbers_of_64_bits_and_numbers_written_longer_than_need_be_are_read() {
        let largest = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(fields(largest), Ok(vec![(1, Field::Varint(u64::MAX))]));
        for long in [&b"\x08\x81\x80\x00"[..], b"\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"] {
            assert_eq!(fields(long), Ok(vec![(1, Field::Varint(1))]));
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_broken() {
        assert_eq!(fields(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), Err(Broken));
        assert_eq!(fields(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), Err(Broken));
    }

    #[test]
    fn the_largest_field_number_is_read_and_a_larger_one_is_broken() {
        assert_eq!(fields(b"\xf8\xff\xff\xff\x0f\x01"), Ok(vec![(0x1fff_ffff, Field::Varint(1))]));
        assert_eq!(fields(b"\xf8\xff\xff\xff\x1f\x01"), Err(Broken));
        assert_eq!(fields(b"\x02\x00"), Err(Broken));
    }

    #[test]
    fn what_ends_before_its_length_is_broken() {
        for cut in [&b"\x08"[..], b"\x08\x80", b"\x11\0\0\0\0\0\0\0", b"\x1a\x03hi", b"\x25\0\0\0"] {
            assert_eq!(fields(cut), Err(Broken), "{cut:x?}");
        }
        assert_eq!(fields(b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01hi"), Err(Broken));
    }

    #[test]
    fn groups_and_wire_types_that_are_none_are_broken() {
        for tag in [0x0b, 0x0c, 0x0e, 0x0f] {
            assert_eq!(fields(&[tag, 0]), Err(Broken), "{tag:#x}");
        }
    }
}
