//! How a crash is announced: the nouns that the tables `forms` and `loggers` share.

/// What crashed, as `panic.v1` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `panic: …`
    Panic,
    /// `fatal error: …`
    Fatal,
    /// `SIGSEGV: …`, a dump for a signal.
    Signal,
    /// `WARNING: DATA RACE`
    Race,
    /// A panic that was recovered and logged.
    Recovered,
    /// A logger that died with a goroutine dump.
    LogFatal,
}

impl Kind {
    /// Its name in `panic.v1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Fatal => "fatal",
            Self::Signal => "signal",
            Self::Race => "race",
            Self::Recovered => "recovered",
            Self::LogFatal => "log_fatal",
        }
    }
}

/// What part of a report a form is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runtime lines that stand before the head.
    Preamble,
    /// The runtime's head: goroutines follow.
    Head,
    /// Needs `PC=` in one of the next lines.
    SignalHead,
    /// The whole report is this line.
    Whole,
    /// Head of a data race report.
    Race,
    /// A logger's head: the value stands where `loggers` says.
    Logger,
    /// A goroutine dump whose head was never seen.
    Headless,
}

/// One row: a way to announce a crash.
#[derive(Debug)]
pub struct Form {
    /// Text that is looked for.
    pub mark: &'static str,
    /// What crashed.
    pub kind: Kind,
    /// What part of the report it is.
    pub role: Role,
    /// A real line.
    pub sample: &'static str,
}

/// A line that announces a crash.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The row.
    pub form: &'static Form,
    /// Where the announcement starts: what stands before it is a log prefix.
    pub at: usize,
    /// Where the value starts.
    pub value: usize,
}
