//! The compiled core: bytes of a log stream in, Go crashes out.
//!
//! The way of a line: [`wash`] takes off what collectors added, [`forms`] and [`loggers`] know what announces a crash,
//! [`assemble`] and [`open`] collect its lines, [`unfold`] opens those that came in one line, [`parse`] understands
//! them, [`signature`] says which bug it is, [`crash`] writes it down. This file holds the Python bindings only.

pub mod assemble;
pub mod classes;
pub mod crash;
pub mod escapes;
pub mod form;
pub mod forms;
pub mod frame_line;
pub mod groups;
pub mod key;
pub mod limits;
pub mod loggers;
pub mod message;
pub mod open;
pub mod panic_v1;
pub mod parse;
pub mod prefix;
pub mod records;
pub mod report;
pub mod scanner;
pub mod shape;
pub mod signature;
pub mod symbol;
pub mod text;
pub mod trace;
pub mod unfold;
pub mod wash;
pub mod wordings;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Finds the Go crashes in one stream of bytes; see `_native.pyi`.
#[pyclass(module = "pipeline._native", frozen)]
struct Scanner {
    inner: std::sync::Mutex<scanner::Scanner>,
}

#[pymethods]
impl Scanner {
    #[new]
    #[pyo3(signature = (topic, *, partition = 0))]
    fn new(topic: String, partition: i32) -> Self {
        let source = crash::Source { topic, partition };
        Self { inner: std::sync::Mutex::new(scanner::Scanner::new(source, limits::Limits::default())) }
    }

    #[pyo3(signature = (chunk, /))]
    fn feed<'py>(&self, py: Python<'py>, chunk: &[u8]) -> Vec<Bound<'py, PyBytes>> {
        let told = py.detach(|| self.lock().feed(chunk));
        told.iter().map(|document| PyBytes::new(py, document)).collect()
    }

    fn finish<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let told = py.detach(|| self.lock().finish());
        told.iter().map(|document| PyBytes::new(py, document)).collect()
    }

    #[getter]
    fn lines(&self) -> u64 {
        self.lock().lines()
    }

    #[getter]
    fn swallowed_lines(&self) -> u64 {
        self.lock().swallowed_lines()
    }

    #[getter]
    fn ordinary_lines(&self) -> u64 {
        self.lock().ordinary_lines()
    }
}

impl Scanner {
    fn lock(&self) -> std::sync::MutexGuard<'_, scanner::Scanner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Python module `pipeline._native`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Scanner>()
}
