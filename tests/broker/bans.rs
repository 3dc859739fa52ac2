//! Shutting people out: sessions that are ended may come back, those who are banned may not.
//!
//! Both reach live sessions at once, and nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use recado::app::World;
use recado_actors::clock::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::entering::{PLACES, Place};
use crate::house::House;
use crate::person::Person;
use crate::shape::keys;
use crate::tokens::{claims_with, sign};

/// Ann on her phone and her laptop, ann in another chat, and bob.
struct Crowd {
    house: House,
    people: [Person; 4],
}

const WHO: [(&str, &str, &str); 4] = [
    ("ann", "chat_1", "phone"),
    ("ann", "chat_1", "laptop"),
    ("ann", "chat_2", "phone"),
    ("bob", "chat_1", "bob's"),
];

fn token((user, chat, token_id): (&str, &str, &str)) -> String {
    sign(&claims_with(user, chat, json!({ "jti": token_id })))
}

impl Crowd {
    async fn gathers() -> Self {
        let house = House::start().await;
        let [phone, laptop, elsewhere, bob] = WHO.map(token);
        let people = [
            house.enters(&phone, "").await,
            house.enters(&laptop, "").await,
            house.enters(&elsewhere, "").await,
            house.enters(&bob, "").await,
        ];
        Self { house, people }
    }

    /// Those who are meant hear this goodbye; the others stay and hear nothing.
    async fn hears(&mut self, meant: &[usize], reason: &str) {
        for (at, person) in self.people.iter_mut().enumerate() {
            if meant.contains(&at) {
                assert_eq!(person.is_closed().await, (4403, reason.to_owned()), "{:?}", WHO[at]);
            } else {
                person.hears_nothing_more().await;
            }
        }
    }

    async fn ends(self) {
        for person in self.people {
            person.leaves().await;
        }
        self.house.ends().await;
    }
}

