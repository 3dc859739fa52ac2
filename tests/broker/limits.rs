//! How much may be asked for: who is over a limit is told when to try again, and who will not hear it is let go.
//!
//! Nobody else pays for it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::house::{House, SOON};
use crate::person::Person;
use crate::raw_socket::{FIN, Heard, PING, PONG, RawSocket, TEXT, frame, handshake};
use crate::tokens::{claims, sign};

const PROXY: [(&str, &str); 2] = [
    ("RECADO_SERVER__TRUSTED_PROXIES", "127.0.0.0/8"),
    ("RECADO_SERVER__CLIENT_ADDRESS_HEADER", "Fly-Client-IP"),
];

/// A house where this scope has room for one message every two seconds and all others have no limit.
async fn house_that_limits(scope: &str, more: &[(&str, &str)]) -> House {
    let mut settings = vec![("RECADO_LIMITS__COST_HISTORY".to_owned(), "1")];
    settings.push(("RECADO_LIMITS__COST_OTHER".to_owned(), "0"));
    for name in ["CONNECTION", "USER", "ADDRESS", "ROOM"] {
        settings.push((format!("RECADO_LIMITS__{name}_RATE"), if name == scope { "5" } else { "0" }));
        settings.push((format!("RECADO_LIMITS__{name}_BURST"), "10"));
    }
    let settings = settings.iter().map(|(name, value)| (name.as_str(), *value));
    House::with(&settings.chain(more.iter().copied()).collect::<Vec<_>>()).await
}

impl Person {
    async fn tries(&mut self, temp_id: &str) {
        let post = json!({ "type": "message", "content": temp_id, "role": "USER", "tempId": temp_id });
        self.sends(post).await;
    }

    /// The post with this id was not done; how long to wait.
    async fn is_limited(&mut self, temp_id: &str) -> Duration {
        let refused = self.hears_among_others("error").await;
        let wait = refused["retryAfterMs"].as_u64().expect("a time to wait");
        assert!((1..=2000).contains(&wait), "{refused}");
        let expected = json!({
            "type": "error", "error": "Failed to send message", "message": "too many requests",
            "code": "rate_limited", "retry": true, "retryAfterMs": wait, "tempId": temp_id,
        });
        assert_eq!(refused, expected);
        Duration::from_millis(wait)
    }
}

/// `first` uses the limit up, `second` shares it and is refused until then, `other` does not share it.
async fn one_limit_for_two(scope: &str, mut first: Person, mut second: Person, mut other: Person) {
    first.tries("t1").await;
    first.hears_among_others("sent").await;
    second.tries("t2").await;
    let wait = second.is_limited("t2").await;
    other.posts_safely("mine", "t3").await;
    // Time is what is told, and what must be true.
    sleep(wait).await;
    let sent = second.posts_safely("t2", "t2").await;
    assert!(sent.get("duplicate").is_none(), "{scope}: what is refused is not done: {sent}");
    for person in [first, second, other] {
        person.leaves().await;
    }
}

