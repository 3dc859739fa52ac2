//! Many threads that ask one store at the same moment.
//!
//! Each has a runtime of its own, so they really race.

use std::sync::Barrier;
use std::thread;

use crate::people::within;

/// Every racer's answer.
pub fn race<T: Send, F: Future<Output = T>>(racers: usize, run: impl Fn(usize) -> F + Sync) -> Vec<T> {
    let start = Barrier::new(racers);
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..racers)
            .map(|number| {
                let (start, run) = (&start, &run);
                scope.spawn(move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    start.wait();
                    runtime.block_on(within(run(number)))
                })
            })
            .collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    })
}