/// Whom a target means, by their places in the crowd.
fn targets() -> [(Value, &'static [usize]); 6] {
    [
        (json!({ "userId": "ann" }), &[0, 1, 2]),
        (json!({ "tokenId": "phone" }), &[0, 2]),
        (json!({ "chatId": "chat_1" }), &[0, 1, 3]),
        (json!({ "userId": "ann", "chatId": "chat_1" }), &[0, 1]),
        (json!({ "userId": "ann", "tokenId": "phone", "chatId": "chat_2" }), &[2]),
        (json!({ "userId": "nobody" }), &[]),
    ]
}

#[actix_web::test]
async fn sessions_are_ended_by_user_token_or_room_and_may_come_back() {
    for (target, meant) in targets() {
        let mut crowd = Crowd::gathers().await;
        let (status, body) = crowd.house.internal(Method::POST, "/disconnect", target).await;
        assert_eq!((status, body), (200, json!({ "ended": meant.len() })));
        crowd.hears(meant, "Disconnected").await;
        for at in meant {
            crowd.house.enters(&token(WHO[*at]), "").await.leaves().await;
        }
        crowd.ends().await;
    }
}

#[actix_web::test]
async fn a_ban_by_user_token_or_room_ends_sessions_and_holds_until_it_is_lifted() {
    for (target, meant) in targets() {
        let mut crowd = Crowd::gathers().await;
        let (status, body) = crowd.house.internal(Method::POST, "/bans", target.clone()).await;
        assert_eq!((status, body), (201, json!({ "ended": meant.len(), "until": null })));
        crowd.hears(meant, "Banned").await;
        for (at, who) in WHO.into_iter().enumerate() {
            let mut person = Place::Query("/?").shows(&crowd.house, &token(who)).await;
            if meant.contains(&at) {
                assert_eq!(person.is_closed().await, (4403, "Banned".to_owned()), "{who:?}");
            } else {
                person.is_welcomed().await;
            }
            person.leaves().await;
        }
        let (status, body) = crowd.house.internal(Method::DELETE, "/bans", target).await;
        assert_eq!((status, body), (200, json!({ "lifted": 1 })));
        for who in WHO {
            crowd.house.enters(&token(who), "").await.leaves().await;
        }
        crowd.ends().await;
    }
}

#[actix_web::test]
async fn the_banned_are_turned_away_at_each_of_the_token_s_places() {
    let house = House::start().await;
    house.internal(Method::POST, "/bans", json!({ "userId": "ann" })).await;
    let token = token(WHO[0]);
    let (_, ticket) =
        house.internal(Method::POST, "/tickets", json!({ "userId": "ann", "chatId": "chat_1" })).await;
    let ticket = ticket["ticket"].as_str().expect("a ticket");
    for place in PLACES {
        for shown in [&token, ticket] {
            let mut ann = place.shows(&house, shown).await;
            assert_eq!(ann.is_closed().await, (4403, "Banned".to_owned()), "{place:?}");
            ann.leaves().await;
        }
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_ban_ends_by_itself_when_its_time_is_over() {
    let later = Arc::new(AtomicI64::new(0));
    let (system, ahead) = (Clock::system(), later.clone());
    let clock = Clock::from_fn(move || system.now().plus_ms(ahead.load(SeqCst)));
    let house = House::in_world(&[], World { clock: clock.clone(), ..World::default() }).await;
    let until = Timestamp::from_secs(clock.now().as_secs() + 1200).to_string();
    for (user, ends) in [("ann", json!({ "seconds": 600 })), ("bob", json!({ "until": until }))] {
        let mut ban = ends;
        ban["userId"] = json!(user);
        let (status, body) = house.internal(Method::POST, "/bans", ban).await;
        assert_eq!((status, keys(&body).as_str()), (201, "ended until"));
    }
    for (minutes, ann_may, bob_may) in
        [(0, false, false), (9, false, false), (11, true, false), (21, true, true)]
    {
        later.store(minutes * 60_000, SeqCst);
        let bans = house.internal(Method::GET, "/bans", Value::Null).await.1;
        let held = usize::from(!ann_may) + usize::from(!bob_may);
        assert_eq!(bans["bans"].as_array().map(Vec::len), Some(held), "after {minutes} minutes: {bans}");
        for (user, may) in [("ann", ann_may), ("bob", bob_may)] {
            let mut person = Place::Query("/?").shows(&house, &token((user, "chat_1", "x"))).await;
            if may {
                person.is_welcomed().await;
            } else {
                assert_eq!(person.is_closed().await, (4403, "Banned".to_owned()), "after {minutes} minutes");
            }
            person.leaves().await;
        }
    }
    house.ends().await;
}

#[actix_web::test]
async fn who_is_shut_out_hears_nothing_that_is_said_after() {
    let mut crowd = Crowd::gathers().await;
    crowd.house.internal(Method::POST, "/bans", json!({ "userId": "bob" })).await;
    let [phone, laptop, _, bob] = &mut crowd.people;
    phone.posts("is he gone?").await;
    phone.hears_message("is he gone?").await;
    laptop.hears_message("is he gone?").await;
    assert_eq!(bob.hears_or_is_closed().await, Err((4403, "Banned".to_owned())));
    crowd.ends().await;
}

#[actix_web::test]
async fn bans_that_name_nobody_or_no_real_time_are_refused() {
    let house = House::start().await;
    for ban in [
        json!({}),
        json!({ "seconds": 60 }),
        json!({ "userId": "" }),
        json!({ "userId": "ann", "seconds": 0 }),
        json!({ "userId": "ann", "seconds": -1 }),
        json!({ "userId": "ann", "until": "2020-01-01T00:00:00.000Z" }),
        json!({ "userId": "ann", "until": "tomorrow" }),
        json!({ "userId": "ann", "seconds": 60, "until": "2120-01-01T00:00:00.000Z" }),
    ] {
        let (status, body) = house.internal(Method::POST, "/bans", ban.clone()).await;
        assert_eq!((status, &body["code"]), (422, &json!("invalid_body")), "{ban}");
    }
    house.widget("ann", "chat_1").await.leaves().await;
    house.ends().await;
}
