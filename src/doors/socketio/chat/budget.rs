//! How many events a user may send in a minute, over all their sockets: a fixed window, as the original documents it.
//!
//! It counts at most so many users; past that the windows that are over go, and while none is, newcomers are held by the
//! limits of all doors alone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use dashmap::DashMap;
use recado_actors::id::UserId;
use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(60);

pub(super) struct Budget {
    /// 0: as many as they like.
    events: u32,
    most: usize,
    started: Instant,
    by_user: DashMap<UserId, Window>,
    /// When the windows were looked through last, in seconds since the start.
    swept: AtomicU64,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    spent: u32,
}

impl Window {
    fn new(now: Instant) -> Self {
        Self { began: now, spent: 0 }
    }

    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.began) >= WINDOW
    }

    fn spend(&mut self, now: Instant, most: u32) -> bool {
        if self.is_over(now) {
            *self = Self::new(now);
        }
        self.spent = self.spent.saturating_add(1);
        self.spent <= most
    }
}

impl Budget {
    pub fn new(events: u32, most: usize) -> Self {
        Self { events, most, started: Instant::now(), by_user: DashMap::new(), swept: AtomicU64::new(0) }
    }

    /// May this user do one more thing now?
    pub fn spend(&self, user: &UserId, now: Instant) -> bool {
        if self.events == 0 {
            return true;
        }
        if let Some(mut window) = self.by_user.get_mut(user) {
            return window.spend(now, self.events);
        }
        if self.by_user.len() >= self.most {
            self.sweep(now);
        }
        if self.by_user.len() >= self.most {
            return true;
        }
        self.by_user.entry(user.clone()).or_insert_with(|| Window::new(now)).spend(now, self.events)
    }

    /// At most once a second, however many newcomers there are.
    fn sweep(&self, now: Instant) {
        let second = now.duration_since(self.started).as_secs();
        if self.swept.swap(second, Relaxed) != second {
            self.by_user.retain(|_, window| !window.is_over(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    #[test]
    fn a_window_is_spent_by_all_sockets_of_a_user_and_begins_anew_after_a_minute() {
        let (budget, start) = (Budget::new(3, 10), Instant::now());
        let spends = |times: usize, at| (0..times).filter(|_| budget.spend(&user("7"), start + at)).count();
        assert_eq!(spends(5, Duration::ZERO), 3);
        assert!(budget.spend(&user("8"), start));
        assert_eq!(spends(1, WINDOW - Duration::from_millis(1)), 0);
        assert_eq!(spends(5, WINDOW), 3);
    }

    #[test]
    fn no_more_users_are_counted_than_there_may_be() {
        let (budget, start) = (Budget::new(1, 2), Instant::now());
        let spends = |name: &str, at| budget.spend(&user(name), start + at);
        assert!(["1", "2", "3", "4"].iter().all(|name| spends(name, Duration::ZERO)));
        assert_eq!(budget.by_user.len(), 2);
        assert!(!spends("1", Duration::ZERO) && spends("3", Duration::ZERO) && spends("3", Duration::ZERO));
        assert!(spends("3", WINDOW * 2) && !spends("3", WINDOW * 2));
    }
}
