//! Who acts in the stories, and what they say.
//!
//! Nothing here knows which store is looked at.

use std::time::Duration;

use recado_actors::clock::Timestamp;
use recado_actors::id::{ClientId, GroupId, MessageId, RoomId, Seq, UserId};
use recado_actors::message::room::{EntryBody, Message, Role, Sender};
use recado_actors::ports::people::Seen;
use recado_actors::ports::{Appended, Draft, Log, Page, Stretch};

pub const NOON: Timestamp = Timestamp(1_700_000_000_000);
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A chat, unless a kind is named.
pub fn room(name: &str) -> RoomId {
    if name.contains(':') { RoomId::parse(name).unwrap() } else { RoomId::chat(name).unwrap() }
}

pub fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub fn message_id(name: &str) -> MessageId {
    MessageId::parse(name).unwrap()
}

pub fn message(id: &str, content: &str) -> Message {
    let more = serde_json::json!({ "team": "blue", "rank": 3 });
    let sender = Sender {
        id: "ann".into(),
        name: Some("Ann".into()),
        email: None,
        avatar: None,
        more: more.as_object().cloned().unwrap(),
    };
    Message::text(message_id(id), content.into(), Role::User, sender, "2026-01-01T00:00:00.000Z".into())
}

pub fn draft(place: &str, by: Option<&str>, client_id: &str, body: EntryBody) -> Draft {
    Draft { room: room(place), by: by.map(user), client_id: ClientId::parse(client_id).unwrap(), body }
}

/// Ann posts in a room; message and client id are named alike.
pub fn post(place: &str, id: &str, content: &str) -> Draft {
    draft(place, Some("ann"), id, EntryBody::MessagePosted { message: message(id, content) })
}

pub fn edit(place: &str, id: &str, content: &str) -> Draft {
    let updated_at = Some("2026-01-02T00:00:00.000Z".into());
    let message = Message { updated_at, ..message(id, content) };
    // Not the content itself: a client id stays when a content is withdrawn.
    let sum: u64 = content.bytes().map(u64::from).sum();
    draft(place, Some("ann"), &format!("edit {id} {sum}"), EntryBody::MessageEdited { message })
}

pub fn delete(place: &str, id: &str) -> Draft {
    let message = Message { deleted: true, ..message(id, "") };
    draft(place, Some("ann"), &format!("delete {id}"), EntryBody::MessageDeleted { message })
}

pub async fn append(store: &impl Log, batch: Vec<Draft>) -> Vec<Appended> {
    store.append(batch, NOON).await.unwrap()
}

/// The whole room, read in one stretch.
pub async fn all(store: &impl Log, place: &str) -> Page {
    store.read(&room(place), Stretch::After(Seq::START), usize::MAX).await.unwrap()
}

/// A user was seen, perhaps in a group.
pub fn sight(who: &str, group: Option<u64>, at: Timestamp) -> Seen {
    Seen { user: user(who), group: group.map(|group| GroupId::new(group).unwrap()), at }
}

pub fn numbers(page: &Page) -> Vec<u64> {
    page.entries.iter().map(|entry| entry.seq.0).collect()
}

pub fn contents(page: &Page) -> Vec<String> {
    page.entries.iter().filter_map(|entry| entry.body.message()).map(|m| m.content.clone()).collect()
}

/// No story may hang.
pub async fn within<T>(story: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), story).await.unwrap()
}
