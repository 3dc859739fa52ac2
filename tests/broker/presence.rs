//! Who is there and who types: told once, late enough not to flicker, and never stuck.

use recado_actors::supervisor::RESTART_LIMIT;
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::house::House;
use crate::minutes::all_leave;
use crate::person::Person;

const GRACE: Duration = Duration::from_millis(150);

async fn house_with_grace() -> House {
    House::with(&[("RECADO_ROOMS__PRESENCE_GRACE_MS", "150")]).await
}

impl Person {
    /// The next word about who is there, past anything else and past what is said about oneself.
    async fn hears_presence(&mut self, oneself: &str) -> (String, bool) {
        loop {
            let data = self.hears_among_others("presence").await["data"].clone();
            let user = data["userId"].as_str().expect("a user").to_owned();
            if user != oneself {
                return (user, data["online"].as_bool().expect("yes or no"));
            }
        }
    }

    async fn types(&mut self, is_typing: bool) {
        self.sends(json!({ "type": "typing", "isTyping": is_typing })).await;
    }

    /// The next word about typing, past anything else.
    async fn hears_typing(&mut self) -> (String, bool) {
        let data = self.hears_among_others("typing").await["data"].clone();
        let user = data["userId"].as_str().expect("a user").to_owned();
        (user, data["isTyping"].as_bool().expect("yes or no"))
    }
}

fn online(user: &str) -> (String, bool) {
    (user.to_owned(), true)
}

fn offline(user: &str) -> (String, bool) {
    (user.to_owned(), false)
}

async fn settled(house: &House, user: &str) -> Person {
    let mut person = house.widget_with_extras(user, "chat_1").await;
    person.settles().await;
    person
}

#[actix_web::test]
async fn a_leave_is_told_after_the_grace_and_not_before() {
    let house = house_with_grace().await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    let left = Instant::now();
    ann.drops();
    assert_eq!(bob.hears_presence("bob").await, offline("ann"));
    assert!(left.elapsed() >= GRACE, "{:?}", left.elapsed());
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn somebody_with_two_devices_leaves_with_the_last() {
    let house = house_with_grace().await;
    let mut bob = settled(&house, "bob").await;
    let (phone, desk) = (settled(&house, "ann").await, settled(&house, "ann").await);
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    phone.leaves().await;
    // Had the phone's end counted, it would be told before a later leave of somebody else.
    let carl = settled(&house, "carl").await;
    carl.leaves().await;
    assert_eq!(bob.hears_presence("bob").await, online("carl"));
    assert_eq!(bob.hears_presence("bob").await, offline("carl"));
    desk.leaves().await;
    assert_eq!(bob.hears_presence("bob").await, offline("ann"));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_reload_within_the_grace_is_silent() {
    // Longer than any machine takes to reload.
    let house = House::with(&[("RECADO_ROOMS__PRESENCE_GRACE_MS", "4000")]).await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    ann.leaves().await;
    let ann = settled(&house, "ann").await;
    let carl = settled(&house, "carl").await;
    carl.leaves().await;
    assert_eq!(bob.hears_presence("bob").await, online("carl"));
    assert_eq!(bob.hears_presence("bob").await, offline("carl"));
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_newcomer_is_told_who_is_there() {
    let house = house_with_grace().await;
    let ann = settled(&house, "ann").await;
    let mut stock = house.widget("stock", "chat_1").await;
    stock.settles().await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    assert_eq!(bob.hears_presence("bob").await, online("stock"));
    stock.hears_nothing_more().await;
    all_leave([ann, bob, stock]).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_comes_during_anothers_reload_does_not_take_them_for_gone() {
    // The usual grace: long enough that nobody's runs out here.
    let house = House::start().await;
    let carl = settled(&house, "carl").await;
    let ann = settled(&house, "ann").await;
    ann.leaves().await;
    house.is_down_to(1).await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    let dora = settled(&house, "dora").await;
    let mut told = Vec::new();
    while told.last() != Some(&online("dora")) {
        told.push(bob.hears_presence("bob").await);
    }
    assert!(!told.contains(&offline("ann")), "{told:?}");
    all_leave([ann, bob, carl, dora]).await;
    house.ends().await;
}

#[actix_web::test]
async fn typing_stops_by_itself_and_that_is_told_once() {
    let house = House::with(&[("RECADO_ROOMS__TYPING_STOP_MS", "2000")]).await;
    let mut ann = settled(&house, "ann").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut carl = settled(&house, "carl").await;
    bob.settles().await;
    for is_typing in [true, false, true, true] {
        ann.types(is_typing).await;
        assert_eq!(bob.hears_typing().await, ("ann".to_owned(), is_typing));
    }
    let last = Instant::now();
    assert_eq!(bob.hears_typing().await, offline("ann"));
    assert!(last.elapsed() >= Duration::from_millis(1900), "{:?}", last.elapsed());
    // A second stop would come before the end of another's typing that began later.
    carl.types(true).await;
    assert_eq!(bob.hears_typing().await, online("carl"));
    assert_eq!(bob.hears_typing().await, offline("carl"));
    all_leave([ann, bob, carl]).await;
    house.ends().await;
}

#[actix_web::test]
async fn the_typist_hears_nothing_of_their_own_typing() {
    let house = House::with(&[("RECADO_ROOMS__TYPING_STOP_MS", "100")]).await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;
    ann.types(true).await;
    assert_eq!(bob.hears_typing().await, online("ann"));
    assert_eq!(bob.hears_typing().await, offline("ann"));
    ann.hears_nothing_more().await;
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_leaves_while_the_room_is_dead_is_not_there_for_ever() {
    let house = house_with_grace().await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    // Each death makes the next pause longer; the leave falls into the last one.
    for _ in 1..RESTART_LIMIT {
        house.dies("room").await;
    }
    house.broker().injure("room");
    ann.leaves().await;
    assert_eq!(bob.hears_presence("bob").await, offline("ann"));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_leave_that_falls_due_while_the_room_is_dead_is_told_all_the_same() {
    let house = House::with(&[("RECADO_ROOMS__PRESENCE_GRACE_MS", "40")]).await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    for _ in 1..RESTART_LIMIT {
        house.dies("room").await;
    }
    ann.leaves().await;
    house.is_down_to(1).await;
    // The last death makes a pause of 80 ms, and the grace runs out in its midst.
    house.broker().injure("room");
    assert_eq!(bob.hears_presence("bob").await, offline("ann"));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_leave_is_told_though_presence_dies_during_the_grace() {
    let house = house_with_grace().await;
    let mut bob = settled(&house, "bob").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    ann.leaves().await;
    house.is_down_to(1).await;
    house.dies("presence").await;
    assert_eq!(bob.hears_presence("bob").await, offline("ann"));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_comes_after_presence_died_is_told_to_the_others() {
    let house = House::start().await;
    let mut bob = settled(&house, "bob").await;
    house.dies("presence").await;
    let ann = settled(&house, "ann").await;
    assert_eq!(bob.hears_presence("bob").await, online("ann"));
    all_leave([ann, bob]).await;
    house.ends().await;
}
