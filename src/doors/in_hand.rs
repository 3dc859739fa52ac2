//! What one client asked for and is not answered: answers come in the order of the questions, and only so many wait.
//!
//! While anything is in hand, its outlet does not part from the client.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use recado_actors::outlet::Outlet;
use tokio::sync::Notify;

/// What was handed to the session and is not answered yet.
#[derive(Default)]
pub struct InHand {
    taken: Cell<u64>,
    answered: Cell<u64>,
    changed: Notify,
}

impl InHand {
    pub fn in_hand(&self) -> u64 {
        self.taken.get().saturating_sub(self.answered.get())
    }

    /// Ends when no more than this many are left.
    pub async fn at_most(&self, most: u64) {
        while self.in_hand() > most {
            self.changed.notified().await;
        }
    }

    /// Begins something while less than `most` is in hand: at once, or by what is returned, before which nothing more is
    /// to be heard of the client.
    pub fn begin(
        self: &Rc<Self>,
        most: u64,
        begin: impl FnOnce() + 'static,
    ) -> Option<LocalBoxFuture<'static, ()>> {
        if self.in_hand() < most {
            begin();
            return None;
        }
        let waiting = self.clone();
        Some(Box::pin(async move {
            waiting.at_most(most.saturating_sub(1)).await;
            begin();
        }))
    }

    pub fn take(self: &Rc<Self>, outlet: &Rc<Outlet>) -> Taken {
        let number = self.taken.get();
        self.taken.set(number.saturating_add(1));
        outlet.take_in_hand();
        Taken { posts: self.clone(), outlet: outlet.clone(), number }
    }
}

/// One of those; answered when it is dropped.
pub struct Taken {
    posts: Rc<InHand>,
    pub outlet: Rc<Outlet>,
    number: u64,
}

impl Taken {
    /// Ends when all that came before this one are answered.
    pub async fn turn(&self) {
        while self.posts.answered.get() < self.number {
            self.posts.changed.notified().await;
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.posts.answered.update(|answered| answered.saturating_add(1));
        self.posts.changed.notify_waiters();
        self.outlet.put_down();
    }
}
