use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use regex::Regex;

/// A pattern for whole texts, in time linear in them.
#[pyclass(frozen, module = "pipeline._native")]
pub struct Pattern(Regex);

#[pymethods]
impl Pattern {
    #[new]
    #[pyo3(signature = (pattern, /))]
    fn new(pattern: &str) -> PyResult<Self> {
        Regex::new(pattern) // alone, so that none closes the group below
            .and_then(|_| Regex::new(&format!(r"\A(?:{pattern})\z")))
            .map(Self)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Whether the whole text fits.
    #[pyo3(signature = (text, /))]
    fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
