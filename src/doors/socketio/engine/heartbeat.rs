//! One session's heartbeat: who asks, until when an answer is waited for, and when somebody is gone. Pure.
//!
//! There is one absolute deadline at any time, so a timer that comes late and a request that comes first agree.

use std::time::Duration;

use tokio::time::Instant;

use super::packet::Protocol;

/// What the deadline's coming asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It has not come.
    Early,
    /// The client is to be asked.
    Ask,
    /// The client did not answer, or in protocol 3 did not ask.
    Gone,
}

#[derive(Debug)]
pub struct Heartbeat {
    /// In milliseconds, as clients are told, and as the next.
    interval: u32,
    timeout: u32,
    deadline: Instant,
    /// An answer is waited for; always so in protocol 3, where the client asks.
    waiting: bool,
    protocol: Protocol,
}

impl Heartbeat {
    pub fn new(protocol: Protocol, interval: Duration, timeout: Duration, now: Instant) -> Self {
        let waiting = protocol == Protocol::V3;
        let deadline = if waiting { now + interval + timeout } else { now + interval };
        let (interval, timeout) = (millis(interval), millis(timeout));
        Self { interval, timeout, deadline, waiting, protocol }
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(self.interval.into())
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout.into())
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Too late for whatever the client says now.
    pub fn is_over(&self, now: Instant) -> bool {
        self.waiting && now >= self.deadline
    }

    /// The deadline may have come.
    pub fn beat(&mut self, now: Instant) -> Beat {
        if now < self.deadline {
            return Beat::Early;
        }
        if self.waiting {
            return Beat::Gone;
        }
        self.waiting = true;
        // From when it was due, so that it ends when the client was told it would; only if we come very late, the
        // client has half of its time from now.
        self.deadline = (self.deadline + self.timeout()).max(now + self.timeout() / 2);
        Beat::Ask
    }

    /// What the client said may lie unread: an answer that is waited for has its whole time again.
    pub fn excuse(&mut self, now: Instant) {
        if self.waiting {
            self.deadline = self.deadline.max(now + self.timeout());
        }
    }

    /// The client answered. False if nobody had asked: that moves nothing.
    pub fn answered(&mut self, now: Instant) -> bool {
        if self.protocol == Protocol::V3 || !self.waiting {
            return false;
        }
        self.waiting = false;
        self.deadline = now + self.interval();
        true
    }

    /// The client asked, which only protocol 3 knows. False in protocol 4.
    pub fn was_asked(&mut self, now: Instant) -> bool {
        if self.protocol == Protocol::V4 {
            return false;
        }
        self.deadline = now + self.interval() + self.timeout();
        true
    }
}

/// What is longer than 49 days is as good as that.
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn beating(protocol: Protocol) -> (Heartbeat, Instant) {
        let start = Instant::now();
        (Heartbeat::new(protocol, MS * 300, MS * 200, start), start)
    }

    #[test]
    fn the_server_asks_after_an_interval_and_again_an_interval_after_the_answer() {
        let (mut heart, start) = beating(Protocol::V4);
        assert_eq!(heart.beat(start + MS * 299), Beat::Early);
        assert_eq!(heart.beat(start + MS * 300), Beat::Ask);
        assert!(heart.answered(start + MS * 450));
        assert_eq!(heart.deadline(), start + MS * 750);
        assert_eq!(heart.beat(start + MS * 749), Beat::Early);
        assert_eq!(heart.beat(start + MS * 750), Beat::Ask);
    }

    #[test]
    fn whoever_does_not_answer_in_time_is_gone_and_not_a_moment_earlier() {
        let (mut heart, start) = beating(Protocol::V4);
        assert_eq!(heart.beat(start + MS * 300), Beat::Ask);
        assert_eq!(heart.beat(start + MS * 499), Beat::Early);
        assert!(!heart.is_over(start + MS * 499));
        assert!(heart.is_over(start + MS * 500));
        assert_eq!(heart.beat(start + MS * 500), Beat::Gone);
    }

    #[test]
    fn the_end_is_when_the_client_was_told_though_the_timer_came_late() {
        let (mut heart, start) = beating(Protocol::V4);
        assert_eq!(heart.beat(start + MS * 340), Beat::Ask);
        assert!(!heart.is_over(start + MS * 499));
        assert!(heart.is_over(start + MS * 500));
    }

    #[test]
    fn a_timer_that_comes_very_late_leaves_the_client_half_of_its_time() {
        let (mut heart, start) = beating(Protocol::V4);
        assert_eq!(heart.beat(start + MS * 900), Beat::Ask);
        assert!(!heart.is_over(start + MS * 999));
        assert!(heart.is_over(start + MS * 1000));
    }

    #[test]
    fn an_answer_nobody_asked_for_moves_nothing() {
        let (mut heart, start) = beating(Protocol::V4);
        assert!(!heart.answered(start + MS * 200));
        assert!(!heart.was_asked(start + MS * 200));
        assert_eq!(heart.deadline(), start + MS * 300);
        assert!(!heart.is_over(start + MS * 900), "nobody was asked, so nobody is late");
    }

    #[test]
    fn whoever_was_not_listened_to_has_its_time_again() {
        let (mut heart, start) = beating(Protocol::V4);
        heart.excuse(start + MS * 250);
        assert_eq!(heart.deadline(), start + MS * 300);
        assert_eq!(heart.beat(start + MS * 300), Beat::Ask);
        heart.excuse(start + MS * 450);
        assert_eq!(heart.beat(start + MS * 649), Beat::Early);
        assert_eq!(heart.beat(start + MS * 650), Beat::Gone);
    }

    #[test]
    fn in_protocol_3_the_client_asks_within_interval_and_timeout() {
        let (mut heart, start) = beating(Protocol::V3);
        assert_eq!(heart.beat(start + MS * 499), Beat::Early);
        assert!(heart.was_asked(start + MS * 499));
        assert_eq!(heart.beat(start + MS * 998), Beat::Early);
        assert!(!heart.answered(start + MS * 998));
        assert_eq!(heart.beat(start + MS * 999), Beat::Gone);
    }
}
