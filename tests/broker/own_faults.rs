//! A fault of ours in the middle of one client's work: that client is told so and goes; nobody else notices.
//!
//! The log of this house panics when it is asked for history, which happens inside the session that asked.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use recado::app::World;
use recado_actors::clock::Timestamp;
use recado_actors::id::{Epoch, MessageId, RoomId, Seq, UserId};
use recado_actors::message::room::{Entry, Head};
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::search::Found;
use recado_actors::ports::{Appended, Draft, Log, LogError, Page, Place, Ports, Stretch};
use serde_json::json;

use crate::house::House;

type Answer<T> = BoxFuture<'static, Result<T, LogError>>;

struct BadHistory(MemoryStore);

impl Log for BadHistory {
    fn append(&self, batch: Vec<Draft>, at: Timestamp) -> Answer<Vec<Appended>> {
        self.0.append(batch, at)
    }

    fn head(&self, room: &RoomId) -> Answer<Head> {
        self.0.head(room)
    }

    fn read(&self, room: &RoomId, stretch: Stretch, limit: usize) -> Answer<Page> {
        self.0.read(room, stretch, limit)
    }

    fn messages(&self, _: &RoomId, _: Seq, _: usize) -> Answer<Page> {
        panic!("a fault that the story wants");
    }

    fn count_posted(&self, room: &RoomId) -> Answer<u64> {
        self.0.count_posted(room)
    }

    fn count_unread(&self, room: &RoomId, after: Seq, user: &UserId) -> Answer<u64> {
        self.0.count_unread(room, after, user)
    }

    fn nth_newest(&self, room: &RoomId, newer: u64) -> Answer<Option<Seq>> {
        self.0.nth_newest(room, newer)
    }

    fn find(&self, room: &RoomId, message: &MessageId) -> Answer<Option<Arc<Entry>>> {
        self.0.find(room, message)
    }

    fn place_of(&self, message: &MessageId) -> Answer<Option<Place>> {
        self.0.place_of(message)
    }

    fn search(&self, room: &RoomId, text: &str, before: Seq, limit: usize) -> Answer<Found> {
        self.0.search(room, text, before, limit)
    }

    fn probe(&self) -> Answer<()> {
        self.0.probe()
    }
}

pub async fn house_with_a_fault() -> House {
    let store = MemoryStore::new(Epoch(1));
    let ports = Ports {
        log: Arc::new(BadHistory(store.clone())),
        receipts: Arc::new(store.clone()),
        book: Arc::new(store.clone()),
        people: Arc::new(store),
        backplane: None,
        backend: None,
        webhooks: None,
    };
    House::in_world(&[], World { ports: Some(ports), ..World::default() }).await
}

#[actix_web::test]
async fn a_fault_of_ours_ends_one_session_with_4000_and_harms_no_other() {
    let house = house_with_a_fault().await;
    let mut bob = house.widget("bob", "chat_1").await;
    for round in ["one", "two", "three"] {
        let mut ann = house.widget("ann", "chat_1").await;
        ann.posts(round).await;
        ann.hears_message(round).await;
        bob.hears_message(round).await;
        ann.sends(json!({ "type": "history" })).await;
        assert_eq!(ann.is_closed().await, (4000, "Internal server error".to_owned()));
        ann.leaves().await;
    }
    bob.posts("still here").await;
    bob.hears_message("still here").await;
    bob.hears_nothing_more().await;
    bob.leaves().await;
    house.ends().await;
}
