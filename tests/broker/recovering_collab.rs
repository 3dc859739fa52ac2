//! Clients of the collab dialect that return to where they were: the others' words, attachments too, and never their own.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::collab::{MOUNT, OPEN, token};
use crate::house::{House, SOON};
use crate::recovering::RECOVERING;
use crate::returner::{Place, Returner};

const RETURNING: [(&str, &str); 2] = [OPEN[0], ("RECADO_DOORS__COLLAB__RECOVERY_MS", "120000")];

fn shows(user: &str) -> Value {
    json!({ "token": token(user) })
}

/// Someone who has been let in, and hears the others.
async fn comes(house: &House, user: &str) -> Returner {
    let mut returner = Returner::comes(house, MOUNT, shows(user)).await;
    settles(&mut returner).await;
    returner
}

/// What it asked for before is served, and it has heard nothing else.
async fn settles(returner: &mut Returner) {
    returner.says("ping", json!([])).await;
    assert_eq!(returner.hears("pong").await, Value::Null);
}

async fn two(house: &House) -> (Returner, Returner) {
    let mut ana = comes(house, "ana").await;
    let bob = comes(house, "bob").await;
    assert_eq!(ana.hears("user:connected").await["userId"], "bob");
    (ana, bob)
}

async fn says(returner: &mut Returner, n: u64) {
    returner.says("message", json!([{ "n": n }])).await;
}

async fn hears(returner: &mut Returner, n: u64) {
    assert_eq!(returner.hears("message").await["n"], n);
}

/// Comes back as who it was, after these of the others.
async fn is_recovered(place: &Place, house: &House, user: &str, missed: &[u64]) -> Returner {
    let mut returner = place.returns(house, shows(user)).await;
    assert_eq!((&returner.place.sid, &returner.place.pid), (&place.sid, &place.pid), "it is not recovered");
    let said = |event: &Value| (event[0] == "message").then(|| event[1]["n"].as_u64()).flatten();
    assert_eq!(returner.missed.iter().filter_map(said).collect::<Vec<_>>(), missed);
    assert_eq!(returner.missed.len(), missed.len(), "{:?}", returner.missed);
    settles(&mut returner).await;
    returner
}

async fn is_a_newcomer(place: &Place, house: &House, user: &str) -> Returner {
    let mut returner = place.is_a_newcomer(house, shows(user)).await;
    settles(&mut returner).await;
    returner
}

