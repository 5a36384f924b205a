use super::{OwnRules, documents, lock, redactor, shipper};
use crate::detector::Detector;
use crate::limits::Limits;
use crate::scanner;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Mutex;

/// Finds the Go crashes in one file.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Scanner {
    inner: Mutex<scanner::Scanner>,
}

#[pymethods]
impl Scanner {
    #[new]
    #[pyo3(signature = (topic, *, partition = 0, envelope = None, redaction = None))]
    fn new(topic: &str, partition: i32, envelope: Option<&str>, redaction: Option<OwnRules>) -> PyResult<Self> {
        let named = envelope.map(shipper).transpose()?;
        let detector = Detector::new(Limits::default(), redactor(redaction)?);
        Ok(Self { inner: Mutex::new(scanner::Scanner::new(topic, partition, named, detector)) })
    }

    #[pyo3(signature = (chunk, /))]
    fn feed<'py>(&self, py: Python<'py>, chunk: &[u8]) -> Vec<Bound<'py, PyBytes>> {
        let batch = py.detach(|| lock(&self.inner).feed(chunk));
        documents(py, &batch.crashes)
    }

    fn finish<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let batch = py.detach(|| lock(&self.inner).finish());
        documents(py, &batch.crashes)
    }

    #[getter]
    fn lines(&self) -> u64 {
        lock(&self.inner).lines()
    }

    #[getter]
    fn swallowed_lines(&self) -> u64 {
        lock(&self.inner).swallowed_lines()
    }

    #[getter]
    fn ordinary_lines(&self) -> u64 {
        lock(&self.inner).ordinary_lines()
    }
}
