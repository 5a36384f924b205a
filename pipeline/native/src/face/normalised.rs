use crate::report::{Frame, classes_of};
use crate::signature;
use pyo3::prelude::*;

/// Canonical names of a crashing stack.
#[pyfunction]
pub fn normalised(frames: Vec<(String, String, bool)>) -> Vec<String> {
    let stack: Vec<Frame<'_>> = frames
        .iter()
        .map(|(name, file, origin)| Frame { name: name.as_bytes(), file: file.as_bytes(), line: 0, origin: *origin })
        .collect();
    let classes = classes_of(&stack);
    let kept = signature::kept(&stack, &classes);
    kept.iter().map(|frame| String::from_utf8_lossy(&frame.name).into_owned()).collect()
}
