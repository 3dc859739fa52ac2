//! What the broker can be told at start. Every limit is here; the service fills it from its configuration.

use std::time::Duration;

use crate::courier::Schedule;
use crate::limiter::RateLimits;
use crate::outlet::OutletLimits;
use crate::supervisor::RestartLimits;

#[derive(Debug, Clone)]
pub struct Settings {
    pub outlet: OutletLimits,
    /// How much clients may ask for.
    pub rates: RateLimits,
    /// The most drafts in one commit.
    pub batch_entries: usize,
    /// How long after one commit began the next one waits for company; zero: until the end of the turn.
    pub batch_wait: Duration,
    /// The most drafts that wait to be stored; past it senders are refused.
    pub pending_entries: usize,
    /// How long any actor is waited for.
    pub command_timeout: Duration,
    /// How often an actor or a room that dies is started again.
    pub restarts: RestartLimits,
    pub max_content_chars: usize,
    /// How long after it was posted a message may be recalled.
    pub recall_within: Duration,
    /// The most rooms one session follows.
    pub rooms_per_session: usize,
    /// How long an empty room stays.
    pub room_idle: Duration,
    /// How many entries a room keeps at hand for newcomers.
    pub tail_entries: usize,
    /// The most entries read from the log at once.
    pub page_entries: usize,
    /// The most messages a client gets by one request for history.
    pub history_page: usize,
    /// Typing ends by itself after this.
    pub typing_stop: Duration,
    /// A leave is told only after this long without a return.
    pub presence_grace: Duration,
    /// Over how long those who are told goodbye at the end return.
    pub return_spread: Duration,
    /// How long a returning client may take to be sent everything it missed.
    pub catch_up_timeout: Duration,
    /// How often receipts that moved are stored and told.
    pub receipts_every: Duration,
    /// The most receipts that wait to be stored.
    pub pending_receipts: usize,
    /// The most calls to the backend at once.
    pub backend_concurrency: usize,
    /// The most calls that wait for their turn.
    pub backend_waiting: usize,
    /// After this many failures in a row the backend is left alone for a while.
    pub breaker_failures: u32,
    pub breaker_open: Duration,
    /// The backend, if there is one, is asked to take each message before it is told; else it only names users.
    pub backend_is_record: bool,
    pub courier: CourierSettings,
    /// How often sockets are looked after: heartbeats, stalls, expired tokens.
    pub pulse: Duration,
    /// How often a store that failed is tried.
    pub store_probe: Duration,
}

impl Settings {
    /// The most that is handed to one client at once, so that live events still find room in its outlet.
    pub fn burst_bytes(&self) -> usize {
        self.outlet.bytes / 4
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            outlet: OutletLimits::default(),
            rates: RateLimits::default(),
            batch_entries: 256,
            batch_wait: Duration::from_millis(2),
            pending_entries: 100_000,
            command_timeout: Duration::from_secs(15),
            restarts: RestartLimits::default(),
            max_content_chars: 4000,
            recall_within: Duration::from_secs(300),
            rooms_per_session: 500,
            room_idle: Duration::from_secs(60),
            tail_entries: 128,
            page_entries: 300,
            history_page: 200,
            typing_stop: Duration::from_secs(6),
            presence_grace: Duration::from_secs(5),
            return_spread: Duration::from_secs(5),
            catch_up_timeout: Duration::from_secs(600),
            receipts_every: Duration::from_millis(50),
            pending_receipts: 100_000,
            backend_concurrency: 32,
            backend_waiting: 1024,
            breaker_failures: 5,
            breaker_open: Duration::from_secs(10),
            backend_is_record: true,
            courier: CourierSettings::default(),
            pulse: Duration::from_millis(250),
            store_probe: Duration::from_millis(500),
        }
    }
}

/// How webhooks are sent.
#[derive(Debug, Clone)]
pub struct CourierSettings {
    pub schedule: Schedule,
    /// The most letters under way to one endpoint.
    pub concurrency: usize,
    /// How long dead letters are kept.
    pub keep_dead: Duration,
    /// How often everything is looked after that no notice told of.
    pub pulse: Duration,
}

impl Default for CourierSettings {
    fn default() -> Self {
        let seconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
        Self {
            schedule: Schedule(seconds.map(Duration::from_secs).to_vec()),
            concurrency: 16,
            keep_dead: Duration::from_secs(30 * 86_400),
            pulse: Duration::from_secs(5),
        }
    }
}
