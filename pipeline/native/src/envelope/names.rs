//! The names of all shippers' rows as one tree, so that a record is read once, whoever wrote it.

use super::facts::Slot;
use super::name_table::NameTable;
use super::shippers::{LABELS, SHIPPERS};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// What a member's name leads to: a fact where its value is plain, further names where it is an object.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target {
    /// The fact, and how good this name for it is.
    pub slot: Option<(Slot, u16)>,
    /// Where its members are looked up.
    pub node: Option<usize>,
}

/// Where a record begins.
pub const ROOT: usize = 0;

/// Objects that hold a whole record again: Vector's `native_json`, CloudEvents' structured mode.
const WRAPPERS: [&str; 2] = ["log", "data"];

/// Prefixes that users put in front of the members of `kubernetes` when they lift them.
const LIFTED: [&str; 2] = ["k8s_", "kubernetes_"];

/// Separates the names of a path; no name of a shipper holds it.
const BLANK: char = ' ';

static NAMES: LazyLock<Names> = LazyLock::new(|| Names(Spelled::new().0.into_iter().map(NameTable::of).collect()));

/// All names.
#[derive(Debug)]
pub struct Names(Vec<NameTable>);

/// The names of all rows.
#[inline]
pub fn all() -> &'static Names {
    &NAMES
}

/// What `name` means in the object `node`.
#[inline]
pub fn target(node: usize, name: &[u8]) -> Option<Target> {
    all().target(node, name)
}

impl Names {
    /// What `name` means in the object `node`.
    #[inline]
    pub fn target(&self, node: usize, name: &[u8]) -> Option<Target> {
        self.0.get(node)?.get(name)
    }
}

/// The tree while it is made: the names of each object.
#[derive(Debug)]
struct Spelled(Vec<FxHashMap<Vec<u8>, Target>>);

impl Spelled {
    fn new() -> Self {
        let mut names = Self(vec![FxHashMap::default()]);
        let mut rank = 1; // 0 is for what a decoder itself knows
        for shipper in &SHIPPERS {
            for (slot, path) in shipper.fields {
                names.add_spellings(path, (*slot, rank + if path.contains([BLANK, '.']) { 0 } else { FLAT }));
                rank += 1;
            }
            for object in shipper.labels {
                for (place, (slot, label)) in (0u16..).zip(LABELS) {
                    names.add_label(object, label, (slot, LABEL_RANK + place));
                }
            }
        }
        names
    }

    /// A path as it stands in nested objects, flattened by OpenTelemetry or a filter, by GELF, and lifted.
    fn add_spellings(&mut self, path: &str, slot: (Slot, u16)) {
        let slot = (slot.0, slot.1 + AFTER_LABELS);
        self.add_everywhere(path, slot);
        if let Some((object, members)) = path.split_once(BLANK) {
            self.add(&path.replace(BLANK, "."), slot);
            self.add(&format!("_{}", path.replace(BLANK, "_")), slot);
            for prefix in LIFTED.iter().filter(|_| object == "kubernetes") {
                self.add(&format!("{prefix}{members}"), slot);
            }
        } else {
            self.add(&format!("_{path}"), slot);
        }
    }

    /// Labels hold dots and slashes; Beats write the dots as underscores, GELF all of them.
    fn add_label(&mut self, object: &str, label: &str, slot: (Slot, u16)) {
        let dedotted = label.replace('.', "_");
        self.add_everywhere(&format!("{object} {label}"), slot);
        self.add_everywhere(&format!("{object} {dedotted}"), slot);
        self.add(&format!("{}.{label}", object.replace(BLANK, ".")), slot);
        let front = object.replace(BLANK, "_");
        self.add(&format!("_{front}_{}", label.replace('/', "_")), slot);
        self.add(&format!("_{front}_{}", dedotted.replace('/', "_")), slot);
        if let Some(members) = object.strip_prefix("kubernetes ") {
            LIFTED.iter().for_each(|prefix| self.add(&format!("{prefix}{members} {label}"), slot));
        }
    }

    fn add_everywhere(&mut self, path: &str, slot: (Slot, u16)) {
        self.add(path, slot);
        WRAPPERS.iter().for_each(|wrapper| self.add(&format!("{wrapper} {path}"), slot));
    }

    fn add(&mut self, path: &str, slot: (Slot, u16)) {
        let mut node = ROOT;
        let mut names = path.split(BLANK).peekable();
        while let Some(name) = names.next() {
            let fresh = self.0.len();
            let Some(members) = self.0.get_mut(node) else { return };
            let target = members.entry(name.as_bytes().to_vec()).or_default();
            if names.peek().is_none() {
                target.slot = target.slot.filter(|old| old.1 < slot.1).or(Some(slot));
            } else {
                node = *target.node.get_or_insert(fresh);
                if node == fresh {
                    self.0.push(FxHashMap::default());
                }
            }
        }
    }
}

/// A pod's labels say best what a service is called.
const LABEL_RANK: u16 = 1;

/// Names at the top are worse: a shipper may have moved an application's own members there.
const FLAT: u16 = 1000;

/// Ranks of all other names.
const AFTER_LABELS: u16 = 100;
