//! The compiled core: records of log shippers in, Go crashes out.
//!
//! The way of a record: [`envelope`] undoes what shippers wrapped around its lines, [`stream`] knows whose each line is
//! and what is open where, [`gc`] reads the garbage collector's. The way of a line: [`wash`] takes off what collectors
//! added, [`forms`] and [`loggers`] know what announces a crash, [`assemble`] and [`open`] collect its lines, [`unfold`]
//! opens those that came in one line, [`parse`] understands them, [`signature`] says which bug it is, [`redact`] masks
//! secrets, [`crash`] writes it down. [`detector`] joins them for batches of records, [`scanner`] for files. The way of a
//! fingerprint: [`cluster`] says which are one bug; [`distinct`] counts streams. `face` is what Python sees of them.

pub mod assemble;
pub mod batch;
pub mod classes;
pub mod cluster;
pub mod counts;
pub mod crash;
pub mod decode;
pub mod detector;
pub mod distinct;
pub mod envelope;
pub mod escapes;
pub mod form;
pub mod forms;
pub mod frame_line;
pub mod gc;
pub mod groups;
pub mod history;
pub mod key;
pub mod limits;
pub mod loggers;
pub mod message;
pub mod open;
pub mod panic_v1;
pub mod parse;
pub mod plausible;
pub mod prefix;
pub mod records;
pub mod redact;
pub mod report;
pub mod scanner;
pub mod secret;
pub mod secrets;
pub mod shape;
pub mod signature;
pub mod spread;
pub mod stream;
pub mod symbol;
pub mod teller;
pub mod text;
pub mod tokens;
pub mod trace;
pub mod unfold;
pub mod wash;
pub mod wordings;

mod face;

use pyo3::prelude::*;

/// Python module `pipeline._native`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    face::add(module)
}
