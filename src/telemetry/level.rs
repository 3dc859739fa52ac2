//! How much is told, and turning it while the process runs.
//!
//! It guarantees that a turn for a time ends with that time, unless somebody turned again.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use log::{Level, LevelFilter, Metadata};
use recado_actors::clock::Timestamp;

/// Targets whose news is of interest only to those who look for a fault in them.
const NOISY: &[&str] = &[
    "actix_codec",
    "actix_http",
    "actix_server",
    "actix_web",
    "h2",
    "hyper",
    "hyper_util",
    "mio",
    "reqwest",
    "rustls",
];

/// Whether an event is told at the level of the moment.
pub(super) fn admits(event: &Metadata<'_>) -> bool {
    let level = log::max_level();
    let noisy = || NOISY.iter().any(|name| event.target().starts_with(name));
    event.level() <= level && (event.level() <= Level::Warn || level >= LevelFilter::Debug || !noisy())
}

/// Turns the level of this process. Clones are one dial.
#[derive(Clone)]
pub struct Dial {
    configured: LevelFilter,
    turn: Arc<ArcSwap<Turn>>,
}

/// One setting of the dial.
struct Turn {
    level: LevelFilter,
    until: Option<Timestamp>,
}

impl Dial {
    /// Changes nothing yet: the log was started with the configured level.
    pub fn new(configured: LevelFilter) -> Self {
        let turn = Turn { level: configured, until: None };
        Self { configured, turn: Arc::new(ArcSwap::from_pointee(turn)) }
    }

    pub fn configured(&self) -> LevelFilter {
        self.configured
    }

    /// The level, and when it will be the configured one again; none: not by itself.
    pub fn now(&self) -> (LevelFilter, Option<Timestamp>) {
        let turn = self.turn.load();
        (turn.level, turn.until)
    }

    /// From `now` on, or for so long. Needs a runtime for that.
    pub fn turn(&self, level: LevelFilter, within: Option<Duration>, now: Timestamp) {
        let until = within.map(|within| now.plus_ms(i64::try_from(within.as_millis()).unwrap_or(i64::MAX)));
        let turn = Arc::new(Turn { level, until });
        let before = self.turn.swap(turn.clone());
        self.apply(before.level);
        let Some(within) = within else { return };
        let dial = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(within).await;
            dial.turn_back(&turn);
        });
    }

    /// Unless somebody turned again.
    fn turn_back(&self, turn: &Arc<Turn>) {
        let configured = Arc::new(Turn { level: self.configured, until: None });
        let before = self.turn.compare_and_swap(turn, configured);
        if Arc::ptr_eq(&before, turn) {
            self.apply(turn.level);
        }
    }

    /// Tells of the change where either level lets it be told.
    fn apply(&self, before: LevelFilter) {
        let (mut level, until) = self.now();
        let audible = before.max(level);
        log::set_max_level(audible);
        if let Some(least) = audible.to_level() {
            let until = until.map(|until| until.to_string());
            let (was, is) = (name(before), name(level));
            log::log!(least.min(Level::Warn), was, is, until:?; "the log level was turned");
        }
        // Whoever turned meanwhile must not be overruled here.
        loop {
            log::set_max_level(level);
            let newest = self.now().0;
            if newest == level {
                return;
            }
            level = newest;
        }
    }
}

/// As it stands in settings: `info`.
fn name(level: LevelFilter) -> String {
    level.as_str().to_ascii_lowercase()
}