#[actix_web::test]
async fn a_connection_is_told_when_it_may_speak_again() {
    let house = house_that_limits("CONNECTION", &[]).await;
    let (mut ann, mut bob) = (house.widget("ann", "chat_1").await, house.widget("bob", "chat_1").await);
    ann.tries("t1").await;
    ann.tries("t2").await;
    let wait = ann.is_limited("t2").await;
    bob.posts_safely("from elsewhere", "t1").await;
    sleep(wait).await;
    assert!(ann.posts_safely("t2", "t2").await.get("duplicate").is_none());
    assert_eq!(house.broker().vitals().counts.rate_limited.of("connection"), 1);
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_user_has_one_limit_over_all_connections() {
    let house = house_that_limits("USER", &[]).await;
    let (first, second) = (house.widget("ann", "chat_1").await, house.widget("ann", "chat_2").await);
    let other = house.widget("bob", "chat_1").await;
    one_limit_for_two("user", first, second, other).await;
    assert_eq!(house.broker().vitals().counts.rate_limited.of("user"), 1);
    house.ends().await;
}

#[actix_web::test]
async fn an_address_has_one_limit_over_all_users() {
    let house = house_that_limits("ADDRESS", &PROXY).await;
    let (first, second) =
        (from(&house, "ann", "203.0.113.1").await, from(&house, "bob", "203.0.113.1").await);
    let other = from(&house, "eve", "203.0.113.2").await;
    one_limit_for_two("address", first, second, other).await;
    assert_eq!(house.broker().vitals().counts.rate_limited.of("address"), 1);
    house.ends().await;
}

#[actix_web::test]
async fn a_room_has_one_limit_over_all_who_are_in_it() {
    let house = house_that_limits("ROOM", &[]).await;
    let (first, second) = (house.widget("ann", "chat_1").await, house.widget("bob", "chat_1").await);
    let other = house.widget("bob", "chat_2").await;
    one_limit_for_two("room", first, second, other).await;
    assert_eq!(house.broker().vitals().counts.rate_limited.of("room"), 1);
    house.ends().await;
}

/// Comes in at a chat of its own, as the proxy says from this address.
async fn from(house: &House, user: &str, address: &str) -> Person {
    let path = format!("/?token={}", sign(&claims(user, &format!("chat_of_{user}"))));
    let headers = [("Fly-Client-IP", address), ("X-Forwarded-For", address)];
    let mut person = house.connects_with(&path, &headers).await;
    person.is_welcomed().await;
    person
}

#[actix_web::test]
async fn an_address_that_a_client_makes_up_is_not_believed() {
    let no_proxy = [("RECADO_SERVER__TRUSTED_PROXIES", "10.0.0.0/8"), PROXY[1]];
    let house = house_that_limits("ADDRESS", &no_proxy).await;
    let mut ann = from(&house, "ann", "203.0.113.1").await;
    let mut eve = from(&house, "eve", "203.0.113.2").await;
    ann.tries("t1").await;
    ann.hears_among_others("sent").await;
    eve.tries("t2").await;
    eve.is_limited("t2").await;
    for person in [ann, eve] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn typing_past_the_limit_is_dropped_without_a_word() {
    let house = house_that_limits("CONNECTION", &[("RECADO_LIMITS__COST_TYPING", "5")]).await;
    let (mut ann, mut bob) = (house.widget("ann", "chat_1").await, house.widget("bob", "chat_1").await);
    bob.settles().await;
    for is_typing in [true, false, true, false, true] {
        ann.sends(json!({ "type": "typing", "isTyping": is_typing })).await;
    }
    ann.hears_nothing_more().await;
    assert!(house.broker().vitals().counts.rate_limited.of("connection") > 0);
    assert_eq!(bob.hears("typing").await["data"]["isTyping"], true);
    for person in [ann, bob] {
        person.leaves().await;
    }
    house.ends().await;
}

/// Everything this client is told until it is let go, by type, and its last words.
async fn heard_until_closed(eve: &mut RawSocket) -> (usize, usize, Vec<Value>) {
    let (mut pongs, mut errors, mut others) = (0, 0, Vec::new());
    loop {
        match eve.hears().await {
            Heard::Text(value) if value["type"] == "pong" => pongs += 1,
            Heard::Text(value) if value["code"] == "rate_limited" => errors += 1,
            Heard::Text(value) => others.push(value),
            Heard::Pong(_) => pongs += 1,
            Heard::Close(code, reason) => {
                assert_eq!((code, reason.as_str()), (4429, "Too many messages"));
                return (pongs, errors, others);
            }
            other => panic!("waiting for the goodbye: {other:?}"),
        }
    }
}

/// Posts and hears it back until told to stop; the longest that took.
async fn speaks_meanwhile(bob: &mut Person, times: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for number in 0..times {
        let before = Instant::now();
        bob.posts_safely(&format!("calm {number}"), &format!("calm_{number}")).await;
        longest = longest.max(before.elapsed());
    }
    longest
}

#[actix_web::test]
async fn a_flood_is_cut_off_and_others_are_served_meanwhile() {
    let house = House::with(&[("RECADO_LIMITS__CONNECTION_RATE", "500")]).await;
    let mut eve = RawSocket::enters(&house, "eve", "chat_of_eve").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let flood = frame(FIN | TEXT, br#"{"type":"ping"}"#).repeat(10_000);
    let before = Instant::now();
    let attack = async {
        eve.sends(&flood).await;
        let heard = heard_until_closed(&mut eve).await;
        (heard, before.elapsed())
    };
    let (((pongs, errors, others), lasted), longest) = tokio::join!(attack, speaks_meanwhile(&mut bob, 20));
    // The burst, what was earned while it lasted, and the one ping of coming in.
    let earned = usize::try_from(lasted.as_millis()).expect("a short while") / 2;
    assert!((1990..=2000 + earned).contains(&pongs), "{pongs} in {lasted:?}");
    assert!((100..=102).contains(&errors), "{errors} refusals");
    assert!(others.is_empty(), "{others:?}");
    assert!(lasted < SOON && longest < SOON, "cut off after {lasted:?}, others waited {longest:?}");
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_flood_of_control_frames_is_cut_off_before_anyone_is_known() {
    let house = House::with(&[
        ("RECADO_LIMITS__CONNECTION_BURST", "20"),
        ("RECADO_LIMITS__CONNECTION_RATE", "1"),
        ("RECADO_DOORS__WIDGET__FIRST_FRAME_MS", "60000"),
    ])
    .await;
    for opcode in [PING, PONG] {
        let mut eve = RawSocket::dials(house.address()).await;
        eve.sends(handshake("/").as_bytes()).await;
        assert!(eve.hears_answer().await.0.starts_with("HTTP/1.1 101 "));
        eve.sends(&frame(FIN | opcode, b"x").repeat(5000)).await;
        let (pongs, errors, others) = heard_until_closed(&mut eve).await;
        assert!(pongs <= 20 + 5, "{pongs} pongs");
        assert_eq!((errors, others.len()), (0, 0));
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_flood_of_typing_is_cut_off_and_told_when_to_return_if_it_can_hear_it() {
    let house = House::with(&[
        ("RECADO_LIMITS__CONNECTION_BURST", "20"),
        ("RECADO_LIMITS__CONNECTION_RATE", "1"),
        ("RECADO_LIMITS__FLOOD_REFUSALS", "5"),
    ])
    .await;
    let mut eve = RawSocket::dials(house.address()).await;
    eve.sends(handshake(&format!("/?token={}&extras=1", sign(&claims("eve", "chat_1")))).as_bytes()).await;
    assert!(eve.hears_answer().await.0.starts_with("HTTP/1.1 101 "));
    eve.hears_among_others("connected").await;
    eve.sends(&frame(FIN | TEXT, br#"{"type":"typing","isTyping":true}"#).repeat(100)).await;
    let (_, errors, others) = heard_until_closed(&mut eve).await;
    assert_eq!(errors, 0);
    let goodbye = others.last().expect("a last word");
    assert_eq!(*goodbye, json!({ "type": "goodbye", "reason": "flooding", "retryAfterMs": 10_000 }));

    // It may return at once if it must, and is held to the same again.
    let mut eve = RawSocket::enters(&house, "eve", "chat_1").await;
    eve.posts("sorry").await;
    eve.hears_among_others("message").await;
    eve.leaves().await;
    house.ends().await;
}
