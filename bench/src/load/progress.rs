//! Which messages have reached every listener.
//!
//! Keeps how many listeners have heard exactly so many messages: a step costs the same for one message as for
//! a hundred, and a message heard before it was sent, or twice, is noticed.

use super::lags::Lags;
use anyhow::{Result, ensure};
use std::collections::VecDeque;
use tokio::time::Instant;

pub struct Progress {
    /// How many listeners have heard `done`, `done + 1`, … up to `sent` messages.
    standing: VecDeque<usize>,
    sent: usize,
    done: usize,
    /// When each message that is not done left, or should have left.
    departures: VecDeque<Instant>,
    /// From there to each delivery, and to the last one.
    pub each: Lags,
    pub last: Lags,
}

impl Progress {
    pub fn new(listeners: usize) -> Result<Self> {
        let standing = VecDeque::from([listeners]);
        let (each, last) = (Lags::new()?, Lags::new()?);
        Ok(Self { standing, sent: 0, done: 0, departures: VecDeque::new(), each, last })
    }

    /// So many messages leave now that were due at this moment.
    pub fn depart(&mut self, messages: usize, due: Instant) {
        self.sent += messages;
        self.standing.extend(std::iter::repeat_n(0, messages));
        self.departures.extend(std::iter::repeat_n(due, messages));
    }

    /// A listener that had heard `before` messages has heard `more`. True when some message is done by that.
    pub fn heard(&mut self, before: usize, more: usize) -> Result<bool> {
        let after = before + more;
        ensure!(after <= self.sent, "a client heard {after} messages when {} were sent", self.sent);
        let now = Instant::now();
        for departure in self.departures.iter().skip(before - self.done).take(more) {
            self.each.record(now - *departure);
        }
        let steps = [(before - self.done, -1), (after - self.done, 1)];
        for (place, step) in steps {
            if let Some(listeners) = self.standing.get_mut(place) {
                *listeners = listeners.saturating_add_signed(step);
            }
        }
        let done = self.done;
        while self.done < self.sent && self.standing.front() == Some(&0) {
            self.standing.pop_front();
            self.done += 1;
            if let Some(departure) = self.departures.pop_front() {
                self.last.record(now - departure);
            }
        }
        Ok(self.done > done)
    }

    pub fn in_flight(&self) -> usize {
        self.sent - self.done
    }

    pub fn sent(&self) -> usize {
        self.sent
    }

    pub fn done(&self) -> usize {
        self.done
    }

    pub fn forget_lags(&mut self) {
        self.each.clear();
        self.last.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_done_when_the_last_listener_has_it() -> Result<()> {
        let mut progress = Progress::new(2)?;
        progress.depart(3, Instant::now());
        assert!(!progress.heard(0, 3)?);
        assert_eq!(progress.in_flight(), 3);
        assert!(progress.heard(0, 2)?);
        assert_eq!((progress.done(), progress.in_flight()), (2, 1));
        progress.depart(2, Instant::now());
        assert!(progress.heard(2, 1)?);
        assert!(!progress.heard(3, 2)?);
        assert!(progress.heard(3, 2)?);
        assert_eq!((progress.done(), progress.sent()), (5, 5));
        assert_eq!((progress.each.count(), progress.last.count()), (10, 5));
        Ok(())
    }

    #[test]
    fn a_message_that_was_not_sent_is_noticed() -> Result<()> {
        let mut progress = Progress::new(1)?;
        progress.depart(1, Instant::now());
        assert!(progress.heard(0, 2).is_err());
        Ok(())
    }
}
