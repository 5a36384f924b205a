//! What the path of a container's log file says: kubelet's and containerd's layout, and Fluentd's tags made of it.

use super::facts::{Facts, Slot, Value};
use crate::text::{find, part, rest};

/// Rank of what a path says: any field of its own is better.
const RANK: u16 = u16::MAX - 1;

/// Adds what the path or the tag says.
pub fn read<'t>(path: &'t [u8], facts: &mut Facts<'t>) {
    if let Some(at) = find(path, b"containers").filter(|_| path.ends_with(b".log")) {
        container(part(path, at + 11, path.len() - 4), facts);
    } else if let Some(at) = find(path, b"/pods/") {
        pod(rest(path, at + 6), facts);
    }
}

/// `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`, or `kubernetes.var.log.containers.` and the same.
fn container<'t>(name: &'t [u8], facts: &mut Facts<'t>) {
    let mut words = name.splitn(3, |b| *b == b'_');
    let (Some(pod), Some(namespace), Some(tail)) = (words.next(), words.next(), words.next()) else { return };
    let Some(dash) = memchr::memrchr(b'-', tail) else { return };
    facts.put(Slot::Pod, RANK, Value::Text(pod));
    facts.put(Slot::Namespace, RANK, Value::Text(namespace));
    facts.put(Slot::ContainerName, RANK, Value::Text(part(tail, 0, dash)));
    facts.put(Slot::ContainerId, RANK, Value::Text(rest(tail, dash + 1)));
}

/// `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTART.log`
fn pod<'t>(path: &'t [u8], facts: &mut Facts<'t>) {
    let mut folders = path.split(|b| *b == b'/');
    let (Some(folder), Some(container), Some(file)) = (folders.next(), folders.next(), folders.next()) else { return };
    let mut words = folder.splitn(3, |b| *b == b'_');
    let (Some(namespace), Some(pod), Some(uid)) = (words.next(), words.next(), words.next()) else { return };
    facts.put(Slot::Namespace, RANK, Value::Text(namespace));
    facts.put(Slot::Pod, RANK, Value::Text(pod));
    facts.put(Slot::PodUid, RANK, Value::Text(uid));
    facts.put(Slot::ContainerName, RANK, Value::Text(container));
    facts.put(Slot::Restart, RANK, Value::Text(part(file, 0, memchr::memchr(b'.', file).unwrap_or(file.len()))));
}

/// Datadog's list of tags: `env:prod,service:checkout,version:1.2`.
pub fn tag_list<'t>(list: &'t [u8], facts: &mut Facts<'t>) {
    for tag in list.split(|b| *b == b',') {
        let Some(colon) = memchr::memchr(b':', tag) else { continue };
        let slot = match part(tag, 0, colon) {
            b"env" => Slot::Environment,
            b"service" => Slot::Service,
            b"version" => Slot::Version,
            b"container_id" => Slot::ContainerId,
            b"container_name" | b"kube_container_name" => Slot::ContainerName,
            b"kube_namespace" => Slot::Namespace,
            b"pod_name" => Slot::Pod,
            b"image_name" => Slot::Image,
            b"image_tag" => Slot::ImageTag,
            _ => continue,
        };
        facts.put(slot, RANK, Value::Text(rest(tag, colon + 1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &str, slots: [Slot; 5]) -> Vec<String> {
        let mut facts = Facts::default();
        read(path.as_bytes(), &mut facts);
        slots.iter().map(|slot| String::from_utf8_lossy(&facts.text(*slot)).into_owned()).collect()
    }

    const SLOTS: [Slot; 5] = [Slot::Namespace, Slot::Pod, Slot::ContainerName, Slot::ContainerId, Slot::Restart];

    #[test]
    fn a_container_s_link_and_a_pod_s_folder_say_where_it_runs() {
        assert_eq!(
            facts("/var/log/containers/cart-7d9-x2_shop_cart-api-3f9a.log", SLOTS),
            ["shop", "cart-7d9-x2", "cart-api", "3f9a", ""]
        );
        assert_eq!(
            facts("kubernetes.var.log.containers.cart-7d9-x2_shop_cart-3f9a.log", SLOTS),
            ["shop", "cart-7d9-x2", "cart", "3f9a", ""]
        );
        assert_eq!(facts("/var/log/pods/shop_cart-7d9_0b6a/cart/3.log", SLOTS), ["shop", "cart-7d9", "cart", "", "3"]);
        assert_eq!(facts("/var/log/app.log", SLOTS), ["", "", "", "", ""]);
    }
}
