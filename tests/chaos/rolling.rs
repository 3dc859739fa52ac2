//! Deploys under load: told to end, replaced on the same port, again and again, while people talk.
//!
//! Few hundred clients in an ordinary run, a thousand with `RECADO_CHAOS_FULL=1`.

mod audience;
mod returns;

use std::time::Duration;

use tokio::time::Instant;

use crate::broker::{Broker, Launch};
use crate::random::Dice;
use crate::stage::{Clock, is_full, say, seed};
use crate::verdict::{history_of, must_be_clean};
use audience::Audience;
use returns::Returns;

const DEPLOYS: usize = 3;
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// Beyond the drain, for the last commit: what the files of delivery leave before the kill.
const LAST_COMMIT: Duration = Duration::from_secs(2);

struct Scale {
    rooms: usize,
    within: Duration,
    spread: Duration,
}

fn scale() -> Scale {
    let (rooms, seconds) = if is_full() { (50, 8) } else { (12, 4) };
    Scale { rooms, within: Duration::from_secs(seconds), spread: Duration::from_secs(seconds) }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

async fn gathers(scale: &Scale) -> (Broker, Launch, Audience) {
    let launch = Launch::Draining { within: millis(scale.within), spread: millis(scale.spread) };
    let home = tempfile::tempdir().unwrap();
    let data = home.path().to_owned();
    let broker = Broker::start_in(home, data, &launch).await;
    let audience = Audience::gathers(broker.port(), scale.rooms, Clock::start(), &mut Dice::seeded(seed()));
    broker.holds(audience.size(), BACK_WITHIN).await;
    (broker, launch, audience)
}

/// Lets everybody finish, and judges all they saw. How often and when they returned.
async fn is_judged(broker: &Broker, audience: Audience) -> Returns {
    let mut returns = Returns::default();
    let mut acked = 0;
    for (room, clients) in audience.falls_silent().await {
        clients.iter().for_each(|client| returns.count(client));
        let history = history_of(broker, &room, clients).await;
        must_be_clean(&history);
        acked += history.log.len();
    }
    assert!(acked > 0, "a deploy in which nobody spoke proves nothing");
    say(&format!("deploys: {acked} acknowledged, none lost; {returns}"));
    returns
}

#[tokio::test]
async fn three_deploys_under_load_lose_nothing_and_bring_nobody_back_in_a_herd() {
    let scale = scale();
    let (mut broker, launch, audience) = gathers(&scale).await;
    let size = audience.size();
    for _ in 0..DEPLOYS {
        let begun = Instant::now();
        broker.is_told_to_end();
        let status = broker.exits_within(scale.within + LAST_COMMIT).await;
        assert_eq!(status.code(), Some(0), "after {:?}", begun.elapsed());
        let (ended, ready) = (begun.elapsed(), broker.restart_as(&launch).await);
        broker.holds(size, BACK_WITHIN).await;
        say(&format!(
            "a deploy: ended after {ended:.1?}, ready after {ready:.1?}, all back {:.1?}",
            begun.elapsed()
        ));
    }
    let returns = is_judged(&broker, audience).await;
    assert!(returns.number() >= DEPLOYS * size, "not everybody was told to return each time: {returns}");
    let late = returns.longer_than(BACK_WITHIN);
    assert!(late * 1000 <= returns.number(), "{late} were away for too long: {returns}");
    let burst = returns.most_within(scale.spread / 2);
    assert!(burst * 4 <= size * 3, "{burst} of {size} returned in half of the time, planned is half of them");
}

#[tokio::test]
async fn killed_in_the_middle_of_a_drain_it_has_lost_nothing_either() {
    let scale = Scale { rooms: 4, ..scale() };
    let (mut broker, launch, audience) = gathers(&scale).await;
    broker.is_told_to_end();
    broker.answers_ready_with(503, BACK_WITHIN).await;
    broker.kill9();
    broker.restart_as(&launch).await;
    broker.holds(audience.size(), BACK_WITHIN).await;
    is_judged(&broker, audience).await;
}
