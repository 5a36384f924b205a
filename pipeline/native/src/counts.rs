//! Lines by service and second, gathered until somebody takes them.

use crate::envelope::origin::Origin;
use crate::stream::member::Member;
use rustc_hash::FxHashMap;
use serde::Serialize;

const SECOND: i64 = 1_000_000_000;

/// Services that are known at once; streams that are gone leave theirs behind.
const SERVICES: usize = 20_000;

/// Whose lines are counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the fields are those of schemas/panic.v1.json")]
pub struct Service {
    pub service_name: Option<Box<str>>,
    pub service_version: Option<Box<str>>,
    pub service_namespace: Option<Box<str>>,
    pub environment: Option<Box<str>>,
}

/// Lines of one service in one second.
#[derive(Clone, Debug, Serialize)]
pub struct Counted<'c> {
    /// Whose.
    #[serde(flatten)]
    pub service: &'c Service,
    /// Second of event time since 1970, 0 where unknown.
    pub second: i64,
    /// How many.
    pub lines: u64,
}

/// The counts so far.
#[derive(Debug, Default)]
pub struct Counts {
    services: Vec<Service>,
    numbers: FxHashMap<Service, u32>,
    lines: FxHashMap<(u32, i64), u64>,
}

impl Counts {
    /// The row of the service that `origin` tells.
    pub fn service(&mut self, origin: &Origin) -> u32 {
        let service = Service {
            service_name: origin.service_name.clone(),
            service_version: origin.service_version.clone(),
            service_namespace: origin.service_namespace.clone(),
            environment: origin.environment.clone(),
        };
        let next = self.services.len() as u32;
        let number = *self.numbers.entry(service.clone()).or_insert(next);
        if number == next {
            self.services.push(service);
        }
        number
    }

    /// What is known of who writes the stream has changed.
    pub fn rename(&mut self, member: &mut Member) {
        let service = self.service(&member.origin);
        if service != member.service {
            self.settle(member);
            member.service = service;
        }
    }

    /// Forgets all services where they are too many; each stream is to be named anew.
    pub fn forget_services(&mut self) -> bool {
        let many = self.services.len() > SERVICES && self.lines.is_empty();
        if many {
            self.services.clear();
            self.numbers.clear();
        }
        many
    }

    /// A line of that stream, with its time in nanoseconds. Most lines fall in the second of the one before.
    #[inline]
    pub fn line(&mut self, member: &mut Member, time: i64) {
        let second = time.div_euclid(SECOND);
        if member.uncounted.0 != second {
            self.settle(member);
            member.uncounted.0 = second;
        }
        member.uncounted.1 += 1;
    }

    /// Counts what the stream has gathered.
    pub fn settle(&mut self, member: &mut Member) {
        let (second, lines) = std::mem::take(&mut member.uncounted);
        if lines > 0 {
            *self.lines.entry((member.service, second)).or_default() += lines;
        }
    }

    /// Gives the counts, by service and second, and begins anew.
    pub fn take(&mut self, mut give: impl FnMut(Counted<'_>)) {
        let mut lines: Vec<((u32, i64), u64)> = self.lines.drain().collect();
        lines.sort_unstable();
        for ((number, second), lines) in lines {
            if let Some(service) = self.services.get(number as usize) {
                give(Counted { service, second, lines });
            }
        }
    }
}
