//! How many sessions one mount may have at once. Whoever finds it full is told so before anything is spent on them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::doors::problem::Problem;

pub struct Capacity {
    most: usize,
    taken: Arc<AtomicUsize>,
}

/// One session's part of it. Given back on drop.
pub struct Share(Arc<AtomicUsize>);

impl Drop for Share {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Capacity {
    pub fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    pub fn take(&self) -> Result<Share, Problem> {
        // From here on the drop gives back what was taken.
        let share = Share(self.taken.clone());
        if self.taken.fetch_add(1, Relaxed) >= self.most {
            let detail = "too many connections at this door";
            return Err(Problem::new(503, "door_full", detail).retry_after(5));
        }
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_makes_room_and_whoever_was_refused_took_none() {
        let capacity = Capacity::new(1);
        let first = capacity.take().ok();
        assert!(first.is_some());
        assert_eq!(capacity.take().err().map(|problem| problem.code), Some("door_full"));
        assert_eq!(capacity.take().err().map(|problem| problem.status), Some(503));
        drop(first);
        assert!(capacity.take().is_ok());
    }
}
