//! Keeps one sender's posts in the order they came, though several are on their way at once.
//!
//! A post that met a dying room is tried again only if no later one is under way: none overtakes another.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

/// One session's posts.
#[derive(Default)]
pub(super) struct PostOrder {
    last: Cell<u64>,
    retrying: Cell<bool>,
    held: Cell<bool>,
    over: Notify,
}

/// One post's place among them.
pub(super) struct Turn {
    order: Rc<PostOrder>,
    number: u64,
    retrying: bool,
}

/// Held by a post that is not under way yet; those that come meanwhile wait.
pub(super) struct Hold(Rc<PostOrder>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.held.set(false);
        self.0.over.notify_waiters();
    }
}

impl PostOrder {
    /// Waits until nobody holds, then holds.
    pub async fn hold(self: Rc<Self>) -> Hold {
        while self.held.replace(true) {
            self.over.notified().await;
        }
        Hold(self)
    }

    /// The next place; waits only while an earlier post is held or tried again.
    pub async fn turn(self: Rc<Self>) -> Turn {
        while self.retrying.get() || self.held.get() {
            self.over.notified().await;
        }
        let number = self.last.get().saturating_add(1);
        self.last.set(number);
        Turn { order: self, number, retrying: false }
    }
}

impl Turn {
    /// May this post be tried again? If so, those that come meanwhile wait until it is done.
    pub fn may_retry(&mut self) -> bool {
        self.retrying = self.number == self.order.last.get() && !self.order.retrying.replace(true);
        self.retrying
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.retrying {
            self.order.retrying.set(false);
            self.order.over.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn only_the_last_post_is_tried_again() {
        let order = Rc::new(PostOrder::default());
        let mut first = order.clone().turn().now_or_never().unwrap();
        let mut second = order.clone().turn().now_or_never().unwrap();
        assert!(!first.may_retry());
        assert!(second.may_retry());
    }

    #[test]
    fn whoever_comes_while_a_post_is_held_comes_after_it() {
        let order = Rc::new(PostOrder::default());
        let held = order.clone().hold().now_or_never().unwrap();
        assert!(order.clone().turn().now_or_never().is_none());
        assert!(order.clone().hold().now_or_never().is_none());
        drop(held);
        assert_eq!(order.turn().now_or_never().unwrap().number, 1);
    }

    #[test]
    fn whoever_comes_meanwhile_waits_its_turn() {
        let order = Rc::new(PostOrder::default());
        let mut first = order.clone().turn().now_or_never().unwrap();
        assert!(first.may_retry());
        assert!(order.clone().turn().now_or_never().is_none());
        drop(first);
        assert!(order.turn().now_or_never().is_some());
    }
}
