use crate::redact::Redactor;
use pyo3::prelude::*;

/// The text without its secrets.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub fn redacted(text: &str) -> String {
    String::from_utf8_lossy(&Redactor::default().redact(text.as_bytes())).into_owned()
}
