//! Stories of the dial: one story, because the level is the whole process's.

use std::time::Duration;

use log::{Level, LevelFilter, Metadata};
use recado_actors::clock::Timestamp;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::telemetry::level::{Dial, admits};

const SOON: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(600);

fn told(level: Level, target: &str) -> bool {
    admits(&Metadata::builder().level(level).target(target).build())
}

/// Waits for the dial to come to this level by itself.
async fn returns_to(dial: &Dial, level: LevelFilter) {
    let returned = timeout(SOON, async {
        while dial.now().0 != level {
            yield_now().await;
        }
    });
    assert!(returned.await.is_ok(), "still {:?}", dial.now());
}

#[tokio::test]
async fn a_turn_for_a_time_ends_with_it_unless_somebody_turned_again() {
    let dial = Dial::new(LevelFilter::Info);
    assert_eq!(dial.now(), (LevelFilter::Info, None));

    dial.turn(LevelFilter::Debug, Some(SHORT), Timestamp(1000));
    assert_eq!(dial.now(), (LevelFilter::Debug, Some(Timestamp(1020))));
    assert!(told(Level::Debug, "recado") && told(Level::Debug, "actix_http::h1"));
    assert!(!told(Level::Trace, "recado"));
    returns_to(&dial, LevelFilter::Info).await;
    assert_eq!((dial.now().1, log::max_level()), (None, LevelFilter::Info));
    assert!(told(Level::Info, "recado") && !told(Level::Info, "actix_http::h1"));
    assert!(told(Level::Warn, "actix_http::h1") && !told(Level::Debug, "recado"));

    dial.turn(LevelFilter::Trace, Some(SHORT), Timestamp(0));
    dial.turn(LevelFilter::Error, Some(LONG), Timestamp(0));
    // Nothing happens, for longer than the first turn was to last.
    assert!(timeout(5 * SHORT, returns_to(&dial, LevelFilter::Info)).await.is_err());
    assert_eq!(log::max_level(), LevelFilter::Error);
    assert!(!told(Level::Warn, "recado") && told(Level::Error, "mio"));
}
