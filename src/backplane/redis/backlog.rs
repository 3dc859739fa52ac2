//! A queue between tasks that never makes its writer wait: past its limits the oldest goes, and is counted.
//!
//! Bounded in bytes and in count, whoever reads and however slowly.

use std::collections::VecDeque;

use tokio::sync::watch;

/// The most in one queue, however small each is.
const COUNT: usize = 65_536;

/// A reader takes no more once it has this much: what it holds is beyond the limits.
const AT_ONCE_BYTES: usize = 256 * 1024;

/// What waits, oldest first.
struct Waiting<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
}

pub(super) struct Backlog<T> {
    // Holds the queue and wakes its reader, in one: the closures below never wait.
    waiting: watch::Sender<Waiting<T>>,
    most_bytes: usize,
}

impl<T> Backlog<T> {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { waiting: watch::Sender::new(Waiting { items: VecDeque::new(), bytes: 0 }), most_bytes }
    }

    /// Adds one at the end; how many of the oldest had to go.
    pub(super) fn push(&self, item: T, bytes: usize) -> u64 {
        let mut dropped = 0;
        self.waiting.send_modify(|waiting| {
            waiting.items.push_back((item, bytes));
            waiting.bytes = waiting.bytes.saturating_add(bytes);
            dropped = waiting.shrink(self.most_bytes);
        });
        dropped
    }

    /// Puts back what was taken, at the front and in its order; how many of the oldest had to go.
    pub(super) fn put_back(&self, items: Vec<(T, usize)>) -> u64 {
        let mut dropped = 0;
        self.waiting.send_modify(|waiting| {
            for (item, bytes) in items.into_iter().rev() {
                waiting.items.push_front((item, bytes));
                waiting.bytes = waiting.bytes.saturating_add(bytes);
            }
            dropped = waiting.shrink(self.most_bytes);
        });
        dropped
    }

    /// The oldest, at least one and at most so many; waits for the first.
    pub(super) async fn take(&self, most: usize) -> Vec<(T, usize)> {
        let mut news = self.waiting.subscribe();
        loop {
            news.mark_unchanged();
            let taken = self.take_now(most);
            // The sender is ours, so waiting cannot fail.
            if !taken.is_empty() || news.changed().await.is_err() {
                return taken;
            }
        }
    }

    pub(super) fn take_now(&self, most: usize) -> Vec<(T, usize)> {
        let mut taken = Vec::new();
        self.waiting.send_if_modified(|waiting| {
            let mut bytes: usize = 0;
            while taken.len() < most && bytes < AT_ONCE_BYTES {
                let Some((item, size)) = waiting.items.pop_front() else { break };
                bytes = bytes.saturating_add(size);
                taken.push((item, size));
            }
            waiting.bytes = waiting.bytes.saturating_sub(bytes);
            // What is taken is no news to anyone.
            false
        });
        taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.borrow().items.is_empty()
    }
}

impl<T> Waiting<T> {
    fn shrink(&mut self, most_bytes: usize) -> u64 {
        let mut dropped: u64 = 0;
        while self.bytes > most_bytes || self.items.len() > COUNT {
            let Some((_, bytes)) = self.items.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
            dropped = dropped.saturating_add(1);
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn take(backlog: &Backlog<u32>, most: usize) -> Option<Vec<u32>> {
        Some(backlog.take(most).now_or_never()?.into_iter().map(|(item, _)| item).collect())
    }

    #[test]
    fn the_oldest_goes_when_bytes_run_out() {
        let backlog = Backlog::new(100);
        assert_eq!((backlog.push(1, 40), backlog.push(2, 60), backlog.push(3, 10)), (0, 0, 1));
        assert_eq!(take(&backlog, 10), Some(vec![2, 3]));
        assert_eq!(backlog.push(4, 101), 1);
        assert!(backlog.is_empty());
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let backlog = Backlog::new(usize::MAX);
        let dropped: u64 = (0..70_000).map(|item| backlog.push(item, 0)).sum();
        assert_eq!(dropped, 70_000 - 65_536);
        assert_eq!(take(&backlog, 1), Some(vec![70_000 - 65_536]));
    }

    #[test]
    fn what_is_put_back_comes_first_again_unless_it_has_grown_too_old() {
        let backlog = Backlog::new(100);
        for item in 1..=4 {
            backlog.push(item, 25);
        }
        let taken = backlog.take_now(2);
        backlog.push(5, 25);
        assert_eq!(backlog.put_back(taken), 1);
        assert_eq!(take(&backlog, 10), Some(vec![2, 3, 4, 5]));
        assert_eq!(take(&backlog, 10), None);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let backlog = Backlog::new(100);
        let (taken, ()) = tokio::join!(backlog.take(2), async {
            tokio::task::yield_now().await;
            backlog.push(7, 1);
        });
        assert_eq!(taken, [(7, 1)]);
    }
}
