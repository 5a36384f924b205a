//! A batch as Python gives it: parallel lists, read without copying a value.

use crate::detector::{Detector, Input};
use crate::envelope::Record;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};

/// The topic of all records, or of each.
#[derive(FromPyObject)]
pub enum Topics {
    /// All records are of that topic.
    One(PyBackedStr),
    /// The topic of each.
    Each(Vec<PyBackedStr>),
}

/// The timestamp of each record in ms, as it is or as Kafka's clients give it: kind and time.
#[derive(FromPyObject)]
pub enum Timestamps {
    /// In ms.
    Ms(Vec<i64>),
    /// The kind of it, and in ms.
    OfKind(Vec<(i32, i64)>),
}

impl Timestamps {
    fn len(&self) -> usize {
        match self {
            Self::Ms(list) => list.len(),
            Self::OfKind(list) => list.len(),
        }
    }

    fn get(&self, at: usize) -> Option<i64> {
        match self {
            Self::Ms(list) => list.get(at).copied(),
            Self::OfKind(list) => list.get(at).map(|(_, ms)| *ms),
        }
    }
}

/// A batch as parallel lists.
#[allow(missing_docs, reason = "each list holds what its name says, a record in each place")]
pub struct Columns {
    pub values: Vec<Option<PyBackedBytes>>,
    pub topics: Topics,
    pub partitions: Vec<i32>,
    pub offsets: Vec<i64>,
    pub timestamps: Option<Timestamps>,
    pub keys: Option<Vec<Option<PyBackedBytes>>>,
    pub header_times: Option<Vec<Option<PyBackedBytes>>>,
}

impl Columns {
    /// Raises ValueError where the lists differ in length.
    pub fn check(&self) -> PyResult<()> {
        let length = |list: Option<usize>| list.unwrap_or(self.values.len());
        let topics = if let Topics::Each(topics) = &self.topics { topics.len() } else { self.values.len() };
        let lists = [
            topics,
            self.partitions.len(),
            self.offsets.len(),
            length(self.timestamps.as_ref().map(Timestamps::len)),
            length(self.keys.as_ref().map(Vec::len)),
            length(self.header_times.as_ref().map(Vec::len)),
        ];
        match lists.iter().all(|length| *length == self.values.len()) {
            true => Ok(()),
            false => Err(PyValueError::new_err("the lists of a batch are not of one length")),
        }
    }

    /// The detector's numbers of the topics: of each record, or one for all. Equal ones stand beside each other.
    pub fn topic_numbers(&self, detector: &mut Detector) -> Vec<usize> {
        let topics = match &self.topics {
            Topics::One(topic) => return vec![detector.topic(topic)],
            Topics::Each(topics) => topics,
        };
        let mut last: Option<(&str, usize)> = None;
        let mut number = |topic| {
            let known = last.filter(|(before, _)| *before == topic).unwrap_or_else(|| (topic, detector.topic(topic)));
            last = Some(known);
            known.1
        };
        topics.iter().map(|topic| number(topic)).collect()
    }

    /// Record number `at`.
    pub fn input(&self, at: usize, topics: &[usize]) -> Input<'_> {
        Input {
            topic: topics.get(at).or(topics.first()).copied().unwrap_or_default(),
            partition: self.partitions.get(at).copied().unwrap_or_default(),
            offset: self.offsets.get(at).copied().unwrap_or_default(),
            timestamp: self
                .timestamps
                .as_ref()
                .and_then(|list| list.get(at))
                .map_or(0, |ms| ms.max(0).saturating_mul(1_000_000)),
            record: Record {
                value: bytes_at(Some(&self.values), at),
                key: bytes_at(self.keys.as_ref(), at),
                header_time: bytes_at(self.header_times.as_ref(), at),
            },
        }
    }
}

fn bytes_at(list: Option<&Vec<Option<PyBackedBytes>>>, at: usize) -> Option<&[u8]> {
    list?.get(at)?.as_deref()
}

/// CloudEvents' time among the headers of a record, a list of (name, value).
pub fn header_time(headers: &Option<Bound<'_, PyAny>>) -> PyResult<Option<PyBackedBytes>> {
    let Some(headers) = headers else { return Ok(None) };
    for header in headers.try_iter()? {
        let (name, value): (PyBackedStr, Bound<'_, PyAny>) = header?.extract()?;
        if &*name == "ce_time" {
            return Ok(value.extract().ok());
        }
    }
    Ok(None)
}
