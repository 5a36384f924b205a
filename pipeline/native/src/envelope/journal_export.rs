//! systemd's export format: `NAME=value` a line, a blank line behind each entry. A value with control characters is
//! `NAME`, line feed, its length in 64 bits, lowest byte first, its bytes, line feed. Source: systemd's
//! `JOURNAL_EXPORT_FORMATS`.

use super::facts::{Broken, Facts, Value};
use super::names::{self, ROOT};
use crate::text::{part, rest};
use memchr::memchr;

/// Gives each entry to `emit`, in order. The last one needs no line feeds behind it. What stands in front of a break
/// has been given by then.
pub fn lines<'r>(bytes: &'r [u8], emit: &mut dyn FnMut(&Facts<'r>)) -> Result<(), Broken> {
    let (mut text, mut entry) = (bytes, None::<Facts>);
    while !text.is_empty() {
        let end = memchr(b'\n', text).unwrap_or(text.len());
        let (line, tail) = (part(text, 0, end), rest(text, end + 1));
        if line.is_empty() {
            entry.take().iter().for_each(&mut *emit);
            text = tail;
        } else {
            text = field(line, tail, entry.get_or_insert_default())?;
        }
    }
    entry.iter().for_each(emit);
    Ok(())
}

/// Puts the field that `line` begins into `facts`; returns what follows it.
fn field<'r>(line: &'r [u8], tail: &'r [u8], facts: &mut Facts<'r>) -> Result<&'r [u8], Broken> {
    let (name, value, tail) = match memchr(b'=', line) {
        Some(at) => (part(line, 0, at), rest(line, at + 1), tail),
        None => counted(tail).map(|(value, tail)| (line, value, tail))?,
    };
    if let Some((slot, rank)) = names::target(ROOT, name).and_then(|target| target.slot) {
        facts.put(slot, rank, Value::Text(value));
    }
    Ok(tail)
}

/// A value behind its length, and what follows it.
fn counted(text: &[u8]) -> Result<(&[u8], &[u8]), Broken> {
    let (length, bytes) = text.split_first_chunk().ok_or(Broken)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Broken)?;
    match bytes.split_at_checked(length).ok_or(Broken)? {
        (value, [] | [b'\n']) => Ok((value, b"")),
        (value, [b'\n', tail @ ..]) => Ok((value, tail)),
        _ => Err(Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::Slot::*;
    use super::super::facts::tests::said;
    use super::*;

    /// An entry of systemd 252; a tab makes a value binary.
    const ENTRY: &[u8] = b"__CURSOR=s=122c597083bd438b7f6d72af75d02594\n__REALTIME_TIMESTAMP=1791188130417203\n\
        _SYSTEMD_UNIT=billing-api.service\n_SYSTEMD_INVOCATION_ID=2daa19b0f8fb87869156c89fd103240f\n_HOSTNAME=node-3\n\
        _PID=3127\nMESSAGE\n\x27\0\0\0\0\0\0\0\t/srv/app/shop/internal/cart/cart.go:66\n\n";

    #[test]
    fn a_binary_value_is_as_long_as_it_says() {
        let expected = "\t/srv/app/shop/internal/cart/cart.go:66|1791188130417203|billing-api.service|\
            2daa19b0f8fb87869156c89fd103240f|node-3|3127";
        let slots = [Text, ShipperTime, Unit, Invocation, Host, Pid];
        assert_eq!(said(lines, ENTRY, &slots), Ok(vec![expected.to_owned()]));
    }

    #[test]
    fn entries_are_told_in_order_and_share_no_facts() {
        let bytes =
            b"\n_HOSTNAME=node-3\nMESSAGE=a\n\n\n\nMESSAGE=b = c\n\nMESSAGE\n\x03\0\0\0\0\0\0\0d\n\n\n\nMESSAGE=";
        let expected = ["a|node-3", "b = c|", "d\n\n|", "|"].map(str::to_owned).to_vec();
        assert_eq!(said(lines, bytes, &[Text, Host]), Ok(expected));
    }

    #[test]
    fn the_last_entry_needs_no_line_feeds() {
        assert_eq!(said(lines, b"MESSAGE=panic: boom", &[Text]), Ok(vec!["panic: boom".to_owned()]));
        assert_eq!(said(lines, b"MESSAGE\n\x01\0\0\0\0\0\0\0\t", &[Text]), Ok(vec!["\t".to_owned()]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_broken() {
        for bytes in [
            &b"MESSAGE"[..],
            b"MESSAGE\n\x01\0\0",
            b"MESSAGE\n\x05\0\0\0\0\0\0\0\tab\n",
            b"MESSAGE\n\x01\0\0\0\0\0\0\0\tab\n",
            b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff\tab\n",
        ] {
            assert_eq!(said(lines, bytes, &[Text]), Err(Broken), "{bytes:x?}");
        }
    }
}
