//! Clients of the rooms dialect whose connection broke, and who return to where they were: under their old name, after
//! exactly what they missed.

use recado_actors::id::Epoch;
use recado_actors::ports::memory::MemoryStore;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, UNLIMITED};
use crate::returner::{Place, Returner};
use crate::rooms::{MOUNT, OPEN};
use crate::store_trouble::furnished;

pub const RECOVERING: [(&str, &str); 4] =
    [OPEN[0], OPEN[1], OPEN[2], ("RECADO_DOORS__ROOMS__RECOVERY_MS", "120000")];

pub async fn registered(house: &House) -> Returner {
    let mut returner = Returner::comes(house, MOUNT, Value::Null).await;
    returner.says("registrar", json!([])).await;
    assert_eq!(returner.hears("registrado").await, json!({ "room": "roomChatTest" }));
    assert!(returner.place.offset.is_some(), "it knows where it stands");
    returner
}

pub async fn says(returner: &mut Returner, message: &str) {
    returner.says("messages", json!([{ "nickname": "Ana", "message": message }])).await;
}

pub fn told(message: &str) -> Value {
    json!({ "nickname": "Ana", "message": message, "server": "host-1" })
}

pub fn missed(messages: &[&str]) -> Value {
    messages.iter().map(|message| json!(["messages", told(message)])).collect()
}

/// Says it, and all of these have heard it.
pub async fn all_hear(returners: &mut [&mut Returner], message: &str) {
    says(returners[0], message).await;
    for returner in returners {
        assert_eq!(returner.hears("messages").await, told(message));
    }
}

pub async fn two(house: &House) -> (Returner, Returner) {
    let (mut ana, mut bob) = (registered(house).await, registered(house).await);
    all_hear(&mut [&mut ana, &mut bob], "hello").await;
    (ana, bob)
}

