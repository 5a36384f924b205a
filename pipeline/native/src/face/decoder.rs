use super::columns::header_time;
use super::{lock, shipper};
use crate::decode;
use crate::envelope::Record;
use crate::envelope::shippers::Shipper;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Mutex;

/// Reads records one by one and says what each was understood as.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Decoder {
    inner: Mutex<decode::Decoder>,
    named: Option<&'static Shipper>,
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (*, envelope = None))]
    fn new(envelope: Option<&str>) -> PyResult<Self> {
        Ok(Self { inner: Mutex::default(), named: envelope.map(shipper).transpose()? })
    }

    #[pyo3(signature = (value, *, key = None, headers = None))]
    fn decode<'py>(
        &self,
        py: Python<'py>,
        value: Option<&[u8]>,
        key: Option<&[u8]>,
        headers: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let header_time = header_time(&headers)?;
        let record = Record { value, key, header_time: header_time.as_deref() };
        let lines = lock(&self.inner).record(&record, self.named);
        Ok(lines.iter().filter_map(|line| serde_json::to_vec(line).ok()).map(|line| PyBytes::new(py, &line)).collect())
    }
}
