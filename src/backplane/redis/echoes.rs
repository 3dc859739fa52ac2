//! Our own payloads, as we hear them again: known by their exact bytes, for a while.
//!
//! Bounded in number and in time; one forgotten too early is still known by its message's id.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

const REMEMBERED: Duration = Duration::from_secs(120);
const COUNT: usize = 65_536;

/// Shared by the task that publishes and the one that listens.
pub(super) struct Echoes {
    hasher: [RandomState; 2],
    // A cell two tasks look into; nobody waits for its changes.
    known: watch::Sender<Known>,
}

type Mark = (u64, u64);

#[derive(Default)]
struct Known {
    /// How often each was published and is remembered.
    marks: HashMap<Mark, u32>,
    ages: VecDeque<(Instant, Mark)>,
}

impl Echoes {
    pub(super) fn new() -> Self {
        Self { hasher: [RandomState::new(), RandomState::new()], known: watch::Sender::new(Known::default()) }
    }

    fn mark(&self, channel: &str, payload: &[u8]) -> Mark {
        let [one, other] = &self.hasher;
        (one.hash_one((channel, payload)), other.hash_one((channel, payload)))
    }

    /// Called before it is published: its echo may be faster than the answer.
    pub(super) fn expect(&self, channel: &str, payload: &[u8], now: Instant) {
        let mark = self.mark(channel, payload);
        self.known.send_if_modified(|known| {
            known.forget(now);
            *known.marks.entry(mark).or_default() += 1;
            known.ages.push_back((now, mark));
            false
        });
    }

    pub(super) fn is_ours(&self, channel: &str, payload: &[u8]) -> bool {
        let mark = self.mark(channel, payload);
        self.known.borrow().marks.contains_key(&mark)
    }
}

impl Known {
    fn forget(&mut self, now: Instant) {
        while let Some((at, mark)) = self.ages.front().copied() {
            if self.ages.len() < COUNT && now.duration_since(at) < REMEMBERED {
                return;
            }
            self.ages.pop_front();
            if let Some(count) = self.marks.get_mut(&mark) {
                *count -= 1;
                if *count == 0 {
                    self.marks.remove(&mark);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_known_by_channel_and_bytes_until_it_is_old() {
        let (echoes, start) = (Echoes::new(), Instant::now());
        let later = |halves| start + REMEMBERED / 2 * halves;
        echoes.expect("chat:a", b"{}", later(0));
        assert!(echoes.is_ours("chat:a", b"{}"));
        assert!(!echoes.is_ours("chat:b", b"{}") && !echoes.is_ours("chat:a", b"{ }"));
        echoes.expect("chat:a", b"{}", later(1));
        echoes.expect("chat:a", b"other", later(2));
        assert!(echoes.is_ours("chat:a", b"{}"), "it was published again since");
        echoes.expect("chat:a", b"another", later(3));
        assert!(!echoes.is_ours("chat:a", b"{}"));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let (echoes, now) = (Echoes::new(), Instant::now());
        for number in 0..COUNT + 10 {
            echoes.expect("chat:a", number.to_string().as_bytes(), now);
        }
        assert!(!echoes.is_ours("chat:a", b"9") && echoes.is_ours("chat:a", b"10"));
        assert_eq!(echoes.known.borrow().marks.len(), COUNT);
    }
}
