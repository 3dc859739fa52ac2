//! All clients of the run, the rooms they share, and what they count together.

use super::Flock;
use super::member::Member;
use crate::load::lags::Lags;
use crate::load::target::Target;
use anyhow::{Result, bail};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

const GLANCE: Duration = Duration::from_millis(5);

/// One room: the highest number that was confirmed to anybody.
#[derive(Default)]
pub struct Room {
    pub confirmed: Cell<u64>,
}

#[derive(Default)]
pub struct Counts {
    pub posted: Cell<u64>,
    pub confirmed: Cell<u64>,
    /// Said again because nothing had confirmed it.
    pub repeated: Cell<u64>,
    /// Not taken, and the server said that trying again is of no use.
    pub refused: Cell<u64>,
    pub outages: Cell<u64>,
    pub attempts: Cell<u64>,
    /// Turned away at the door, with when to come again or without.
    pub turned_away: Cell<u64>,
}

impl Counts {
    pub fn add(count: &Cell<u64>) {
        count.set(count.get() + 1);
    }
}

pub struct Herd {
    pub target: Target,
    pub sources: usize,
    pub members: Vec<Rc<Member>>,
    pub content: String,
    pub backoff: Duration,
    pub inside: Cell<usize>,
    /// Since the last cut.
    pub welcomed: Cell<usize>,
    pub cuts: watch::Sender<()>,
    pub counts: Counts,
    pub back: RefCell<Lags>,
    pub answers: RefCell<Lags>,
    /// Why somebody was not let in, the last time.
    pub last_trouble: RefCell<String>,
}

impl Herd {
    pub fn new(target: Target, flock: &Flock) -> Result<Self> {
        let rooms: Vec<_> =
            (0..flock.clients.div_ceil(flock.room_size)).map(|_| Rc::new(Room::default())).collect();
        let members = (0..flock.clients).filter_map(|number| {
            let place = number / flock.room_size;
            let name = format!("herd-{}-{place}", std::process::id());
            Some(Rc::new(Member::new(number, name, rooms.get(place)?.clone())))
        });
        Ok(Self {
            sources: target.sources(flock.clients),
            target,
            members: members.collect(),
            content: "x".repeat(flock.bytes),
            backoff: Duration::from_millis(flock.backoff_ms),
            inside: Cell::new(0),
            welcomed: Cell::new(0),
            cuts: watch::Sender::new(()),
            counts: Counts::default(),
            back: RefCell::new(Lags::new()?),
            answers: RefCell::new(Lags::new()?),
            last_trouble: RefCell::default(),
        })
    }

    pub fn is_whole(&self) -> bool {
        self.inside.get() == self.members.len()
    }

    pub fn is_whole_again(&self) -> bool {
        self.is_whole() && self.welcomed.get() >= self.members.len()
    }

    /// Everybody is in, everything said is confirmed, everything confirmed is heard.
    pub fn is_settled(&self) -> bool {
        self.is_whole() && self.members.iter().all(|member| member.is_settled())
    }

    /// What came before was only to get everybody in.
    pub fn begin_counting(&self) {
        self.counts.attempts.set(0);
        self.counts.turned_away.set(0);
    }

    pub fn cut_off(&self) {
        self.welcomed.set(0);
        self.cuts.send_replace(());
    }

    /// In every room somebody says something, so that all can be asked whether they heard it.
    pub fn call_the_roll(&self) {
        let now = Instant::now();
        let mut last = None;
        for member in &self.members {
            if last != Some(member.room_name()) {
                member.post(self, now);
            }
            last = Some(member.room_name());
        }
    }

    pub async fn until(&self, patience: Duration, holds: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + patience;
        while !holds() {
            if Instant::now() > deadline {
                bail!("waited {patience:?}");
            }
            sleep(GLANCE).await;
        }
        Ok(())
    }

    pub fn complaint(&self, what: &str) -> String {
        let unsettled = self.members.iter().filter(|member| !member.is_settled()).count();
        let (inside, all, trouble) = (self.inside.get(), self.members.len(), self.last_trouble.borrow());
        format!("{what}: {inside} of {all} are in, {unsettled} wait for something; last trouble: {trouble:?}")
    }
}
