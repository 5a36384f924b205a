use crate::distinct;
use datasketches::error::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;

/// Adds streams to a sketch.
#[pyfunction]
#[pyo3(signature = (sketch, streams, /))]
pub fn add_streams<'py>(py: Python<'py>, sketch: &[u8], streams: Vec<PyBackedStr>) -> PyResult<Bound<'py, PyBytes>> {
    let added = distinct::added(sketch, streams.iter().map(|stream| &**stream)).map_err(refused)?;
    Ok(PyBytes::new(py, &added))
}

/// Counts the streams that are in any of the sketches.
#[pyfunction]
#[pyo3(signature = (sketches, /))]
pub fn count_streams(sketches: Vec<PyBackedBytes>) -> PyResult<u64> {
    distinct::counted(sketches.iter().map(|sketch| &**sketch)).map_err(refused)
}

/// Makes one sketch of many.
#[pyfunction]
#[pyo3(signature = (sketches, /))]
pub fn join_streams(py: Python<'_>, sketches: Vec<PyBackedBytes>) -> PyResult<Bound<'_, PyBytes>> {
    let joined = distinct::joined(sketches.iter().map(|sketch| &**sketch)).map_err(refused)?;
    Ok(PyBytes::new(py, &joined))
}

fn refused(error: Error) -> PyErr {
    PyValueError::new_err(format!("this is no sketch of streams: {error}"))
}
