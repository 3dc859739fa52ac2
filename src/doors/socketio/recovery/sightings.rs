//! Which clients of a door are here, and when those who may return left. Pure: the time is an argument.
//!
//! A name is at one connection at a time: whoever comes with it is told who had it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use dashmap::DashMap;
use recado_actors::id::SessionId;
use tokio::time::Instant;

use crate::doors::socketio::engine::sid::Sid;

/// How many clients are known at once; past it, some who left are forgotten.
const MOST: usize = 100_000;

/// The connection that a name is at, and what leads to it.
pub struct Holder<W> {
    pub connection: SessionId,
    pub way: W,
}

enum Sighting<W> {
    Here(Holder<W>),
    Left(Instant),
}

/// What is known of a client that says it was here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is here still, or left so short a time ago that it may return.
    Lately,
    /// It left longer ago, or never came to this node.
    NotLately,
    /// It may have left a short time ago, and too many did to know.
    Unsure,
}

pub struct Sightings<W> {
    window: Duration,
    most: usize,
    began: Instant,
    seen: DashMap<Sid, Sighting<W>>,
    /// In milliseconds from the beginning, as the next.
    sweep_at: AtomicU64,
    unsure_until: AtomicU64,
}

impl<W> Sightings<W> {
    pub fn new(window: Duration, now: Instant) -> Self {
        Self::limited(window, MOST, now)
    }

    fn limited(window: Duration, most: usize, now: Instant) -> Self {
        let (sweep_at, unsure_until) = Default::default();
        Self { window, most, began: now, seen: DashMap::new(), sweep_at, unsure_until }
    }

    /// How long this has been looking.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Who had this name until now, if somebody is still here by it.
    pub fn arrive(&self, sid: Sid, holder: Holder<W>) -> Option<Holder<W>> {
        match self.seen.insert(sid, Sighting::Here(holder)) {
            Some(Sighting::Here(before)) => Some(before),
            Some(Sighting::Left(_)) | None => None,
        }
    }

    /// False: the name is at another connection by now. Who goes for good is not waited for.
    pub fn leave(&self, sid: Sid, connection: SessionId, for_good: bool, now: Instant) -> bool {
        let own =
            |seen: &Sighting<W>| matches!(seen, Sighting::Here(holder) if holder.connection == connection);
        if self.seen.remove_if(&sid, |_, seen| own(seen)).is_none() {
            return false;
        }
        if !for_good {
            self.sweep(now);
            self.note(sid, now);
        }
        true
    }

    fn note(&self, sid: Sid, now: Instant) {
        if self.seen.len() < self.most {
            // Its owner may have been faster.
            self.seen.entry(sid).or_insert(Sighting::Left(now));
        } else {
            self.unsure_until.store(self.ms(now).saturating_add(millis(self.window)), Relaxed);
        }
    }

    /// Forgets those who are waited for no more, now and then.
    fn sweep(&self, now: Instant) {
        let now_ms = self.ms(now);
        if now_ms < self.sweep_at.load(Relaxed) && self.seen.len() < self.most {
            return;
        }
        // Where very many leave at once, not each of them looks through all the others.
        let pause = millis(self.window / 2).clamp(100, 60_000);
        if self.sweep_at.swap(now_ms.saturating_add(pause), Relaxed) <= now_ms {
            self.seen.retain(|_, seen| self.is_lately(seen, now));
        }
    }

    pub fn known(&self, sid: Sid, now: Instant) -> Known {
        let lately = self.seen.get(&sid).is_some_and(|seen| self.is_lately(&seen, now));
        match lately {
            true => Known::Lately,
            false if self.ms(now) < self.unsure_until.load(Relaxed) => Known::Unsure,
            false => Known::NotLately,
        }
    }

    fn is_lately(&self, seen: &Sighting<W>, now: Instant) -> bool {
        match seen {
            Sighting::Here(_) => true,
            Sighting::Left(left) => now.saturating_duration_since(*left) <= self.window,
        }
    }

    fn ms(&self, now: Instant) -> u64 {
        millis(self.age(now))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use recado_actors::id::NodeId;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);
    const MOMENT: Duration = Duration::from_millis(1);

    fn sid() -> Sid {
        Sid::fresh(&NodeId::fresh("here")).unwrap()
    }

    fn holder(connection: u64) -> Holder<()> {
        Holder { connection: SessionId(connection), way: () }
    }

    #[test]
    fn who_left_is_known_for_the_window_and_then_forgotten() {
        let now = Instant::now();
        let (sightings, sid) = (Sightings::new(WINDOW, now), sid());
        assert_eq!(sightings.known(sid, now), Known::NotLately);
        assert!(sightings.arrive(sid, holder(1)).is_none());
        let left = now + WINDOW * 100;
        assert_eq!(sightings.known(sid, left), Known::Lately);
        assert!(sightings.leave(sid, SessionId(1), false, left));
        assert_eq!(sightings.known(sid, left + WINDOW), Known::Lately);
        let after = left + WINDOW + MOMENT;
        assert_eq!(sightings.known(sid, after), Known::NotLately);
        let other = self::sid();
        sightings.arrive(other, holder(2));
        sightings.leave(other, SessionId(2), false, after);
        assert_eq!(sightings.seen.len(), 1);
    }

    #[test]
    fn a_name_is_at_one_connection_and_only_that_gives_it_up() {
        let now = Instant::now();
        let (sightings, sid) = (Sightings::new(WINDOW, now), sid());
        sightings.arrive(sid, holder(1));
        assert_eq!(sightings.arrive(sid, holder(2)).unwrap().connection, SessionId(1));
        assert!(!sightings.leave(sid, SessionId(1), false, now));
        assert_eq!(sightings.known(sid, now + WINDOW * 2), Known::Lately);
        assert!(sightings.leave(sid, SessionId(2), true, now));
        assert_eq!(sightings.known(sid, now), Known::NotLately);
    }

    #[test]
    fn where_more_left_than_can_be_known_nobody_is_taken_for_gone_too_long() {
        let now = Instant::now();
        let sightings = Sightings::limited(WINDOW, 2, now);
        let sids = [sid(), sid(), sid()];
        for (sid, connection) in sids.into_iter().zip(1..) {
            sightings.arrive(sid, holder(connection));
            sightings.leave(sid, SessionId(connection), false, now);
        }
        let known = |now| sids.map(|sid| sightings.known(sid, now));
        assert_eq!(known(now), [Known::Lately, Known::Lately, Known::Unsure]);
        assert_eq!(sightings.seen.len(), 2);
        let later = now + WINDOW * 2;
        assert_eq!(known(later), [Known::NotLately; 3]);
        sightings.arrive(sids[2], holder(9));
        sightings.leave(sids[2], SessionId(9), false, later);
        assert_eq!(sightings.known(sids[2], later), Known::Lately);
        assert_eq!(sightings.seen.len(), 1);
    }
}
