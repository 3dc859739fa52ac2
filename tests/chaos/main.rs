//! Faults against the real binary: killed processes, full disks, failed fsyncs, and a checker that reads what clients saw.
//!
//! Nothing here knows the broker's insides: only its wire, its internal API and its process are touched.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `RECADO_CHAOS_SECONDS` | how long the broker is being killed | 12, or 60 in full mode |
//! | `RECADO_CHAOS_FULL` | set to `1`: full mode | unset |
//! | `RECADO_CHAOS_SEED` | seed of the schedule of kills; every run prints its own | drawn anew |
//! | `RECADO_CHAOS_BINARY` | path of the binary to torment, a release build for instance | this build's |
//! | `RECADO_CHAOS_REQUIRE_TOOLS` | set to `1`: a missing tool fails a test instead of skipping it | unset |
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop loudly"
)]

mod broker;
mod checker;
mod client;
mod crowd;
mod disk;
mod fsync;
mod history;
mod kill9;
mod random;
mod receiver;
mod resume;
mod rolling;
mod stage;
mod transcript;
mod uploads;
mod verdict;
mod webhooks;
