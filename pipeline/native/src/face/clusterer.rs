use super::lock;
use crate::cluster::clusterer::{self, Parameters};
use crate::cluster::described::{Described, Id};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::Mutex;

/// Fingerprints that are taken from Python at once.
const CHUNK: usize = 4096;

/// Edges above it would let equal stacks with other messages be unconnected.
const EDGES: std::ops::RangeInclusive<f32> = -2.0..=0.7;

/// A fingerprint as `load` takes it.
type Loaded<'py> = (Bound<'py, PyString>, Bound<'py, PyAny>, Bound<'py, PyString>);

type Scored = Vec<(String, f32)>;

/// Which fingerprints of a shard are one bug.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Clusterer {
    inner: Mutex<clusterer::Clusterer>,
}

#[pymethods]
impl Clusterer {
    #[new]
    #[pyo3(signature = (*, tau = 0.05, edge = 0.1, cap = 600))]
    fn new(tau: f32, edge: f32, cap: usize) -> PyResult<Self> {
        if !EDGES.contains(&edge) || tau.is_nan() || cap == 0 {
            return Err(PyValueError::new_err("edge must be from -2 to 0.7, tau a number, cap at least 1"));
        }
        Ok(Self { inner: Mutex::new(clusterer::Clusterer::new(Parameters { tau, edge, cap })) })
    }

    fn load(&self, py: Python<'_>, fingerprints: Bound<'_, PyAny>) -> PyResult<()> {
        let mut rows = fingerprints.try_iter()?;
        loop {
            let chunk = rows.by_ref().take(CHUNK).map(|row| loaded(row?.extract()?)).collect::<PyResult<Vec<_>>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            py.detach(|| lock(&self.inner).load(chunk.into_iter()));
        }
    }

    fn add(
        &self,
        py: Python<'_>,
        fingerprint: &str,
        tokens: Bound<'_, PyAny>,
        template: Bound<'_, PyString>,
    ) -> PyResult<()> {
        let (id, described) = (id(fingerprint)?, described(&tokens, &template)?);
        py.detach(|| lock(&self.inner).add(id, &described));
        Ok(())
    }

    fn remove(&self, py: Python<'_>, fingerprint: &str) -> PyResult<()> {
        let id = id(fingerprint)?;
        py.detach(|| lock(&self.inner).remove(id));
        Ok(())
    }

    #[pyo3(signature = (fingerprint, tau = None))]
    fn parts(&self, py: Python<'_>, fingerprint: &str, tau: Option<f32>) -> PyResult<Vec<Vec<String>>> {
        let id = id(fingerprint)?;
        let found = py.detach(|| lock(&self.inner).parts(id, tau).map(written));
        found.ok_or_else(|| unknown(fingerprint))
    }

    #[pyo3(signature = (tau = None))]
    fn partition(&self, py: Python<'_>, tau: Option<f32>) -> Vec<Vec<String>> {
        py.detach(|| written(lock(&self.inner).partition(tau)))
    }

    #[pyo3(signature = (fingerprint, limit = None))]
    fn neighbours(&self, py: Python<'_>, fingerprint: &str, limit: Option<usize>) -> PyResult<Scored> {
        let (id, limit) = (id(fingerprint)?, limit.unwrap_or(usize::MAX));
        let found = py.detach(|| lock(&self.inner).neighbours(id, limit).map(scored));
        found.ok_or_else(|| unknown(fingerprint))
    }

    fn rank(
        &self,
        py: Python<'_>,
        tokens: Bound<'_, PyAny>,
        template: Bound<'_, PyString>,
        limit: usize,
    ) -> PyResult<Scored> {
        let described = described(&tokens, &template)?;
        Ok(py.detach(|| scored(lock(&self.inner).rank(&described, limit))))
    }

    fn compare_all(&self, py: Python<'_>, tokens: Bound<'_, PyAny>, template: Bound<'_, PyString>) -> PyResult<Scored> {
        let described = described(&tokens, &template)?;
        Ok(py.detach(|| scored(lock(&self.inner).compare(&described))))
    }

    fn distance(&self, py: Python<'_>, fingerprints: Vec<String>) -> PyResult<Option<f64>> {
        let ids = fingerprints.iter().map(|digits| id(digits)).collect::<PyResult<Vec<_>>>()?;
        Ok(py.detach(|| lock(&self.inner).distance(&ids)))
    }

    fn constrain(&self, one: &str, other: &str, same: Option<bool>) -> PyResult<()> {
        let (one, other) = (id(one)?, id(other)?);
        if one == other {
            return Err(PyValueError::new_err("a fingerprint is always one bug with itself"));
        }
        lock(&self.inner).constrain(one, other, same);
        Ok(())
    }

    fn renew(&self, py: Python<'_>) -> u64 {
        py.detach(|| lock(&self.inner).renew())
    }

    #[getter]
    fn tau(&self) -> f32 {
        lock(&self.inner).tau()
    }

    #[getter]
    fn epoch(&self) -> u64 {
        lock(&self.inner).epoch()
    }

    #[getter]
    fn candidates(&self) -> usize {
        lock(&self.inner).candidates()
    }

    #[getter]
    fn component(&self) -> usize {
        lock(&self.inner).component
    }

    fn __len__(&self) -> usize {
        lock(&self.inner).len()
    }

    fn __contains__(&self, fingerprint: &str) -> bool {
        Id::read(fingerprint).is_some_and(|id| lock(&self.inner).knows(id))
    }
}

fn id(digits: &str) -> PyResult<Id> {
    let wrong = || PyValueError::new_err(format!("{digits:?} is no fingerprint: it has 32 hexadecimal digits"));
    Id::read(digits).ok_or_else(wrong)
}

fn unknown(fingerprint: &str) -> PyErr {
    PyKeyError::new_err(format!("the fingerprint {fingerprint} is not known: add it first"))
}

fn loaded((fingerprint, tokens, template): Loaded<'_>) -> PyResult<(Id, Described)> {
    Ok((id(&fingerprint.to_string_lossy())?, described(&tokens, &template)?))
}

fn described(tokens: &Bound<'_, PyAny>, template: &Bound<'_, PyString>) -> PyResult<Described> {
    let mut described = Described::new(&template.to_string_lossy());
    for token in tokens.try_iter()? {
        if !described.token(&token?.cast::<PyString>()?.to_string_lossy()) {
            break;
        }
    }
    Ok(described)
}

fn written(parts: Vec<Vec<Id>>) -> Vec<Vec<String>> {
    parts.into_iter().map(|part| part.into_iter().map(Id::digits).collect()).collect()
}

fn scored(ranked: Vec<(Id, f32)>) -> Scored {
    ranked.into_iter().map(|(id, similarity)| (id.digits(), similarity)).collect()
}
