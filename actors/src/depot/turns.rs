//! One at a time writes to an upload, and whoever comes next is served: a client that lost its connection comes back
//! on another long before the first is known to be dead.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::ports::files::FileKey;

#[derive(Clone, Default)]
pub(super) struct Turns(Arc<DashMap<FileKey, Arc<Seat>>>);

struct Seat {
    place: Arc<Semaphore>,
    /// How many ever asked for it.
    asked: watch::Sender<u64>,
}

/// The right to write to an upload; given back on drop.
pub(super) struct Turn {
    turns: Turns,
    key: FileKey,
    asked: watch::Receiver<u64>,
    seat: Option<Arc<Seat>>,
    place: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Asks whoever is there to step back, and waits this long for it; None: that took too long.
    pub(super) async fn take(&self, key: &FileKey, longest: Duration) -> Option<Turn> {
        let fresh = || Arc::new(Seat { place: Arc::new(Semaphore::new(1)), asked: watch::Sender::new(0) });
        let seat = self.0.entry(key.clone()).or_insert_with(fresh).clone();
        seat.asked.send_modify(|asked| *asked = asked.wrapping_add(1));
        let asked = seat.asked.subscribe();
        let mut turn =
            Turn { turns: self.clone(), key: key.clone(), asked, seat: Some(seat.clone()), place: None };
        let place = tokio::time::timeout(longest, seat.place.clone().acquire_owned()).await;
        turn.place = place.ok().and_then(Result::ok);
        turn.place.is_some().then_some(turn)
    }
}

impl Turn {
    /// Ends when somebody else asks for it.
    pub(super) async fn is_wanted(&mut self) {
        if self.asked.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.place = None;
        self.seat = None;
        // Only the map's own is left: nobody sits there and nobody waits.
        self.turns.0.remove_if(&self.key, |_, seat| Arc::strong_count(seat) == 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn whoever_comes_next_is_served_when_the_one_before_steps_back() {
        let (turns, key) = (Turns::default(), FileKey::parse("a").unwrap());
        let mut first = turns.take(&key, SOON).await.unwrap();
        let next = turns.take(&key, SOON);
        let step_back = async move {
            first.is_wanted().await;
        };
        let (_, next) = tokio::join!(step_back, next);
        drop(next.unwrap());
        assert!(turns.0.is_empty());
    }

    #[tokio::test]
    async fn who_does_not_step_back_is_left_alone() {
        let (turns, key) = (Turns::default(), FileKey::parse("a").unwrap());
        let first = turns.take(&key, SOON).await.unwrap();
        assert!(turns.take(&key, Duration::from_millis(5)).await.is_none());
        drop(first);
        assert!(turns.0.is_empty());
    }
}
