//! The shape of `panic.v1`, field by field in the order of `schemas/panic.v1.json`, which says what each means.
#![allow(missing_docs, reason = "the schema documents the fields")]

use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
pub struct LinkV1<'r> {
    pub message: Cow<'r, str>,
    pub recovered: bool,
    pub repanicked: bool,
}

#[derive(Serialize)]
pub struct FrameV1<'r> {
    pub function: Cow<'r, str>,
    pub package: Cow<'r, str>,
    pub file: Option<Cow<'r, str>>,
    pub line: Option<u32>,
    pub class: &'static str,
    pub above_panic: bool,
}

#[derive(Serialize)]
pub struct GroupV1<'r> {
    pub count: u64,
    pub state: Cow<'r, str>,
    pub wait_minutes: Option<u32>,
    pub functions: Vec<Cow<'r, str>>,
}

#[derive(Serialize)]
pub struct PanicV1<'r> {
    pub schema_version: u32,
    pub id: String,
    pub fingerprint: &'r str,
    pub fingerprint_version: u32,
    pub trace_hash: &'r str,
    pub shard: Cow<'r, str>,
    pub kind: &'static str,
    pub title: String,
    pub message: Cow<'r, str>,
    pub message_template: Cow<'r, str>,
    pub exception_type: Cow<'r, str>,
    pub chain: Vec<LinkV1<'r>>,
    pub signal_name: Option<Cow<'r, str>>,
    pub signal_code: Option<Cow<'r, str>>,
    pub signal_address: Option<Cow<'r, str>>,
    pub signal_pc: Option<Cow<'r, str>>,
    pub goroutine_id: Option<u64>,
    pub goroutine_state: Option<Cow<'r, str>>,
    pub goroutine_count: u64,
    pub culprit_function: Option<Cow<'r, str>>,
    pub culprit_package: Option<Cow<'r, str>>,
    pub culprit_module: Option<Cow<'r, str>>,
    pub culprit_file: Option<Cow<'r, str>>,
    pub culprit_line: Option<u32>,
    pub frames: Vec<FrameV1<'r>>,
    pub goroutines: Vec<GroupV1<'r>>,
    pub raw: Cow<'r, str>,
    pub raw_truncated: bool,
    pub line_count: u64,
    pub abbreviated: bool,
    pub complete: bool,
    pub damage: Vec<&'static str>,
    pub service_name: Option<&'r str>,
    pub service_version: Option<&'r str>,
    pub service_namespace: Option<&'r str>,
    pub environment: Option<&'r str>,
    pub host_name: Option<&'r str>,
    pub k8s_namespace_name: Option<&'r str>,
    pub k8s_pod_name: Option<&'r str>,
    pub k8s_container_name: Option<&'r str>,
    pub container_id: Option<&'r str>,
    pub container_image: Option<&'r str>,
    pub stream_id: Option<&'r str>,
    pub log_stream: Option<&'r str>,
    pub trace_id: Option<&'r str>,
    pub span_id: Option<&'r str>,
    pub trace_id_inferred: bool,
    pub event_time: Option<String>,
    pub observed_time: Option<&'r str>,
    pub source_topic: &'r str,
    pub source_partition: i32,
    pub source_first_offset: i64,
    pub source_last_offset: i64,
}
