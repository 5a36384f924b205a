use super::batch::Batch;
use super::columns::{Columns, Timestamps, Topics, header_time};
use super::{OwnRules, documents, lock, redactor, shipper};
use crate::detector;
use crate::limits::Limits;
use crate::stream::marks::Cut;
use crate::stream::out::Out;
use crate::stream::partition::Partition;
use crate::trace::Place;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rustc_hash::FxHashSet;
use std::sync::Mutex;

/// A place as Python gives and takes it: offset, position in the record.
type PyPlace = (i64, u32);

/// Streams that `spread` tells of.
const SPREAD: usize = 100;

/// Finds the Go crashes in records of many partitions.
#[pyclass(module = "pipeline._native", frozen)]
pub struct Detector {
    inner: Mutex<detector::Detector>,
}

#[pymethods]
impl Detector {
    #[new]
    #[pyo3(signature = (*, envelopes = None, redaction = None, streams = None, partition_bytes = None))]
    fn new(
        envelopes: Option<Vec<(String, String)>>,
        redaction: Option<OwnRules>,
        streams: Option<usize>,
        partition_bytes: Option<usize>,
    ) -> PyResult<Self> {
        let limits = Limits::of_partition(streams, partition_bytes);
        let mut inner = detector::Detector::new(limits, redactor(redaction)?);
        for (topic, envelope) in envelopes.unwrap_or_default() {
            let number = inner.topic(&topic);
            inner.name_envelope(number, Some(shipper(&envelope)?));
        }
        Ok(Self { inner: Mutex::new(inner) })
    }

    #[pyo3(signature = (values, *, topics, partitions, offsets, timestamps = None, keys = None, headers = None))]
    #[allow(clippy::too_many_arguments, reason = "a batch is parallel lists")]
    fn feed(
        &self,
        py: Python<'_>,
        values: Vec<Option<PyBackedBytes>>,
        topics: Topics,
        partitions: Vec<i32>,
        offsets: Vec<i64>,
        timestamps: Option<Timestamps>,
        keys: Option<Vec<Option<PyBackedBytes>>>,
        headers: Option<Vec<Option<Bound<'_, PyAny>>>>,
    ) -> PyResult<Batch> {
        let header_times = headers.map(|headers| headers.iter().map(header_time).collect::<PyResult<Vec<_>>>());
        let columns =
            Columns { values, topics, partitions, offsets, timestamps, keys, header_times: header_times.transpose()? };
        columns.check()?;
        let inner = py.detach(|| {
            let mut detector = lock(&self.inner);
            let topics = columns.topic_numbers(&mut detector);
            detector.feed((0..columns.values.len()).map(|at| columns.input(at, &topics)))
        });
        Ok(Batch { inner })
    }

    fn identify(&self, topic: &str, topic_id: Option<&str>) {
        let mut inner = lock(&self.inner);
        let topic = inner.topic(topic);
        inner.identify(topic, topic_id);
    }

    fn finish(&self, py: Python<'_>) -> Batch {
        Batch { inner: py.detach(|| lock(&self.inner).finish()) }
    }

    fn idle(&self, py: Python<'_>, topic: &str, partition: i32, seconds: f64) -> Batch {
        let nanoseconds = (seconds * 1e9) as i64;
        self.with(py, topic, partition, |partition, limits, out| partition.idle(nanoseconds, limits, out))
    }

    fn reach(&self, py: Python<'_>, topic: &str, partition: i32, offset: i64) -> Batch {
        self.with(py, topic, partition, |partition, limits, out| partition.reach(offset, limits, out))
    }

    fn gauge(&self, topic: &str, partition: i32) -> (usize, Option<i64>) {
        let mut inner = lock(&self.inner);
        let topic = inner.topic(topic);
        let (open, time) = inner.gauge(topic, partition);
        (open, time.map(|time| time / 1_000_000))
    }

    fn state(&self, topic: &str, partition: i32) -> (i64, Vec<PyPlace>, Vec<PyPlace>) {
        let mut inner = lock(&self.inner);
        let topic = inner.topic(topic);
        let state = inner.state(topic, partition);
        let places = |places: Vec<Place>| places.into_iter().map(|place| (place.offset, place.position)).collect();
        (state.first_offset, places(state.open), places(state.swallowing))
    }

    fn resume(&self, topic: &str, partition: i32, mark: i64, still_open: Vec<PyPlace>, swallowing: Vec<PyPlace>) {
        self.expect(
            topic,
            partition,
            Cut { mark, open: places(still_open), swallowing: places(swallowing), silent: true },
        );
    }

    fn cut(&self, topic: &str, partition: i32, mark: i64, still_open: Vec<PyPlace>, swallowing: Vec<PyPlace>) {
        self.expect(
            topic,
            partition,
            Cut { mark, open: places(still_open), swallowing: places(swallowing), silent: false },
        );
    }

    fn spread(&self, py: Python<'_>) -> Vec<(String, String)> {
        py.detach(|| lock(&self.inner).spread(SPREAD))
    }

    fn forget(&self, topic: &str, partition: i32) {
        let mut inner = lock(&self.inner);
        let topic = inner.topic(topic);
        inner.forget(topic, partition);
    }

    fn take_lines<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let mut rows = Vec::new();
        lock(&self.inner).take_counts(|row| rows.extend(serde_json::to_vec(&row)));
        documents(py, &rows)
    }
}

impl Detector {
    fn with(
        &self,
        py: Python<'_>,
        topic: &str,
        partition: i32,
        act: impl FnOnce(&mut Partition, &Limits, &mut Out) + Send,
    ) -> Batch {
        let inner = py.detach(|| {
            let mut inner = lock(&self.inner);
            let topic = inner.topic(topic);
            inner.with(topic, partition, act)
        });
        Batch { inner }
    }

    fn expect(&self, topic: &str, partition: i32, cut: Cut) {
        let mut inner = lock(&self.inner);
        let topic = inner.topic(topic);
        inner.expect(topic, partition, cut);
    }
}

fn places(places: Vec<PyPlace>) -> FxHashSet<Place> {
    places.into_iter().map(|(offset, position)| Place { offset, position }).collect()
}
