//! Messages in groups: named by a number that is told with the acknowledgement, and found by it and by what they say.
//!
//! A retry gets the number that was given first.

use recado_actors::broker::Broker;
use recado_actors::id::{ClientId, MessageId, RoomId, Seq, UserId};
use recado_actors::message::client::Right;
use recado_actors::message::room::{
    AmendMessage, Change, EntryBody, Message, NewEntry, Posted, Role, Sender,
};
use recado_actors::ports::Place;

use crate::house::House;

const ISO: &str = "2026-01-01T00:00:00.000Z";

fn room(name: &str) -> RoomId {
    RoomId::parse(name).expect("a room")
}

fn client_id(name: &str) -> ClientId {
    ClientId::parse(name).expect("a name")
}

async fn say(broker: &Broker, place: &str, name: &str, content: &str) -> Posted {
    let more = serde_json::Map::new();
    let sender = Sender { id: "7".to_owned(), name: None, email: None, avatar: None, more };
    let message = Message::text(MessageId::fresh(), content.to_owned(), Role::User, sender, ISO.to_owned());
    let by = UserId::parse("7").ok();
    let entry = NewEntry::granted(by, client_id(name), EntryBody::MessagePosted { message });
    broker.add_entry(&room(place), &entry).await.expect("an acknowledgement")
}

fn id(posted: &Posted) -> &str {
    posted.entry.body.message().expect("a message").id.as_str()
}

async fn amend(broker: &Broker, place: &str, id: &str, content: Option<&str>) {
    let ask = || AmendMessage {
        id: MessageId::parse(id).expect("an id"),
        change: content.map_or(Change::Delete, |content| Change::Content(content.to_owned())),
        by: None,
        right: Right::Granted,
        session: None,
        client_id: ClientId::fresh(),
        at: ISO.to_owned(),
    };
    broker.ask_room(&room(place), ask).await.expect("a room").expect("an entry");
}

async fn found(broker: &Broker, place: &str, text: &str) -> Vec<u64> {
    let found = broker.ports().log.search(&room(place), text, Seq(u64::MAX), 10).await;
    found.expect("an answer").entries.iter().map(|entry| entry.seq.0).collect()
}

#[actix_web::test]
async fn a_message_in_a_group_is_acknowledged_with_its_number() {
    let house = House::start().await;
    let broker = house.broker();
    assert_eq!(id(&say(&broker, "group:1", "a", "bom dia").await), "1");
    assert_eq!(id(&say(&broker, "group:2", "a", "bom dia").await), "2");
    assert!(id(&say(&broker, "chat:1", "a", "bom dia").await).starts_with("msg_"));
    let retry = say(&broker, "group:1", "a", "bom dia").await;
    assert_eq!((id(&retry), retry.duplicate), ("1", true));
    assert_eq!(id(&say(&broker, "group:1", "b", "boa noite").await), "3");
    let place = broker.ports().log.place_of(&MessageId::numbered(3)).await;
    assert_eq!(place, Ok(Some(Place { room: room("group:1"), seq: Seq(2) })));
    house.ends().await;
}

#[actix_web::test]
async fn a_message_is_edited_and_withdrawn_by_its_number_and_found_accordingly() {
    let house = House::start().await;
    let broker = house.broker();
    say(&broker, "group:1", "a", "Reunião amanhã").await;
    say(&broker, "group:1", "b", "outra reunião").await;
    assert_eq!(found(&broker, "group:1", "REUNIAO").await, [1, 2]);
    amend(&broker, "group:1", "1", Some("cancelado")).await;
    assert_eq!(found(&broker, "group:1", "reuniao").await, [2]);
    assert_eq!(found(&broker, "group:1", "CANCEL").await, [1]);
    amend(&broker, "group:1", "2", None).await;
    assert_eq!(found(&broker, "group:1", "reuniao").await, [0; 0]);
    house.ends().await;
}
