//! How much of what clients post is held at once, of all of them together.
//!
//! What was taken is given back when its hold is dropped, wherever the body has gone by then.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[derive(Debug)]
pub struct Bodies {
    held: AtomicUsize,
    most: usize,
}

impl Bodies {
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { held: AtomicUsize::new(0), most })
    }

    /// For one body, of which nothing has come.
    pub fn begin(self: &Arc<Self>) -> Hold {
        Hold { bodies: self.clone(), bytes: 0 }
    }
}

#[derive(Debug)]
pub struct Hold {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Hold {
    /// This much more has come. False if it cannot be held.
    pub fn add(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.bodies.held.fetch_add(bytes, Relaxed).saturating_add(bytes) <= self.bodies.most
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.bodies.held.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bodies_together_are_bounded_and_what_goes_makes_room() {
        let bodies = Bodies::new(100);
        let (mut one, mut two) = (bodies.begin(), bodies.begin());
        assert!(one.add(60) && two.add(40));
        assert!(!two.add(1));
        drop(two);
        assert!(one.add(40) && !bodies.begin().add(1));
        drop(one);
        assert!(bodies.begin().add(100) && !bodies.begin().add(101));
    }
}
