//! Clients of the rooms dialect that return to another life of their node, to another node, in another's stead, or while they
//! are still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use futures_util::future::join_all;
use recado::app::World;
use recado::auth::wall_clock;
use recado_actors::clock::{Clock, Timestamp};
use recado_actors::id::Epoch;
use recado_actors::ports::memory::{MemoryExchange, MemoryStore};
use recado_actors::ports::{Backplane, Ports};
use reqwest::Method;
use serde_json::{Value, json};

use crate::collab::token;
use crate::guests::Caller;
use crate::house::House;
use crate::recovering::{RECOVERING, all_hear, missed, registered, says, told, two};
use crate::redis_server::Redis;
use crate::returner::{Place, Returner};
use crate::rooms::MOUNT;
use crate::tokens::sign;

const KNOWN_ONLY: (&str, &str) = ("RECADO_DOORS__ROOMS__ANONYMOUS", "false");

fn world(store: &MemoryStore, backplane: Option<Arc<dyn Backplane>>, clock: Clock) -> World {
    let store = Arc::new(store.clone());
    let ports = Ports {
        log: store.clone(),
        receipts: store.clone(),
        book: store.clone(),
        people: store,
        backplane,
        backend: None,
        webhooks: None,
    };
    World { ports: Some(ports), clock, ..World::default() }
}

#[actix_web::test]
async fn a_restart_of_the_node_is_no_reason_to_miss_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}/recado.db", folder.path().display());
    let settings = [&RECOVERING[..], &[("RECADO_STORE__URL", &store)]].concat();
    let house = House::with(&settings).await;
    let (ana, mut bob) = two(&house).await;
    let cut = ana.drops();
    all_hear(&mut [&mut bob], "before").await;
    let told_to_go = std::cell::Cell::new(None);
    house.ends_while(async { told_to_go.set(Some(bob.ends().await)) }).await;
    let house = House::with(&settings).await;
    let mut carl = registered(&house).await;
    all_hear(&mut [&mut carl], "after").await;
    let ana = cut.is_recovered(&house, Value::Null, missed(&["before", "after"])).await;
    let bob = told_to_go.take().expect("it was told to go");
    let mut bob = bob.is_recovered(&house, Value::Null, missed(&["after"])).await;
    all_hear(&mut [&mut bob, &mut carl], "on we go").await;
    for returner in [ana, bob, carl] {
        returner.leaves().await;
    }
    house.ends().await;
}

/// A node of a pair that share a log.
async fn node(store: &MemoryStore, exchange: &MemoryExchange) -> House {
    let backplane: Arc<dyn Backplane> = Arc::new(exchange.connect());
    House::in_world(&RECOVERING, world(store, Some(backplane), Clock::system())).await
}

#[actix_web::test]
async fn the_other_node_of_a_pair_takes_it_back_as_its_own_does() {
    let (store, exchange) = (MemoryStore::new(Epoch(7)), MemoryExchange::new());
    let houses = [node(&store, &exchange).await, node(&store, &exchange).await];
    let (mut ana, mut bob) = two(&houses[0]).await;
    for message in ["one", "two", "three"] {
        let place = ana.drops();
        all_hear(&mut [&mut bob], message).await;
        let house = &houses[usize::from(message != "two")];
        ana = place.is_recovered(house, Value::Null, missed(&[message])).await;
        all_hear(&mut [&mut bob, &mut ana], &format!("{message}!")).await;
    }
    ana.leaves().await;
    bob.leaves().await;
    for house in houses {
        house.ends().await;
    }
}

/// Over Redis each node has a log of its own for now, and a place in one is none in the other.
#[actix_web::test]
async fn over_redis_it_is_back_at_its_own_node_with_what_was_said_at_either_and_a_newcomer_at_the_other() {
    let Some(redis) = Redis::starts().await else { return };
    let houses = [redis.house_with(&RECOVERING).await, redis.house_with(&RECOVERING).await];
    let (ana, mut bob) = two(&houses[0]).await;
    let mut carl = registered(&houses[1]).await;
    redis.is_followed("roomChatTest", 2).await;
    let place = ana.drops();
    all_hear(&mut [&mut bob, &mut carl], "here").await;
    all_hear(&mut [&mut carl, &mut bob], "there").await;
    let other = place.is_a_newcomer(&houses[1], Value::Null).await;
    let ana = place.is_recovered(&houses[0], Value::Null, missed(&["here", "there"])).await;
    for returner in [ana, bob, carl, other] {
        returner.leaves().await;
    }
    for house in houses {
        house.ends().await;
    }
}

