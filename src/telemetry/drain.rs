//! A thread that writes the log, behind a bounded queue.
//!
//! It guarantees that a reader of the log that has stopped holds up nobody: lines are dropped and counted.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

const QUEUE_LINES: usize = 4096;
const RETRY: Duration = Duration::from_millis(10);

enum Job {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// The end of the queue that is written to. Clones share the queue.
#[derive(Clone)]
pub(super) struct Drain {
    queue: SyncSender<Job>,
    /// Dropped and not told yet.
    lost: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

impl Drain {
    /// `lost_line` words the line that stands where lines were dropped.
    pub fn start<W, F>(out: W, lost_line: F) -> io::Result<Self>
    where
        W: Write + Send + 'static,
        F: Fn(u64) -> String + Send + 'static,
    {
        let (queue, jobs) = sync_channel(QUEUE_LINES);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let work = move || write_all(&jobs, BufWriter::new(out), &counted, lost_line);
        thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(Self { queue, lost, dropped: Arc::default() })
    }

    /// Lines dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn flush(&self, longest: Duration) {
        let (done, wait) = sync_channel(1);
        let mut job = Job::Flush(done);
        let mut left = longest;
        while let Err(TrySendError::Full(refused)) = self.queue.try_send(job) {
            if left.is_zero() {
                return;
            }
            job = refused;
            left = left.saturating_sub(RETRY);
            thread::sleep(RETRY);
        }
        // Nobody to answer means nothing left to wait for.
        wait.recv_timeout(left).ok();
    }
}

impl Write for Drain {
    /// Takes one whole line; the logger never hands over less.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Job::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs until the last `Drain` is gone. A failed write loses lines, never the thread.
fn write_all<W: Write>(
    jobs: &Receiver<Job>,
    mut out: BufWriter<W>,
    lost: &AtomicU64,
    lost_line: impl Fn(u64) -> String,
) {
    while let Ok(first) = jobs.recv() {
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Line(line) => out.write_all(&line).ok(),
                Job::Flush(done) => out.flush().and(done.try_send(()).map_err(io::Error::other)).ok(),
            };
            next = jobs.try_recv().ok();
        }
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            out.write_all(lost_line(missing).as_bytes()).ok();
        }
        out.flush().ok();
    }
}
