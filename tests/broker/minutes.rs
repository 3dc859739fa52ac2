//! What people wrote down: the numbered entries they heard, in the order they came, and posting that insists.
//!
//! Comparing minutes shows whether all heard one order, each thing once.

use futures_util::future::join_all;
use recado_actors::clock::Timestamp;
use recado_actors::id::{ClientId, MessageId, RoomId, UserId};
use recado_actors::message::room::{EntryBody, Message, Role, Sender};
use recado_actors::ports::Draft;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::house::{House, SOON};
use crate::person::Person;

const NUMBERED: [&str; 6] =
    ["message", "message_updated", "message_deleted", "agent_joined", "chat_closed", "chat_reopened"];

impl Person {
    /// Writes a frame down if it is a numbered entry; only those with extras are told numbers.
    pub fn note(&mut self, frame: &Value) {
        let kind = frame["type"].as_str().unwrap_or_default();
        let data = &frame["data"];
        if let (true, Some(seq)) = (NUMBERED.contains(&kind), data["seq"].as_u64()) {
            self.minutes.push((seq, data["content"].as_str().unwrap_or(kind).to_owned()));
        }
    }

    pub fn last_heard(&self) -> u64 {
        self.minutes.last().map_or(0, |(seq, _)| *seq)
    }

    /// Listens until this number was heard.
    pub async fn hears_up_to(&mut self, seq: u64) {
        while self.last_heard() < seq {
            self.hears_next().await;
        }
    }

    /// Each of these numbers was heard once, in order, and nothing else.
    pub fn has_heard_exactly(&self, from: u64, to: u64) {
        let heard: Vec<u64> = self.minutes.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(heard, (from..=to).collect::<Vec<_>>());
    }

    /// Posts with a client id, and again for as long as it is told to try again: the `data` of `sent`.
    pub async fn insists(&mut self, content: &str, temp_id: &str) -> Value {
        let given_up = Instant::now() + SOON;
        while Instant::now() < given_up {
            let answer = self.posts_once(content, temp_id).await;
            if answer["type"] == "sent" {
                return answer["data"].clone();
            }
            assert_eq!(answer["retry"], true, "{answer}");
            // A careful client's own pause, not a wait for something.
            sleep(Duration::from_millis(5)).await;
        }
        panic!("not stored in time: {content}");
    }

    /// Posts with a client id and waits for the answer, `sent` or `error`.
    pub async fn posts_once(&mut self, content: &str, temp_id: &str) -> Value {
        self.sends(json!({ "type": "message", "content": content, "role": "USER", "tempId": temp_id })).await;
        loop {
            let frame = self.hears_next().await;
            if frame["tempId"] == temp_id {
                return frame;
            }
        }
    }

    /// Posts many, each until it is stored.
    pub async fn insists_on_many(&mut self, name: &str, count: usize) {
        for n in 0..count {
            let content = format!("{name} {n}");
            self.insists(&content, &content).await;
        }
    }
}

impl House {
    /// The connection breaks without a word; the same person returns with what it heard so far.
    pub async fn breaks_off_and_returns(&self, person: Person, user: &str, chat: &str) -> Person {
        let (since, epoch) = (person.last_heard(), person.epoch().to_owned());
        let minutes = person.minutes.clone();
        person.drops();
        let mut back = self.widget_since(user, chat, since, &epoch).await;
        back.minutes.splice(0..0, minutes);
        back
    }

    /// Gives a chat that nobody opened yet a past of so many messages by `old`.
    pub async fn has_a_past(&self, chat: &str, messages: usize, content: impl Fn(usize) -> String) {
        let drafts = (1..=messages).map(|n| past_draft(chat, content(n))).collect();
        self.broker().ports().log.append(drafts, Timestamp(0)).await.expect("the past is stored");
    }
}

fn past_draft(chat: &str, content: String) -> Draft {
    let sender =
        Sender { id: "old".to_owned(), name: None, email: None, avatar: None, more: serde_json::Map::new() };
    let message = Message::text(MessageId::fresh(), content, Role::User, sender, Timestamp(0).to_string());
    Draft {
        room: RoomId::chat(chat).expect("a chat's name"),
        by: Some(UserId::parse("old").expect("a user's name")),
        client_id: ClientId::fresh(),
        body: EntryBody::MessagePosted { message },
    }
}

/// Everybody says goodbye.
pub async fn all_leave(people: impl IntoIterator<Item = Person>) {
    join_all(people.into_iter().map(Person::leaves)).await;
}

/// All heard exactly these numbers, and the same under each.
pub async fn all_hear_the_same(people: &mut [Person], from: u64, to: u64) {
    join_all(people.iter_mut().map(|person| person.hears_up_to(to))).await;
    for person in people.iter() {
        person.has_heard_exactly(from, to);
        assert_eq!(person.minutes, people[0].minutes);
    }
}
