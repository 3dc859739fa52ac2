//! Which messages have reached every listener.
//!
//! Keeps how many listeners have heard exactly so many messages: a step costs the same for one message as for
//! a hundred, and a message heard before it was sent, or twice, is noticed.

use anyhow::{Result, ensure};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

pub struct Progress {
    /// How many listeners have heard `done`, `done + 1`, … messages; never longer than the messages in flight allow.
    standing: VecDeque<usize>,
    sent: usize,
    done: usize,
    departures: VecDeque<Instant>,
    lags: Vec<Duration>,
}

impl Progress {
    pub fn new(listeners: usize, in_flight: usize) -> Self {
        let mut standing = VecDeque::from(vec![0; in_flight]);
        standing.push_front(listeners);
        let departures = VecDeque::with_capacity(in_flight);
        Self { standing, sent: 0, done: 0, departures, lags: Vec::with_capacity(1 << 18) }
    }

    /// How many messages may leave now; they count as sent.
    pub fn depart(&mut self) -> usize {
        let in_flight = self.standing.len() - 1;
        let free = in_flight - (self.sent - self.done);
        self.sent += free;
        self.departures.extend(std::iter::repeat_n(Instant::now(), free));
        free
    }

    /// A listener that had heard `before` messages has heard `more`. True when some message is done by that.
    pub fn heard(&mut self, before: usize, more: usize) -> Result<bool> {
        let after = before + more;
        ensure!(after <= self.sent, "a client heard {after} messages when {} were sent", self.sent);
        let steps = [(before - self.done, -1), (after - self.done, 1)];
        for (place, step) in steps {
            if let Some(listeners) = self.standing.get_mut(place) {
                *listeners = listeners.saturating_add_signed(step);
            }
        }
        let done = self.done;
        while self.done < self.sent && self.standing.front() == Some(&0) {
            self.standing.rotate_left(1);
            self.done += 1;
            let departure = self.departures.pop_front();
            self.lags.extend(departure.map(|departure| departure.elapsed()));
        }
        Ok(self.done > done)
    }

    pub fn sent(&self) -> usize {
        self.sent
    }

    pub fn done(&self) -> usize {
        self.done
    }

    pub fn forget_lags(&mut self) {
        self.lags.clear();
    }

    /// Time from sending a message to its last delivery: the given percent of messages took no longer.
    pub fn lag_at(&mut self, percent: usize) -> Duration {
        self.lags.sort_unstable();
        let place = (self.lags.len() * percent / 100).min(self.lags.len().saturating_sub(1));
        self.lags.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_done_when_the_last_listener_has_it() -> Result<()> {
        let mut progress = Progress::new(2, 3);
        assert_eq!(progress.depart(), 3);
        assert!(!progress.heard(0, 3)?);
        assert_eq!(progress.depart(), 0);
        assert!(progress.heard(0, 2)?);
        assert_eq!((progress.done(), progress.depart()), (2, 2));
        assert!(progress.heard(2, 1)?);
        assert!(!progress.heard(3, 2)?);
        assert!(progress.heard(3, 2)?);
        assert_eq!((progress.done(), progress.sent()), (5, 5));
        Ok(())
    }

    #[test]
    fn a_message_that_was_not_sent_is_noticed() {
        let mut progress = Progress::new(1, 1);
        progress.depart();
        assert!(progress.heard(0, 2).is_err());
    }
}
