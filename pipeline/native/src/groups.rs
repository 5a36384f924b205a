//! The goroutines that did not crash, equal stacks as one.

use crate::panic_v1::GroupV1;
use crate::report::{Frame, Report};
use crate::teller::Teller;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// The other goroutines, equal stacks grouped, most first.
///
/// The number of all of them beside those that are told.
pub fn groups<'r>(report: &'r Report<'_>, teller: &Teller<'_>) -> (Vec<GroupV1<'r>>, usize) {
    let mut order: Vec<(u64, usize, u32)> = Vec::new();
    let mut seen: FxHashMap<u64, usize> = FxHashMap::default();
    for (at, goroutine) in report.goroutines.iter().enumerate() {
        if Some(at) == report.crashing || goroutine.id.is_none() {
            continue;
        }
        let group = *seen.entry(stack_hash(goroutine.state, report.stack(at))).or_insert_with(|| {
            order.push((0, at, goroutine.minutes));
            order.len() - 1
        });
        if let Some((count, _, minutes)) = order.get_mut(group) {
            *count += 1;
            *minutes = (*minutes).max(goroutine.minutes);
        }
    }
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let told = order.iter().take(teller.limits.groups);
    (told.map(|(count, at, minutes)| group(report, *at, *count, *minutes, teller)).collect(), order.len())
}

fn group<'r>(report: &'r Report<'_>, at: usize, count: u64, minutes: u32, teller: &Teller<'_>) -> GroupV1<'r> {
    let state = report.goroutines.get(at).map_or(&[][..], |g| g.state);
    let functions = report.stack(at).iter().take(teller.limits.group_frames).map(|f| teller.name(f.name)).collect();
    GroupV1 { count, state: teller.name(state), wait_minutes: (minutes > 0).then_some(minutes), functions }
}

fn stack_hash(state: &[u8], stack: &[Frame<'_>]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(state);
    for frame in stack {
        hasher.write(frame.name);
        hasher.write_u8(0);
    }
    hasher.finish()
}
