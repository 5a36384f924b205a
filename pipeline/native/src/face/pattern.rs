use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use regex::bytes::{Regex, RegexBuilder};

/// A pattern for whole texts.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Pattern {
    inner: Regex,
}

#[pymethods]
impl Pattern {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        // Alone first: else `a)(b` would be one, within the brackets.
        let built = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build();
        let found = built(text).and_then(|_| built(&format!("^(?:{text})$")));
        found.map(|inner| Self { inner }).map_err(|error| refused(&error))
    }

    fn fits(&self, text: &str) -> bool {
        self.inner.is_match(text.as_bytes())
    }
}

/// What is wrong with a pattern: the last line of what the library shows.
fn refused(error: &regex::Error) -> PyErr {
    let told = error.to_string();
    PyValueError::new_err(told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
}