async fn all_leave(returners: impl IntoIterator<Item = Returner>, house: House) {
    for returner in returners {
        returner.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn whoever_was_cut_off_returns_under_its_old_name_after_exactly_what_it_missed() {
    let house = House::with(&RECOVERING).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    for message in ["one", "two"] {
        all_hear(&mut [&mut bob], message).await;
    }
    let mut ana = place.is_recovered(&house, Value::Null, missed(&["one", "two"])).await;
    all_hear(&mut [&mut bob, &mut ana], "three").await;
    all_hear(&mut [&mut ana, &mut bob], "four").await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn it_returns_as_often_as_it_likes_also_to_nothing_missed_and_is_registered_already() {
    let house = House::with(&RECOVERING).await;
    let (mut ana, mut bob) = two(&house).await;
    for message in ["one", "two", "three"] {
        ana = ana.drops().is_recovered(&house, Value::Null, json!([])).await;
        let known = ana.place.offset.clone();
        ana.says("registrar", json!([])).await;
        ana.hears("registrado").await;
        assert_eq!(ana.place.offset, known, "a second answer is no place");
        let place = ana.drops();
        all_hear(&mut [&mut bob], message).await;
        ana = place.is_recovered(&house, Value::Null, missed(&[message])).await;
    }
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn what_it_said_itself_is_told_again_if_it_did_not_hear_it() {
    let house = House::with(&RECOVERING).await;
    let (mut ana, mut bob) = two(&house).await;
    says(&mut ana, "mine").await;
    assert_eq!(bob.hears("messages").await, told("mine"));
    let ana = ana.drops().is_recovered(&house, Value::Null, missed(&["mine"])).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn whoever_registered_and_heard_nothing_yet_misses_nothing_either() {
    let house = House::with(&RECOVERING).await;
    let (ana, mut bob) = (registered(&house).await, registered(&house).await);
    let place = ana.drops();
    all_hear(&mut [&mut bob], "first").await;
    let ana = place.is_recovered(&house, Value::Null, missed(&["first"])).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn what_was_withdrawn_meanwhile_is_not_told_and_what_was_edited_is_told_as_it_was_said() {
    let house = House::with(&RECOVERING).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    for message in ["said", "regretted", "kept"] {
        all_hear(&mut [&mut bob], message).await;
    }
    let (_, log) = house.internal(Method::GET, "/chats/roomChatTest/entries", Value::Null).await;
    let id = |seq: usize| log["entries"][seq - 1]["message"]["id"].as_str().expect("an id").to_owned();
    let path = |seq| format!("/chats/roomChatTest/messages/{}", id(seq));
    assert_eq!(house.internal(Method::DELETE, &path(3), Value::Null).await.0, 200);
    assert_eq!(house.internal(Method::PATCH, &path(2), json!({ "content": "better" })).await.0, 200);
    let ana = place.is_recovered(&house, Value::Null, missed(&["said", "kept"])).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn what_a_client_made_up_makes_it_a_newcomer_and_nothing_worse() {
    let house = House::with(&RECOVERING).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    all_hear(&mut [&mut bob], "missed").await;
    let offset = place.offset.clone().expect("a place");
    let pid = place.pid.as_str().expect("a text").to_owned();
    let other =
        bob.place.pid.as_str().expect("a text").split('.').next_back().expect("a signature").to_owned();
    let swapped = format!("{}.{other}", pid.split('.').next().expect("a content"));
    let pids = ["", "x", "a.b", &swapped, &pid.to_uppercase(), &format!("{pid}A"), &pid.repeat(50)]
        .map(|pid| json!(pid));
    for pid in pids.into_iter().chain([json!(7), json!(null), json!({}), json!(true)]) {
        place_with(&place, pid, Some(offset.clone())).is_a_newcomer(&house, Value::Null).await.leaves().await;
    }
    let elsewhere = offset.replace("roomChatTest", "*");
    let epoch = offset.replace('@', "@1");
    let ahead = format!("{}9999", offset);
    for odd in ["", "x", &elsewhere, &epoch, &ahead, &offset.replace('-', "--"), "roomChatTest@0-0", "-1"] {
        let odd = place_with(&place, place.pid.clone(), Some(odd.to_owned()));
        odd.is_a_newcomer(&house, Value::Null).await.leaves().await;
    }
    let mut auth = place.asks(Value::Null);
    auth["offset"] = json!(3);
    let numbered = Returner::comes(&house, MOUNT, auth).await;
    assert_ne!(numbered.place.sid, place.sid);
    let ana = place.is_recovered(&house, Value::Null, missed(&["missed"])).await;
    all_leave([ana, bob, numbered], house).await;
}

fn place_with(place: &Place, pid: Value, offset: Option<String>) -> Place {
    Place { pid, offset, ..place.clone() }
}

#[actix_web::test]
async fn whoever_never_registered_is_a_newcomer_whatever_it_remembers_of_before() {
    let house = House::with(&RECOVERING).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    all_hear(&mut [&mut bob], "missed").await;
    // As somebody new it keeps the old place, and that is none of its new connection.
    let forged = place_with(&place, json!("x"), place.offset.clone());
    let unregistered = forged.is_a_newcomer(&house, Value::Null).await.drops();
    assert_eq!(unregistered.offset, place.offset);
    let again = unregistered.is_a_newcomer(&house, Value::Null).await;
    let never = Returner::comes(&house, MOUNT, Value::Null).await.drops();
    assert_eq!(never.offset, None);
    let never = never.is_a_newcomer(&house, Value::Null).await;
    all_leave([again, never, bob], house).await;
}

#[actix_web::test]
async fn whoever_left_by_its_own_word_is_not_waited_for() {
    let house = House::with(&RECOVERING).await;
    let (mut ana, bob) = two(&house).await;
    ana.caller.says_packet("41").await;
    let place = ana.leaves().await;
    let ana = place.is_a_newcomer(&house, Value::Null).await;
    all_leave([ana, bob], house).await;
}

/// Who may be away for a millisecond was away for longer before long; a fast machine needs more than one return.
async fn is_soon_a_newcomer(mut place: Place, house: &House) {
    for _ in 0..100 {
        house.is_down_to(0).await;
        let ana = place.returns(house, Value::Null).await;
        if ana.place.sid != place.sid {
            ana.leaves().await;
            return;
        }
        place = ana.leaves().await;
    }
    panic!("it is taken back for ever");
}

#[actix_web::test]
async fn whoever_was_away_for_too_long_is_a_newcomer() {
    let mut settings = RECOVERING.to_vec();
    settings.push(("RECADO_DOORS__ROOMS__RECOVERY_MS", "1"));
    let house = House::with(&settings).await;
    let ana = registered(&house).await;
    let place = ana.leaves().await;
    is_soon_a_newcomer(place, &house).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_was_here_before_the_node_began_is_waited_for_no_longer_than_others() {
    let (store, brief) = (MemoryStore::new(Epoch(1)), ("RECADO_DOORS__ROOMS__RECOVERY_MS", "1"));
    let house = furnished(&store, &RECOVERING).await;
    let ana = registered(&house).await;
    let place = ana.leaves().await;
    house.ends().await;
    let house = furnished(&store, &[&RECOVERING[..], &[brief]].concat()).await;
    is_soon_a_newcomer(place, &house).await;
    house.ends().await;
}

#[actix_web::test]
async fn more_than_is_told_at_once_is_not_told_in_part() {
    let mut settings = RECOVERING.to_vec();
    settings.extend(UNLIMITED);
    settings.push(("RECADO_LIMITS__OUTLET_BYTES", "65536"));
    settings.push(("RECADO_LIMITS__OUTLET_SOFT_BYTES", "32768"));
    let house = House::with(&settings).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    let (long, mut said) = ("x".repeat(3000), Vec::new());
    for number in 0..5 {
        said.push(format!("{number}{long}"));
        all_hear(&mut [&mut bob], &said[number]).await;
    }
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    let ana = place.is_recovered(&house, Value::Null, missed(&said)).await;
    let place = ana.drops();
    for number in 0..6 {
        all_hear(&mut [&mut bob], &format!("{number}{long}")).await;
    }
    let ana = place.is_a_newcomer(&house, Value::Null).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn what_lay_only_in_memory_is_not_missed_in_part_when_it_is_gone() {
    let house = furnished(&MemoryStore::new(Epoch(1)), &RECOVERING).await;
    let (ana, bob) = two(&house).await;
    let (place, _) = (ana.leaves().await, bob.leaves().await);
    house.ends().await;
    let house = furnished(&MemoryStore::new(Epoch(2)), &RECOVERING).await;
    let ana = place.is_a_newcomer(&house, Value::Null).await;
    all_leave([ana], house).await;
}

#[actix_web::test]
async fn where_it_is_off_there_is_no_secret_and_nothing_more_to_hear() {
    let house = House::with(&OPEN).await;
    let mut ana = Returner::comes(&house, MOUNT, json!({ "pid": "x", "offset": "y" })).await;
    assert_eq!(ana.place.pid, Value::Null);
    ana.says("registrar", json!([])).await;
    assert_eq!(ana.caller.hears_packet().await, r#"42["registrado",{"room":"roomChatTest"}]"#);
    says(&mut ana, "oi").await;
    assert_eq!(ana.caller.hears("messages").await, json!([told("oi")]));
    all_leave([ana], house).await;
}
