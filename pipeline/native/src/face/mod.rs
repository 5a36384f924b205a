//! The Python face of the core; `_native.pyi` says what each name means. No decision is taken here.

mod batch;
mod clusterer;
mod columns;
mod decoder;
mod detector;
mod distinct;
mod history;
mod normalised;
mod pattern;
mod redacted;
mod scanner;

use crate::envelope::shippers::{SHIPPERS, Shipper};
use crate::redact::Redactor;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, MutexGuard, PoisonError};

fn lock<T>(inner: &Mutex<T>) -> MutexGuard<'_, T> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

fn documents<'py>(py: Python<'py>, documents: &[Vec<u8>]) -> Vec<Bound<'py, PyBytes>> {
    documents.iter().map(|document| PyBytes::new(py, document)).collect()
}

/// Users' rules, name and pattern each.
type OwnRules = Vec<(String, String)>;

fn redactor(own: Option<OwnRules>) -> PyResult<Redactor> {
    Redactor::new(&own.unwrap_or_default()).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The row of that name.
fn shipper(name: &str) -> PyResult<&'static Shipper> {
    let known = || SHIPPERS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    SHIPPERS
        .iter()
        .find(|row| row.name == name)
        .ok_or_else(|| PyValueError::new_err(format!("unknown envelope {name:?}; known are {}", known())))
}

/// Names of all envelopes.
#[pyfunction]
fn envelopes() -> Vec<&'static str> {
    SHIPPERS.iter().map(|row| row.name).collect()
}

/// What to set in the shipper so that a container stays on one partition.
#[pyfunction]
fn advice(envelope: &str) -> PyResult<&'static str> {
    shipper(envelope).map(|row| row.advice)
}

/// Adds the names to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(advice, module)?)?;
    module.add_function(wrap_pyfunction!(envelopes, module)?)?;
    module.add_function(wrap_pyfunction!(distinct::add_streams, module)?)?;
    module.add_function(wrap_pyfunction!(distinct::count_streams, module)?)?;
    module.add_function(wrap_pyfunction!(distinct::join_streams, module)?)?;
    module.add_function(wrap_pyfunction!(normalised::normalised, module)?)?;
    module.add_function(wrap_pyfunction!(redacted::redacted, module)?)?;
    module.add_function(wrap_pyfunction!(history::signed, module)?)?;
    module.add_class::<clusterer::Clusterer>()?;
    module.add_class::<pattern::Pattern>()?;
    module.add_class::<scanner::Scanner>()?;
    module.add_class::<decoder::Decoder>()?;
    module.add_class::<detector::Detector>()?;
    module.add_class::<batch::Batch>()
}
