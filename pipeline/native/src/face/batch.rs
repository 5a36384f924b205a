use super::documents;
use crate::batch;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// What a batch gave.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Batch {
    /// The same, in Rust.
    pub inner: batch::Batch,
}

#[pymethods]
impl Batch {
    #[getter]
    fn crashes<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        documents(py, &self.inner.crashes)
    }

    #[getter]
    fn cycles<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        documents(py, &self.inner.cycles)
    }

    #[getter]
    fn unread(&self) -> Vec<(usize, &'static str)> {
        self.inner.unread.iter().map(|(number, reason)| (*number, reason.name())).collect()
    }

    #[getter]
    fn ends(&self) -> Vec<(&str, i32, i64, u64)> {
        let ends = self.inner.ends.iter();
        ends.map(|end| (end.topic.as_str(), end.partition, end.next_offset, end.records)).collect()
    }

    #[getter]
    fn records(&self) -> u64 {
        self.inner.records
    }

    #[getter]
    fn repeated(&self) -> u64 {
        self.inner.repeated
    }

    #[getter]
    fn lines(&self) -> u64 {
        self.inner.lines
    }

    #[getter]
    fn crash_lines(&self) -> u64 {
        self.inner.crash_lines
    }

    #[getter]
    fn damaged(&self) -> u64 {
        self.inner.damaged
    }

    #[getter]
    fn silent(&self) -> u64 {
        self.inner.silent
    }

    #[getter]
    fn fragments(&self) -> u64 {
        self.inner.fragments
    }

    #[getter]
    fn torn_cycles(&self) -> u64 {
        self.inner.torn_cycles
    }
}
