//! Who wrote a line: the stream it belongs to, and the service and place that a crash of it is told with.

use super::facts::{Facts, Slot};
use crate::text::{after, find, part, rest, utf8};
use memchr::memrchr;
use std::borrow::Cow;

/// Where a stream comes from, as `panic.v1` tells it; `None` where the records do not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the fields are those of schemas/panic.v1.json")]
pub struct Origin {
    pub service_name: Option<Box<str>>,
    pub service_version: Option<Box<str>>,
    pub service_namespace: Option<Box<str>>,
    pub environment: Option<Box<str>>,
    pub host_name: Option<Box<str>>,
    pub k8s_namespace_name: Option<Box<str>>,
    pub k8s_pod_name: Option<Box<str>>,
    pub k8s_container_name: Option<Box<str>>,
    pub container_id: Option<Box<str>>,
    pub container_image: Option<Box<str>>,
}

/// Longest fact that is kept; names and ids are short, and a stream is kept for long.
const FACT_BYTES: usize = 512;

impl Origin {
    /// What the facts say.
    pub fn of(facts: &Facts<'_>) -> Self {
        let fact = |slot| known(&facts.text(slot));
        let container = facts.text(Slot::ContainerName);
        let container = known(after(&container, b"/").unwrap_or(&container));
        let namespace = fact(Slot::Namespace);
        Self {
            service_name: fact(Slot::Service).or_else(|| container.clone()).or_else(|| program(facts)),
            service_version: fact(Slot::Version).or_else(|| image_tag(facts)),
            service_namespace: fact(Slot::ServiceNamespace).or_else(|| namespace.clone()),
            environment: fact(Slot::Environment),
            host_name: fact(Slot::Host),
            k8s_namespace_name: namespace,
            k8s_pod_name: fact(Slot::Pod),
            k8s_container_name: container,
            container_id: known(container_id(&facts.text(Slot::ContainerId))),
            container_image: fact(Slot::Image),
        }
    }

    /// Takes over what `later` knows.
    pub fn update(&mut self, later: Self) {
        let pairs = [
            (&mut self.service_name, later.service_name),
            (&mut self.service_version, later.service_version),
            (&mut self.service_namespace, later.service_namespace),
            (&mut self.environment, later.environment),
            (&mut self.host_name, later.host_name),
            (&mut self.k8s_namespace_name, later.k8s_namespace_name),
            (&mut self.k8s_pod_name, later.k8s_pod_name),
            (&mut self.k8s_container_name, later.k8s_container_name),
            (&mut self.container_id, later.container_id),
            (&mut self.container_image, later.container_image),
        ];
        for (known, new) in pairs.into_iter().filter(|(_, new)| new.is_some()) {
            *known = new;
        }
    }
}

/// Unit, syslog program, or the tag of a tailed file.
fn program(facts: &Facts<'_>) -> Option<Box<str>> {
    let unit = facts.text(Slot::Unit);
    let tag = facts.text(Slot::ForwardTag);
    known(unit.strip_suffix(b".service").unwrap_or(&unit))
        .or_else(|| known(&facts.text(Slot::Program)))
        .or_else(|| known(&tag).filter(|tag| !tag.contains('.')))
}

/// `registry.example.com/shop/cart:2.14.3`; a digest is no version, and `latest` says nothing.
fn image_tag(facts: &Facts<'_>) -> Option<Box<str>> {
    let image = facts.text(Slot::Image);
    let image = part(&image, 0, find(&image, b"@").unwrap_or(image.len()));
    let tag = memrchr(b':', image).map(|at| rest(image, at + 1)).filter(|tag| find(tag, b"/").is_none());
    let apart = facts.text(Slot::ImageTag);
    known(&apart).or_else(|| known(tag?)).filter(|tag| &**tag != "latest")
}

fn known(text: &[u8]) -> Option<Box<str>> {
    let text = crate::text::head(text, FACT_BYTES);
    (!text.is_empty()).then(|| utf8(text).into())
}

/// Without the runtime in front: `containerd://3f9a…`.
fn container_id(id: &[u8]) -> &[u8] {
    find(id, b"://").map_or(id, |at| rest(id, at + 3))
}

/// Writes the id of the stream to `out`; nothing where the record does not say.
///
/// All records of one process have it in common, and no two processes: the container, else the pod's container, else
/// the unit's start, else the file, else the process on its host, else the record's key.
pub fn stream_id(facts: &Facts<'_>, key: Option<&[u8]>, out: &mut Vec<u8>) {
    out.clear();
    let raw = facts.get(Slot::ContainerId).raw();
    if !raw.is_empty() {
        out.extend_from_slice(head(container_id(raw)));
        return;
    }
    let ways: [(&[Slot], u8); 7] = [
        (&[Slot::PodUid, Slot::ContainerName, Slot::Restart], b'/'),
        (&[Slot::Namespace, Slot::Pod, Slot::ContainerName], b'/'),
        (&[Slot::Invocation], b'/'),
        (&[Slot::JournalStream], b'/'),
        (&[Slot::Instance], b'/'),
        (&[Slot::File, Slot::Host], b':'),
        (&[Slot::Program, Slot::Host, Slot::Pid], b'/'),
    ];
    let told = ways.iter().find(|(slots, _)| slots.first().is_some_and(|first| !facts.get(*first).is_none()));
    if let Some((slots, separator)) = told {
        for slot in in_order(slots) {
            let text = facts.text(slot);
            if !text.is_empty() {
                if !out.is_empty() {
                    out.push(*separator);
                }
                out.extend_from_slice(head(&text));
            }
        }
        return;
    }
    let host = facts.text(Slot::Host);
    out.extend_from_slice(head(if host.is_empty() { key_id(key) } else { &host }));
}

/// The host stands in front: `node-7:/var/log/app.log`, `node-7/cart/42`.
fn in_order(slots: &[Slot]) -> impl Iterator<Item = Slot> {
    let host = slots.iter().filter(|slot| **slot == Slot::Host);
    host.chain(slots.iter().filter(|slot| **slot != Slot::Host)).copied()
}

fn head(text: &[u8]) -> &[u8] {
    part(text, 0, FACT_BYTES)
}

/// A key that is text; Fluentd gives every record the same where it has none to give.
fn key_id(key: Option<&[u8]>) -> &[u8] {
    let text = key.filter(|key| !key.iter().any(u8::is_ascii_control) && std::str::from_utf8(key).is_ok());
    container_id(text.filter(|key| *key != b"none").unwrap_or_default())
}

/// `stdout` or `stderr`, as the record says it.
pub fn log_stream(facts: &Facts<'_>) -> Option<&'static str> {
    match facts.get(Slot::Stream).raw() {
        b"stderr" => Some("stderr"),
        b"stdout" => Some("stdout"),
        _ => None,
    }
}

/// 32 hex digits of a trace, or 16 of a span; zeros are none.
pub fn hex_id(id: Cow<'_, [u8]>, digits: usize) -> Option<Box<str>> {
    let hex = id.len() == digits && id.iter().all(u8::is_ascii_hexdigit) && id.iter().any(|b| *b != b'0');
    hex.then(|| utf8(&id).to_ascii_lowercase().into())
}
