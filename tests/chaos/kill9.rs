//! Rooms at full speed while the broker is killed again and again.
//!
//! Lasts 12 s in an ordinary run and 60 s with `RECADO_CHAOS_FULL=1`; `RECADO_CHAOS_SECONDS` overrides both.
//! `RECADO_CHAOS_SEED` plays one schedule of kills again.

pub mod figures;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::broker::Broker;
use crate::crowd::Crowd;
use crate::random::Dice;
use crate::stage::{Clock, say, seed, storm_length};
use crate::transcript::read_log;
use crate::verdict::{history_of, must_be_clean};
use figures::Figures;

#[tokio::test]
async fn acknowledged_messages_survive_kill_nine() {
    let mut dice = Dice::seeded(seed());
    let mut broker = Broker::start().await;
    let crowd = Crowd::gathers(broker.port(), Clock::start(), &mut dice);

    let mut figures = Figures::default();
    storm(&mut broker, &mut dice, &mut figures).await;
    let rooms = crowd.falls_silent().await;
    // One kill more with nothing in flight: what is read now was on disk.
    broker.kill9();
    figures.ready.push(broker.restart().await);

    for (room, clients) in rooms {
        figures.count_clients(&clients);
        let history = history_of(&broker, &room, clients).await;
        figures.count_room(&history, must_be_clean(&history));
        assert_eq!(read_log(&broker, &room).await, history.log, "nobody posts in {room} any more");
    }
    say(&figures.to_string());
    assert!(figures.acked > 0, "a storm in which nothing was acknowledged proves nothing");
    assert!(figures.raw_duplicates * 100 <= figures.deliveries, "more than 1 % of the deliveries came twice");
}

/// Kills the broker every one to three seconds. The pauses are the fault's own schedule: nothing is waited for.
pub async fn storm(broker: &mut Broker, dice: &mut Dice, figures: &mut Figures) {
    let end = Instant::now() + storm_length();
    while Instant::now() < end {
        sleep(Duration::from_millis(dice.between(1000, 3000))).await;
        broker.kill9();
        figures.ready.push(broker.restart().await);
    }
}
