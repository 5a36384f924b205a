//! Is it a crash: what proves a head without goroutines, and a dump without a head.

use super::Open;
use crate::classes;
use crate::form::{Kind, Role};
use crate::loggers;
use crate::records;
use crate::trace::Is;
use crate::wordings;

impl Open {
    /// True where the lines so far are one.
    pub(super) fn is_crash(&self) -> bool {
        match self.trace.form.role {
            Role::Headless if self.late => self.blocks > 0,
            Role::Headless => self.blocks > 0 && (self.shows_panic() || self.old_stack()),
            Role::Race => self.trace.lines.iter().filter(|l| l.is == Is::Section).count() > 1,
            Role::Whole => true,
            Role::Preamble => false,
            _ if self.blocks > 0 => true,
            _ => self.stands_alone(),
        }
    }

    /// A head without any goroutine: `GOTRACEBACK=none`, or cut there.
    pub(super) fn stands_alone(&self) -> bool {
        let head = self.trace.lines.iter().find(|l| l.is == Is::Head);
        let value = head.map_or(&[][..], |l| self.trace.value(l));
        let noted = self.trace.lines.iter().any(|l| matches!(l.is, Is::Signal | Is::Note));
        let proven = noted || self.trace.lines.iter().any(|l| l.is == Is::Chain);
        match (self.trace.form.role, self.trace.form.kind) {
            (Role::SignalHead, _) => proven,
            (Role::Logger, _) => loggers::says_all(self.trace.form) && !value.is_empty() && self.machine_prefix(),
            (_, Kind::Fatal) => noted || (self.head_prefix.is_empty() && wordings::fatal(value).is_some()),
            _ if proven => true,
            _ if wordings::only_go(value) => self.machine_prefix(),
            _ => self.head_prefix.is_empty() && !self.odd_follows,
        }
    }

    /// No prose in front: `call failed: rpc error: panic: runtime error: …` quotes a panic.
    fn machine_prefix(&self) -> bool {
        records::machine_made(self.head_prefix.text())
    }

    /// debug.Stack of Go 1.0 to 1.3 behind a line that speaks of a panic: it shows no frame of the panic itself.
    pub(super) fn old_stack(&self) -> bool {
        let mut lines = self.trace.lines.iter().map(|l| l.is);
        lines.next() == Some(Is::Head) && lines.next() == Some(Is::File)
    }

    /// A frame of the panic itself, or of a throw, stands among the frames.
    pub fn shows_panic(&self) -> bool {
        let mut frames = self.trace.lines.iter().filter(|l| l.is == Is::Func);
        frames.any(|l| classes::raises(self.trace.name(l)) || classes::throws(self.trace.name(l)))
    }

    /// The last, half line of a trace that was cut: `main.`
    pub(super) fn cut_piece(&self) -> bool {
        self.blocks > 0
            && self.trace.lines.len() == self.sure + 1
            && self.trace.lines.last().is_some_and(|l| matches!(l.is, Is::Func | Is::Created))
    }
}
