use crate::history;
use crate::report::Frame;
use pyo3::prelude::*;

/// Fingerprint and masked value of a crash that a tracker kept.
#[pyfunction]
pub fn signed(kind: &str, value: &str, frames: Vec<(String, String, bool)>) -> (String, String) {
    let stack = frames
        .iter()
        .map(|(name, file, origin)| Frame { name: name.as_bytes(), file: file.as_bytes(), line: 0, origin: *origin })
        .collect();
    let signature = history::sign(kind, value.as_bytes(), stack);
    (signature.fingerprint, String::from_utf8_lossy(&signature.template).into_owned())
}