#[actix_web::test]
async fn what_was_said_too_long_ago_is_not_told_where_nobody_saw_it_leave() {
    let (store, later) = (MemoryStore::new(Epoch(7)), Arc::new(AtomicI64::new(0)));
    let house = async || {
        let later = later.clone();
        let clock = Clock::from_fn(move || Timestamp(1_700_000_000_000).plus_ms(later.load(SeqCst)));
        House::in_world(&RECOVERING, world(&store, None, clock)).await
    };
    let first = house().await;
    let (ana, mut bob) = two(&first).await;
    let place = ana.leaves().await;
    all_hear(&mut [&mut bob], "missed").await;
    bob.leaves().await;
    first.ends().await;
    // The window, and the time until a client has noticed that its connection is gone.
    for (seconds, back) in [(164, true), (166, false)] {
        later.store(seconds * 1000, SeqCst);
        let house = house().await;
        let ana = match back {
            true => place.is_recovered(&house, Value::Null, missed(&["missed"])).await,
            false => place.is_a_newcomer(&house, Value::Null).await,
        };
        ana.leaves().await;
        house.ends().await;
    }
}

#[actix_web::test]
async fn whoever_returns_before_it_is_missed_is_hung_up_on_where_it_was() {
    let house = House::with(&[&RECOVERING[..], &[("RECADO_SERVER__WORKERS", "2")]].concat()).await;
    let (mut ana, mut bob) = two(&house).await;
    for message in ["one", "two", "three", "four"] {
        let again = ana.place.is_recovered(&house, Value::Null, json!([])).await;
        ana.ends().await;
        ana = again;
        all_hear(&mut [&mut bob, &mut ana], message).await;
    }
    house.is_down_to(2).await;
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn of_many_that_return_as_one_only_one_stays() {
    let house = House::with(&[&RECOVERING[..], &[("RECADO_SERVER__WORKERS", "2")]].concat()).await;
    let (ana, mut bob) = two(&house).await;
    let place = ana.drops();
    let mut callers = Vec::new();
    for _ in 0..6 {
        callers.push(Caller::arrives(&house, MOUNT).await);
    }
    join_all(callers.iter_mut().map(|caller| caller.joins(place.asks(Value::Null)))).await;
    house.is_down_to(2).await;
    says(&mut bob, "who is it?").await;
    let heard = join_all(callers.iter_mut().map(async |caller| {
        let heard = caller.heard_until_cut_or("who is it?").await;
        heard.iter().any(|packet| packet.contains("who is it?"))
    }));
    assert_eq!(heard.await.into_iter().filter(|heard| *heard).count(), 1);
    assert_eq!(bob.hears("messages").await, told("who is it?"));
    for caller in callers {
        caller.leaves().await;
    }
    bob.leaves().await;
    house.ends().await;
}

/// Registered by a token for this user.
async fn known(house: &House, user: &str) -> Returner {
    let mut returner = Returner::comes(house, MOUNT, json!({ "token": token(user) })).await;
    returner.says("registrar", json!([])).await;
    returner.hears("registrado").await;
    returner
}

async fn is_rejected(house: &House, place: &Place, auth: Value) -> Value {
    let mut caller = Caller::arrives(house, MOUNT).await;
    caller.joins(place.asks(auth)).await;
    let rejection = caller.is_rejected().await["message"].clone();
    caller.leaves().await;
    rejection
}

#[actix_web::test]
async fn a_token_is_verified_each_time_and_another_s_secret_is_worth_nothing() {
    let house = House::with(&[&RECOVERING[..], &[KNOWN_ONLY]].concat()).await;
    let ana = known(&house, "ana").await;
    let place = ana.drops();
    let expired = sign(&json!({ "id": "ana", "exp": wall_clock() - 60 }));
    for (auth, why) in [
        (json!({}), "Token required"),
        (json!({ "token": expired }), "Token expired"),
        (json!({ "token": "made.up" }), "Invalid token"),
    ] {
        assert_eq!(is_rejected(&house, &place, auth).await, why);
    }
    let bob = place.is_a_newcomer(&house, json!({ "token": token("bob") })).await;
    bob.leaves().await;
    let ana = place.is_recovered(&house, json!({ "token": token("ana") }), json!([])).await;
    let place = ana.drops();
    let ban = json!({ "userId": "ana", "seconds": 600 });
    assert_eq!(house.internal(Method::POST, "/bans", ban).await.0, 201);
    assert_eq!(is_rejected(&house, &place, json!({ "token": token("ana") })).await, "Not admitted");
    house.ends().await;
}

#[actix_web::test]
async fn a_stranger_is_the_same_again_and_no_token_makes_it_another() {
    let house = House::with(&RECOVERING).await;
    let mut bob = house.widget_with_extras("bob", "roomChatTest").await;
    bob.settles().await;
    let mut ana = registered(&house).await;
    let mut senders = Vec::new();
    for _ in 0..2 {
        says(&mut ana, "who am I?").await;
        ana.hears("messages").await;
        senders.push(bob.hears_among_others("message").await["data"]["sender"]["id"].clone());
        ana = ana.drops().is_recovered(&house, Value::Null, json!([])).await;
    }
    assert_eq!(senders[0], senders[1]);
    let place = ana.drops();
    let named = place.is_a_newcomer(&house, json!({ "token": token("ana") })).await;
    // Who was known by a token is not a stranger because it shows none.
    named.drops().is_a_newcomer(&house, Value::Null).await.leaves().await;
    bob.leaves().await;
    house.ends().await;
}
