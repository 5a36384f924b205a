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
            .map_err(|error| refused(&error))
    }

    /// Whether the whole text fits.
    #[pyo3(signature = (text, /))]
    fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// What is wrong with a pattern: the last line of what the library shows.
fn refused(error: &regex::Error) -> PyErr {
    let told = error.to_string();
    PyValueError::new_err(told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
}
