//! What is in hand when a house is told to end: it is answered, and what was answered is stored.

use std::sync::Arc;

use recado::app::World;
use recado_actors::id::{Epoch, RoomId, Seq};
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::{LogError, Ports, Receipts};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;
use crate::tokens::INTERNAL;

/// A house that takes its time to end, on a store the story can hold.
async fn house_on(store: &MemoryStore) -> House {
    let store = Arc::new(store.clone());
    let ports = Ports {
        log: store.clone(),
        receipts: store.clone(),
        book: store.clone(),
        people: store,
        backplane: None,
        backend: None,
        webhooks: None,
    };
    let world = World { ports: Some(ports), ..World::default() };
    House::in_world(&[("RECADO_SERVER__DRAIN_MS", "4000")], world).await
}

async fn three_others(house: &House) -> Vec<Person> {
    let mut others = Vec::new();
    for user in ["bob", "eve", "zoe"] {
        others.push(house.widget(user, "chat_2").await);
    }
    others
}

#[actix_web::test]
async fn who_waits_for_an_answer_gets_it_before_the_goodbye() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let others = three_others(&house).await;
    ann.settles().await;
    store.hold(true);
    ann.sends(json!({ "type": "message", "content": "held", "role": "USER", "tempId": "t1" })).await;
    house.until("the message is in hand", |_| store.is_awaited()).await;
    house
        .ends_while(async {
            for mut other in others {
                other.is_sent_home().await;
                other.leaves().await;
            }
            store.hold(false);
            assert_eq!(ann.hears_among_others("sent").await["data"]["seq"], 1);
            ann.hears_among_others("goodbye").await;
            ann.is_sent_home().await;
            ann.leaves().await;
        })
        .await;
}

#[actix_web::test]
async fn the_backend_is_told_to_come_back_and_what_it_had_said_is_kept() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let mut ann = house.widget("ann", "chat_1").await;
    ann.settles().await;
    let post = |content: &str| {
        let request = house.request(Method::POST, "/internal/chats/chat_1/messages");
        let body = json!({ "userId": "shop", "role": "system", "content": content });
        request.header("X-Internal-Secret", INTERNAL).json(&body)
    };
    let (early, late, live) = (post("early"), post("late"), house.http_url("/health/live"));
    store.hold(true);
    let early = actix_web::rt::spawn(early.send());
    house.until("the message is in hand", |_| store.is_awaited()).await;
    house
        .ends_while(async {
            ann.is_sent_home().await;
            let refused = late.send().await.expect("an answer");
            assert_eq!(
                (refused.status().as_u16(), refused.headers().contains_key("retry-after")),
                (503, true)
            );
            assert_eq!(refused.json::<Value>().await.expect("a problem")["code"], "draining");
            ann.leaves().await;
            for _ in 0..100 {
                // Nobody is connected any more, and yet the call is waited for.
                assert_eq!(reqwest::get(&live).await.expect("the house stands").status(), 200);
            }
            store.hold(false);
            let kept = early.await.expect("a call").expect("an answer");
            assert_eq!(kept.status().as_u16(), 201);
        })
        .await;
}

#[actix_web::test]
async fn what_was_read_last_is_known_after_the_end() {
    let store = MemoryStore::new(Epoch(7));
    let house = house_on(&store).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.posts_safely("read me", "t1").await;
    store.break_with(Some(LogError::Unavailable("gone".into())));
    ann.sends(json!({ "type": "read", "seq": 1 })).await;
    ann.settles().await;
    ann.drops();
    house.is_down_to(0).await;
    house.ends_while(async { store.break_with(None) }).await;
    let room = RoomId::chat("chat_1").expect("a chat");
    let receipts = store.load(&room).await.expect("the store works");
    assert_eq!(receipts.iter().map(|receipt| receipt.mark.read).collect::<Vec<_>>(), [Seq(1)]);
}
