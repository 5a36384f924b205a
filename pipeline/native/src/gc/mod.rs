//! What Go's garbage collector tells with `GODEBUG=gctrace=1`, one line a cycle.
//!
//! [`layouts`] says how each Go version prints the line, [`line`] reads it, [`process`] derives what only two cycles of
//! one process tell together: interval and allocation rate; [`document`] writes it down.

pub mod document;
pub mod layouts;
pub mod line;
pub mod process;
