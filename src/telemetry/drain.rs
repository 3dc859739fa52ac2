//! A thread that writes the log, behind a queue that is bounded in lines and in bytes.
//!
//! It guarantees that a reader of the log that has stopped holds up nobody: lines are dropped and counted, and
//! the count stands in the log as soon as it can be written again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

const QUEUE_LINES: usize = 4096;
const QUEUE_BYTES: usize = 4 << 20;
/// Lines are written together up to here.
const BATCH_BYTES: usize = 8192;
const RETRY: Duration = Duration::from_millis(10);

enum Job {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// The end of the queue that is written to. Clones share the queue.
#[derive(Clone)]
pub(super) struct Drain {
    queue: SyncSender<Job>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    bytes: AtomicUsize,
    /// Found the queue full and not told of yet.
    lost: AtomicU64,
    /// All that never came out, since the start.
    dropped: AtomicU64,
}

impl Drain {
    /// `write` takes whole lines and writes all of them or fails; `lost_line` words the line that stands where
    /// lines were dropped.
    pub fn start<W, F>(thread: &str, write: W, lost_line: F) -> io::Result<Self>
    where
        W: FnMut(&[u8]) -> io::Result<()> + Send + 'static,
        F: Fn(u64) -> String + Send + 'static,
    {
        let (queue, jobs) = sync_channel(QUEUE_LINES);
        let waiting = Arc::<Waiting>::default();
        let (shared, batch) = (Arc::clone(&waiting), Vec::new());
        let writer = Writer { write, lost_line, waiting: shared, batch, lines: 0, missing: 0 };
        thread::Builder::new().name(thread.to_owned()).spawn(move || writer.run(&jobs))?;
        Ok(Self { queue, waiting })
    }

    /// Takes one whole line, or counts it as lost.
    pub fn tell(&self, line: &[u8]) {
        let waiting = &self.waiting;
        let fits = waiting.bytes.fetch_add(line.len(), Ordering::Relaxed) < QUEUE_BYTES;
        if !fits || self.queue.try_send(Job::Line(line.to_vec())).is_err() {
            waiting.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            waiting.lost.fetch_add(1, Ordering::Relaxed);
            waiting.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.waiting.dropped.load(Ordering::Relaxed)
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
    /// The logger never hands over less than a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.tell(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer<W, F> {
    write: W,
    lost_line: F,
    waiting: Arc<Waiting>,
    batch: Vec<u8>,
    /// How many lines the batch holds.
    lines: u64,
    /// Lines that were lost and not told of yet.
    missing: u64,
}

impl<W: FnMut(&[u8]) -> io::Result<()>, F: Fn(u64) -> String> Writer<W, F> {
    /// Runs until the last `Drain` is gone. A failed write loses lines, never the thread.
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Line(line) => {
                        self.waiting.bytes.fetch_sub(line.len(), Ordering::Relaxed);
                        self.take(&line);
                    }
                    Job::Flush(done) => {
                        self.write_batch();
                        done.try_send(()).ok();
                    }
                }
                next = jobs.try_recv().ok();
            }
            self.write_batch();
            self.missing += self.waiting.lost.swap(0, Ordering::Relaxed);
            self.tell_of_the_missing();
        }
    }

    fn take(&mut self, line: &[u8]) {
        if !self.batch.is_empty() && self.batch.len() + line.len() > BATCH_BYTES {
            self.write_batch();
        }
        self.batch.extend_from_slice(line);
        self.lines += 1;
    }

    fn write_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        if (self.write)(&self.batch).is_err() {
            self.missing += self.lines;
            self.waiting.dropped.fetch_add(self.lines, Ordering::Relaxed);
        }
        self.batch.clear();
        // A single line may be long; its space need not be kept.
        self.batch.shrink_to(BATCH_BYTES);
        self.lines = 0;
    }

    fn tell_of_the_missing(&mut self) {
        if self.missing > 0 && (self.write)((self.lost_line)(self.missing).as_bytes()).is_ok() {
            self.missing = 0;
        }
    }
}
