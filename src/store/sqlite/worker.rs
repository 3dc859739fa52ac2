//! A thread that owns one connection and works through a bounded queue.
//!
//! Work that panics costs only its own answer; work that found the disk untrustworthy ends all further work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::{io, thread};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use recado_actors::ports::LogError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::Fault;
use super::upkeep::Upkeep;

/// Why nothing of this file can be believed any more; shared by all its workers.
pub(super) type Distrust = Arc<OnceLock<LogError>>;

enum Job {
    Work(Box<dyn FnOnce(&mut Connection) + Send>),
    Stop,
}

pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
    distrust: Distrust,
}

impl Worker {
    pub(super) fn start(
        name: &str,
        conn: Connection,
        upkeep: Option<Upkeep>,
        depth: usize,
        distrust: Distrust,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(depth);
        let doubts = distrust.clone();
        thread::Builder::new().name(name.into()).spawn(move || run(conn, upkeep, queue, &doubts))?;
        Ok(Self { jobs, distrust })
    }

    /// How much more may wait before asking has to wait.
    pub(super) fn room(&self) -> usize {
        self.jobs.capacity()
    }

    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let (tell, answer) = oneshot::channel();
        let distrust = self.distrust.clone();
        let job = Job::Work(Box::new(move |conn| {
            // Whoever asked may have stopped waiting.
            let _ = tell.send(trusted(&distrust, || work(conn)));
        }));
        let jobs = self.jobs.clone();
        async move {
            jobs.send(job).await.map_err(|_| LogError::Unavailable("the store is closed".into()))?;
            answer.await.map_err(|_| LogError::Unavailable("the store gave no answer".into()))?
        }
        .boxed()
    }

    /// Ends the thread after the work before this; returns when its connection is closed.
    pub(super) async fn stop(&self) {
        // An error says it has ended already.
        let _ = self.jobs.send(Job::Stop).await;
        self.jobs.closed().await;
    }
}

fn run(
    mut conn: Connection,
    mut upkeep: Option<Upkeep>,
    mut queue: mpsc::Receiver<Job>,
    distrust: &Distrust,
) {
    while let Some(Job::Work(work)) = queue.blocking_recv() {
        // A transaction cut short by a panic is rolled back as it is dropped.
        let _ = catch_unwind(AssertUnwindSafe(|| work(&mut conn)));
        if let Some(upkeep) = &mut upkeep {
            note(distrust, upkeep.after_work(&conn));
        }
    }
    if let Some(upkeep) = &mut upkeep {
        note(distrust, upkeep.before_close(&conn));
    }
    // The queue goes last: its end tells whoever waits that file and lock are free.
    drop(conn);
    drop(upkeep);
    drop(queue);
}

fn trusted<T>(distrust: &Distrust, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, LogError> {
    if let Some(reason) = distrust.get() {
        return Err(reason.clone());
    }
    let answer = work().map_err(LogError::from);
    if let Err(reason @ LogError::Untrusted(_)) = &answer {
        let _ = distrust.set(reason.clone());
    }
    answer
}

fn note(distrust: &Distrust, done: Result<(), Fault>) {
    if let Err(error) = trusted(distrust, || done) {
        log::warn!("checkpoint failed: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker() -> Worker {
        let conn = Connection::open_in_memory().unwrap();
        Worker::start("test", conn, None, 4, Distrust::default()).unwrap()
    }

    #[tokio::test]
    async fn work_that_panics_is_answered_and_the_thread_goes_on() {
        let worker = worker();
        let answer: Result<(), _> = worker.ask(|_| panic!("on purpose")).await;
        assert!(matches!(answer, Err(LogError::Unavailable(_))));
        assert_eq!(worker.ask(|_| Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn after_one_untrusted_answer_there_is_no_other() {
        let worker = worker();
        let first: Result<(), _> = worker.ask(|_| Err(Fault::Damaged("torn".into()))).await;
        assert_eq!(first, Err(LogError::Untrusted("torn".into())));
        assert_eq!(worker.ask(|_| Ok(7)).await, Err(LogError::Untrusted("torn".into())));
    }

    #[tokio::test]
    async fn a_stopped_worker_answers_that_it_is_closed() {
        let worker = worker();
        worker.stop().await;
        worker.stop().await;
        assert!(matches!(worker.ask(|_| Ok(7)).await, Err(LogError::Unavailable(_))));
    }
}