async fn all_leave(returners: impl IntoIterator<Item = Returner>, house: House) {
    for returner in returners {
        returner.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_others_words_are_told_when_it_is_back_and_its_own_are_not() {
    let house = House::with(&RETURNING).await;
    let (mut ana, mut bob) = two(&house).await;
    says(&mut bob, 1).await;
    hears(&mut ana, 1).await;
    says(&mut ana, 2).await;
    hears(&mut bob, 2).await;
    let place = ana.drops();
    assert_eq!(bob.hears("user:disconnected").await["userId"], "ana");
    says(&mut bob, 3).await;
    settles(&mut bob).await;
    // Its second device is another connection, whose words it hears.
    let mut tablet = comes(&house, "ana").await;
    assert_eq!(bob.hears("user:connected").await["userId"], "ana");
    says(&mut tablet, 4).await;
    hears(&mut bob, 4).await;
    let mut ana = is_recovered(&place, &house, "ana", &[3, 4]).await;
    assert_eq!(bob.hears("user:connected").await["userId"], "ana");
    says(&mut ana, 5).await;
    hears(&mut bob, 5).await;
    says(&mut bob, 6).await;
    hears(&mut ana, 6).await;
    all_leave([ana, bob, tablet], house).await;
}

#[actix_web::test]
async fn what_it_said_as_it_was_cut_off_is_its_own_still() {
    let house = House::with(&RETURNING).await;
    let (mut ana, mut bob) = two(&house).await;
    for n in 1..30 {
        says(&mut ana, n).await;
        ana = is_recovered(&ana.drops(), &house, "ana", &[]).await;
    }
    says(&mut ana, 30).await;
    loop {
        let packet = bob.caller.hears_packet().await;
        if packet.contains(r#"{"n":30,"#) {
            break;
        }
    }
    says(&mut bob, 31).await;
    hears(&mut ana, 31).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn whoever_heard_nothing_yet_stands_where_it_came_in() {
    let house = House::with(&RETURNING).await;
    let mut bob = comes(&house, "bob").await;
    says(&mut bob, 1).await;
    settles(&mut bob).await;
    let ana = comes(&house, "ana").await;
    assert_eq!(bob.hears("user:connected").await["userId"], "ana");
    let place = ana.drops();
    assert_eq!(bob.hears("user:disconnected").await["userId"], "ana");
    assert_eq!(place.offset, None);
    says(&mut bob, 2).await;
    settles(&mut bob).await;
    let ana = is_recovered(&place, &house, "ana", &[2]).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn attachments_are_told_again_with_what_they_belong_to() {
    let house = House::with(&RETURNING).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    assert_eq!(bob.hears("user:disconnected").await["userId"], "ana");
    bob.caller.says_packet(r#"451-["message",{"n":1,"bytes":{"_placeholder":true,"num":0}}]"#).await;
    bob.caller.sends(&[1, 2, 255]).await;
    says(&mut bob, 2).await;
    settles(&mut bob).await;
    let ana = is_recovered(&place, &house, "ana", &[1, 2]).await;
    assert_eq!(ana.missed[0][1]["bytes"], json!({ "_placeholder": true, "num": 0 }));
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn whoever_is_back_before_it_is_missed_was_never_gone_to_the_others() {
    let house = House::with(&RETURNING).await;
    let (mut ana, mut bob) = two(&house).await;
    for n in 1..5 {
        let again = is_recovered(&ana.place, &house, "ana", &[]).await;
        let cut = async { while let Some(Ok(_)) = ana.caller.socket.next().await {} };
        timeout(SOON, cut).await.expect("it is hung up on");
        ana = again;
        house.is_down_to(2).await;
        says(&mut ana, n).await;
        hears(&mut bob, n).await;
    }
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn whoever_answered_no_heartbeat_comes_back_as_who_it_was() {
    let beats = [("WS_HEARTBEAT_INTERVAL", "2000"), ("WS_CONNECTION_TIMEOUT", "2000")];
    let house = House::with(&[&RETURNING[..], &beats].concat()).await;
    let ana = comes(&house, "ana").await;
    // It reads nothing, so it answers nothing.
    house.is_down_to(0).await;
    let mut bob = comes(&house, "bob").await;
    says(&mut bob, 1).await;
    settles(&mut bob).await;
    let ana = is_recovered(&ana.place.clone(), &house, "ana", &[1]).await;
    all_leave([ana, bob], house).await;
}

async fn joins(returner: &mut Returner) {
    returner.says("document:join", json!([{ "documentId": "d1" }])).await;
    // It is told where it stands no longer, and the text for it is no place.
    returner.hears("recovery").await;
    settles(returner).await;
}

#[actix_web::test]
async fn whoever_is_in_a_document_comes_back_as_a_newcomer() {
    let house = House::with(&RETURNING).await;
    let (mut ana, mut bob) = two(&house).await;
    says(&mut bob, 1).await;
    hears(&mut ana, 1).await;
    joins(&mut bob).await;
    joins(&mut ana).await;
    assert_eq!(bob.hears("user:joined-document").await["userId"], "ana");
    bob.says("document:update", json!([{ "documentId": "d1", "content": 1 }])).await;
    let update = ana.caller.hears("document:updated").await;
    assert_eq!(update.as_array().map(Vec::len), Some(1), "{update}");
    says(&mut bob, 2).await;
    hears(&mut ana, 2).await;
    let place = ana.drops();
    assert_eq!(place.offset.as_deref(), Some("off"));
    assert_eq!(bob.hears("user:left-document").await["userId"], "ana");
    assert_eq!(bob.hears("user:disconnected").await["userId"], "ana");
    let ana = is_a_newcomer(&place, &house, "ana").await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn out_of_its_documents_it_comes_back_as_who_it_was() {
    let house = House::with(&RETURNING).await;
    let (mut ana, mut bob) = two(&house).await;
    joins(&mut ana).await;
    ana.says("document:leave", json!([{ "documentId": "d1" }])).await;
    settles(&mut ana).await;
    says(&mut bob, 1).await;
    hears(&mut ana, 1).await;
    let place = ana.drops();
    assert_eq!(bob.hears("user:disconnected").await["userId"], "ana");
    says(&mut bob, 2).await;
    settles(&mut bob).await;
    let ana = is_recovered(&place, &house, "ana", &[2]).await;
    all_leave([ana, bob], house).await;
}

#[actix_web::test]
async fn a_secret_of_one_door_is_none_of_another() {
    let both = [&RETURNING[..], &RECOVERING[..]].concat();
    let house = House::with(&both).await;
    let ana = comes(&house, "ana").await;
    let place = ana.drops();
    let elsewhere =
        Place { mount: crate::rooms::MOUNT, offset: Some("roomChatTest@0-0".to_owned()), ..place.clone() };
    let newcomer = elsewhere.is_a_newcomer(&house, shows("ana")).await;
    let (room, pid) = (newcomer.place.offset.clone(), newcomer.place.pid.clone());
    newcomer.leaves().await;
    for (pid, offset) in
        [(pid, None), (place.pid.clone(), room), (place.pid.clone(), Some("*@0-0".to_owned()))]
    {
        let place = Place { pid, offset, ..place.clone() };
        is_a_newcomer(&place, &house, "ana").await.leaves().await;
    }
    let ana = is_recovered(&place, &house, "ana", &[]).await;
    all_leave([ana], house).await;
}
