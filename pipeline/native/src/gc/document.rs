//! A GC cycle as it is told: whose it is, and what its line says.

use super::process::GcCycle;
use crate::crash::Source;
use crate::envelope::time;
use crate::stream::member::Member;
use crate::stream::out::Cycled;
use serde::Serialize;

/// The document; units are in the names.
#[derive(Debug, Serialize)]
struct CycleV1<'c> {
    source_topic: &'c str,
    source_partition: i32,
    source_offset: i64,
    event_time: Option<String>,
    service_name: Option<&'c str>,
    service_version: Option<&'c str>,
    service_namespace: Option<&'c str>,
    environment: Option<&'c str>,
    host_name: Option<&'c str>,
    k8s_pod_name: Option<&'c str>,
    stream_id: Option<&'c str>,
    #[serde(flatten)]
    cycle: GcCycle,
}

/// The JSON of a cycle.
pub fn document(cycled: &Cycled, source: &Source, member: &Member) -> Vec<u8> {
    let origin = &member.origin;
    let cycle = CycleV1 {
        source_topic: &source.topic,
        source_partition: source.partition,
        source_offset: cycled.offset,
        event_time: (cycled.time != 0).then(|| time::format(cycled.time)),
        service_name: origin.service_name.as_deref(),
        service_version: origin.service_version.as_deref(),
        service_namespace: origin.service_namespace.as_deref(),
        environment: origin.environment.as_deref(),
        host_name: origin.host_name.as_deref(),
        k8s_pod_name: origin.k8s_pod_name.as_deref(),
        stream_id: member.id.as_deref(),
        cycle: cycled.cycle,
    };
    // Numbers and strings into memory: nothing in them can fail to be written.
    serde_json::to_vec(&cycle).unwrap_or_default()
}
