//! The streams of one partition by their ids.

use super::member::Member;
use crate::counts::Counts;
use crate::envelope::{Entry, origin};
use crate::limits::Limits;
use crate::text::part;
use rustc_hash::{FxHashMap, FxHashSet};

/// All streams that are kept, each with a number that it has as long as it is kept.
#[derive(Debug, Default)]
pub struct Members {
    ids: FxHashMap<Box<[u8]>, usize>,
    /// The same by the object that the container's id stands in, see [`crate::envelope::facts::Facts::container`], and the log stream: most
    /// records' streams are found without reading their ids.
    objects: FxHashMap<(u64, u8), usize>,
    list: Vec<Member>,
    free: Vec<usize>,
    /// Those that came since somebody asked for them.
    new: Vec<usize>,
    /// So many streams that some are to be forgotten.
    crowded: usize,
    id: Vec<u8>,
}

impl Members {
    /// The stream of that number.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&Member> {
        self.list.get(number)
    }

    /// The same, to change it.
    #[inline]
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Member> {
        self.list.get_mut(number)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.list.iter()
    }

    /// The same, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.list.iter_mut()
    }

    /// The streams of one container: its stdout and its stderr.
    pub fn of_id(&self, id: &str) -> impl Iterator<Item = &Member> {
        let mut key = [id.as_bytes(), &[0]].concat();
        LOG_STREAMS.iter().filter_map(move |stream| {
            *key.last_mut()? = code(*stream);
            self.list.get(*self.ids.get(key.as_slice())?)
        })
    }

    /// Ids of streams that came since the last call, at most so many.
    pub fn take_new(&mut self, most: usize) -> Vec<Box<str>> {
        let from = self.new.len().saturating_sub(most);
        let list = &self.list;
        self.new.drain(from..).filter_map(|number| list.get(number)?.id.clone()).collect()
    }

    /// The number of the stream that the entry belongs to.
    pub fn number(&mut self, entry: &Entry<'_>, key: Option<&[u8]>, counts: &mut Counts, limits: &Limits) -> usize {
        let log_stream = origin::log_stream(entry.facts);
        let Some(container) = entry.facts.container() else { return self.number_of_id(entry, key, counts, limits) };
        let object = (container, code(log_stream));
        if let Some(number) = self.objects.get(&object) {
            return *number;
        }
        let number = self.number_of_id(entry, key, counts, limits);
        if self.objects.len() >= limits.streams {
            self.objects.clear();
        }
        self.objects.insert(object, number);
        number
    }

    fn number_of_id(&mut self, entry: &Entry<'_>, key: Option<&[u8]>, counts: &mut Counts, limits: &Limits) -> usize {
        origin::stream_id(entry.facts, key, &mut self.id);
        let length = self.id.len();
        let log_stream = origin::log_stream(entry.facts);
        self.id.push(code(log_stream));
        if let Some(number) = self.ids.get(self.id.as_slice()) {
            return *number;
        }
        if self.ids.len() >= self.crowded.max(limits.streams) {
            self.make_room(counts);
        }
        let id = part(&self.id, 0, length);
        let mut member = Member::default();
        member.id = (length > 0).then(|| String::from_utf8_lossy(id).into());
        member.log_stream = log_stream;
        member.learn(entry.facts);
        member.service = counts.service(&member.origin);
        self.add(member)
    }

    fn add(&mut self, member: Member) -> usize {
        let number = self.free.pop().unwrap_or(self.list.len());
        match self.list.get_mut(number) {
            Some(place) => *place = member,
            None => self.list.push(member),
        }
        self.ids.insert(self.id.as_slice().into(), number);
        self.new.push(number);
        number
    }

    /// Forgets the streams that spoke longest ago, half of all; not those that hold something.
    fn make_room(&mut self, counts: &mut Counts) {
        let mut seen: Vec<u64> = self.list.iter().map(|member| member.seen).collect();
        seen.sort_unstable();
        let oldest = seen.get(seen.len() / 2).copied().unwrap_or(0);
        self.objects.clear();
        let (list, free) = (&mut self.list, &mut self.free);
        self.ids.retain(|_, number| {
            let Some(member) = list.get_mut(*number) else { return false };
            let stays = member.is_busy() || member.seen > oldest;
            if !stays {
                counts.settle(member);
                free.push(*number);
            }
            stays
        });
        let free: FxHashSet<&usize> = self.free.iter().collect();
        self.new.retain(|number| !free.contains(number));
        // Where all of them hold something, looking through them for each new one would take quadratic time.
        self.crowded = self.ids.len() + self.ids.len() / 2;
    }
}

const LOG_STREAMS: [Option<&str>; 3] = [None, Some("stdout"), Some("stderr")];

/// stdout and stderr of a container are two streams: their lines have no order among each other.
fn code(log_stream: Option<&str>) -> u8 {
    LOG_STREAMS.iter().position(|stream| *stream == log_stream).map_or(0, |at| at as u8)
}
