//! One clock for all of a thread that are to be looked at, each at a time of its own.
//!
//! A timer of its own would weigh more than what most of them are looked at for. Each is looked at in a task of its
//! own, so that a panic there costs nobody else.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::{Rc, Weak};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Below this many it is not asked who of them is gone.
const FEW: usize = 64;

/// Somebody who is to be looked at.
pub trait Ring {
    fn ring(self: Rc<Self>);
}

/// Ends with its last handle.
pub struct Alarms(Rc<Queue>);

#[derive(Default)]
struct Queue {
    waiting: RefCell<BinaryHeap<Alarm>>,
    /// With so many, those who are gone are left out.
    many: Cell<usize>,
    /// Another is the first now, or none will come.
    changed: Notify,
    stopped: Cell<bool>,
}

struct Alarm {
    at: Instant,
    whom: Weak<dyn Ring>,
}

/// The greatest is the one whose time comes first.
impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}

impl Alarms {
    /// Starts its task on this thread.
    pub fn start() -> Rc<Self> {
        let queue = Rc::<Queue>::default();
        actix_web::rt::spawn(run(queue.clone()));
        Rc::new(Self(queue))
    }

    /// Rings when that moment has come, if they are still there; each time it was asked to.
    pub fn set(&self, at: Instant, whom: Weak<dyn Ring>) {
        let mut waiting = self.0.waiting.borrow_mut();
        if waiting.len() >= self.0.many.get().max(FEW) {
            waiting.retain(|alarm| alarm.whom.strong_count() > 0);
            self.0.many.set(waiting.len().saturating_mul(2));
        }
        let is_first = waiting.peek().is_none_or(|first| at < first.at);
        waiting.push(Alarm { at, whom });
        if is_first {
            self.0.changed.notify_one();
        }
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.0.stopped.set(true);
        self.0.changed.notify_one();
    }
}

async fn run(queue: Rc<Queue>) {
    while !queue.stopped.get() {
        match queue.ring_due(Instant::now()) {
            Some(next) => tokio::select! {
                () = sleep_until(next) => {}
                () = queue.changed.notified() => {}
            },
            None => queue.changed.notified().await,
        }
    }
}

impl Queue {
    /// When the next is to be looked at.
    fn ring_due(&self, now: Instant) -> Option<Instant> {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(first) = waiting.peek() {
            if first.at > now {
                return Some(first.at);
            }
            if let Some(whom) = waiting.pop().and_then(|alarm| alarm.whom.upgrade()) {
                actix_web::rt::spawn(async move { whom.ring() });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[derive(Default)]
    struct Bell(Cell<u32>);

    impl Ring for Bell {
        fn ring(self: Rc<Self>) {
            self.0.update(|times| times + 1);
        }
    }

    fn weak(bell: &Rc<Bell>) -> Weak<dyn Ring> {
        let bell: Rc<dyn Ring> = bell.clone();
        Rc::downgrade(&bell)
    }

    /// With no task, so that time is what a test says.
    fn still() -> Alarms {
        Alarms(Rc::default())
    }

    #[actix_web::test]
    async fn each_rings_at_its_time_whichever_was_set_first() {
        let (alarms, late, early, start) = (still(), Rc::<Bell>::default(), Rc::default(), Instant::now());
        for (at, bell) in [(500, &late), (100, &early), (200, &early)] {
            alarms.set(start + MS * at, weak(bell));
        }
        for (now, rung, next) in
            [(99, (0, 0), Some(100)), (199, (1, 0), Some(200)), (200, (2, 0), Some(500)), (600, (2, 1), None)]
        {
            assert_eq!(alarms.0.ring_due(start + MS * now), next.map(|next| start + MS * next));
            tokio::task::yield_now().await;
            assert_eq!((early.0.get(), late.0.get()), rung, "after {now} ms");
        }
    }

    #[actix_web::test]
    async fn who_is_asked_to_ring_at_once_does_though_others_come_later() {
        let (alarms, bell) = (Alarms::start(), Rc::<Bell>::default());
        alarms.set(Instant::now() + MS * 1_000_000, weak(&Rc::default()));
        tokio::task::yield_now().await;
        alarms.set(Instant::now(), weak(&bell));
        while bell.0.get() == 0 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn who_is_gone_is_forgotten_before_its_time() {
        let (alarms, stays, at) = (still(), Rc::<Bell>::default(), Instant::now());
        alarms.set(at, weak(&stays));
        for _ in 0..FEW * 10 {
            alarms.set(at, weak(&Rc::default()));
        }
        let waiting = alarms.0.waiting.borrow();
        assert!(waiting.len() <= FEW);
        assert_eq!(waiting.iter().filter(|alarm| alarm.whom.strong_count() > 0).count(), 1);
    }
}
