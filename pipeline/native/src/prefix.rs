//! The log prefix that a collector puts in front of each line, learnt from the head or the goroutine header.

use crate::text::{part, rest};

/// A prefix by example. Digits stand for any digits, because its clock moves from line to line.
#[derive(Clone, Debug, Default)]
pub struct Prefix(Vec<u8>);

impl Prefix {
    /// Learns from the text that stood in front of a head or header.
    pub fn learn(front: &[u8]) -> Self {
        Self(front.to_vec())
    }

    /// The example it was learnt from.
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// True where there is nothing to strip.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where nothing but indentation stands in front.
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|b| matches!(b, b' ' | b'\t'))
    }

    /// True where `other` begins with this prefix: a collector's, in front of a logger's.
    pub fn begins(&self, other: &Self) -> bool {
        self.strip(&other.0).is_some()
    }

    /// True where a quotation begins in the prefix and does not end: what follows is quoted text.
    pub fn opens_quote(&self) -> bool {
        self.0.iter().filter(|b| **b == b'"').count() % 2 == 1
    }

    /// `line` without the prefix; `None` where it does not carry it.
    ///
    /// A collector may eat the blank at the end of an otherwise empty line, so a prefix without its last
    /// blanks counts.
    pub fn strip<'t>(&self, line: &'t [u8]) -> Option<&'t [u8]> {
        let pattern = &self.0;
        let (mut p, mut l) = (0, 0);
        while let Some(want) = pattern.get(p).copied() {
            let got = line.get(l).copied();
            if want.is_ascii_digit() {
                let digits = run(line, l, |b| b.is_ascii_digit());
                if digits == 0 {
                    return None;
                }
                p += run(pattern, p, |b| b.is_ascii_digit());
                l += digits;
            } else if want == b' ' {
                let blanks = run(pattern, p, |b| b == b' ');
                p += blanks;
                if got.is_none() {
                    return rest_is_blank(pattern, p).then_some(&[]);
                }
                let found = run(line, l, |b| b == b' ');
                if found == 0 {
                    return None;
                }
                l += if p == pattern.len() { found.min(blanks) } else { found };
            } else if got == Some(want) {
                p += 1;
                l += 1;
            } else {
                return None;
            }
        }
        Some(rest(line, l))
    }
}

fn run(text: &[u8], from: usize, of: impl Fn(u8) -> bool) -> usize {
    rest(text, from).iter().take_while(|b| of(**b)).count()
}

fn rest_is_blank(pattern: &[u8], from: usize) -> bool {
    part(pattern, from, pattern.len()).iter().all(|b| *b == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moving_clock_is_the_same_prefix() {
        let prefix = Prefix::learn(b"Mar  1 12:00:08 node-7 app[42]: ");
        assert_eq!(prefix.strip(b"Mar 11 12:00:09 node-7 app[42]: \t/a.go:1"), Some(&b"\t/a.go:1"[..]));
        assert_eq!(prefix.strip(b"Mar  1 12:00:08 node-8x app[42]: main.main()"), None);
    }

    #[test]
    fn an_eaten_last_blank_is_an_empty_line() {
        assert_eq!(Prefix::learn(b"api_1    | ").strip(b"api_1    |"), Some(&b""[..]));
    }

    #[test]
    fn indentation_behind_the_prefix_is_kept() {
        assert_eq!(Prefix::learn(b"x: ").strip(b"x:     /a.go:1"), Some(&b"    /a.go:1"[..]));
    }
}
