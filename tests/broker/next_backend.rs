//! With a Next.js application behind: it stores messages and names people, and we announce them as it says.
//!
//! The application is a real process, `tests/node/next_backend.mjs`, behind the shared secret.

use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;
use crate::programs::{Program, has};
use crate::tokens::INTERNAL;

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

pub struct Next {
    program: Program,
    url: String,
}

impl Next {
    /// None where there is no Node.
    pub async fn starts() -> Option<Self> {
        Self::starts_with(INTERNAL).await
    }

    pub async fn starts_with(secret: &str) -> Option<Self> {
        Self::starts_in(&[("INTERNAL_API_SECRET", secret)]).await
    }

    /// One that also publishes what it stores.
    pub async fn starts_beside(redis_port: u16) -> Option<Self> {
        let port = redis_port.to_string();
        Self::starts_in(&[("INTERNAL_API_SECRET", INTERNAL), ("REDIS_PORT", &port)]).await
    }

    async fn starts_in(environment: &[(&str, &str)]) -> Option<Self> {
        let script = Path::new(NODE_FOLDER).join("next_backend.mjs");
        if !has("node", &script) {
            return None;
        }
        let mut command = Command::new("node");
        command.arg(script).envs(environment.iter().copied());
        let mut program = Program::start(command);
        let port = program.says(|line| line["listening"].is_u64()).await["listening"].clone();
        Some(Self { program, url: format!("http://127.0.0.1:{port}/") })
    }

    /// A house that has it behind.
    pub async fn house(&self, settings: &[(&str, &str)]) -> House {
        House::with(&[&[("NEXT_API_URL", self.url.as_str())], settings].concat()).await
    }

    pub async fn turns(&mut self, mode: Value) {
        self.program.is_told(&mode);
        self.program.says(|line| line["mode"] == mode["mode"]).await;
    }

    /// Publishes on the chat's channel, whatever it is; how many listened.
    pub async fn publishes(&mut self, chat: &str, frame: &Value) -> u64 {
        self.program.is_told(&json!({ "publish": frame, "chat": chat }));
        let line = self.program.says(|line| line["published"].is_u64()).await;
        line["published"].as_u64().expect("a number")
    }

    /// What it has stored.
    pub async fn stored(&mut self) -> Vec<Value> {
        self.program.is_told(&json!({ "list": true }));
        let line = self.program.says(|line| line["messages"].is_array()).await;
        line["messages"].as_array().expect("a list").clone()
    }

    /// Waits until it is asked for this.
    pub async fn is_asked(&mut self, path: &str) {
        self.program.says(|line| line["request"]["path"] == path).await;
    }
}

pub async fn settled(house: &House, user: &str, chat: &str) -> Person {
    let mut person = house.widget(user, chat).await;
    person.settles().await;
    person
}

pub async fn end(house: House, people: impl IntoIterator<Item = Person>) {
    for person in people {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_message_is_told_in_the_words_next_stored_it_in() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    for (said, stored, told) in [("user", "USER", "user"), ("AGENT", "AGENT", "agent")] {
        bob.sends(json!({ "type": "message", "content": "hello", "role": said })).await;
        let mut heard = ann.hears("message").await;
        let record = next.stored().await.pop().expect("a message");
        assert_eq!((&record["chatId"], &record["role"]), (&json!("chat_1"), &json!(stored)));
        assert!(
            heard.as_object_mut().expect("a frame").remove("timestamp").is_some_and(|time| time.is_string())
        );
        let sender = json!({ "id": "bob", "name": "Bob", "email": "bob@example.test", "avatar": null });
        let message = json!({
            "id": record["id"], "content": "hello", "role": told, "timestamp": record["createdAt"], "sender": sender,
        });
        assert_eq!(heard, json!({ "type": "message", "data": message }));
        assert_eq!(bob.hears_message("hello").await["id"], record["id"]);
    }
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn the_client_s_own_id_is_answered_with_next_s() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.settles().await;
    let sent = ann.posts_safely("hello", "mine-1").await;
    assert_eq!(sent["id"], next.stored().await[0]["id"]);
    end(house, [ann]).await;
}

#[actix_web::test]
async fn a_retry_is_stored_once_by_next_too() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    let first = ann.posts_safely("hello", "mine-1").await;
    let again = ann.posts_safely("hello", "mine-1").await;
    assert_eq!(
        (&again["id"], &again["seq"], &again["duplicate"]),
        (&first["id"], &first["seq"], &json!(true))
    );
    assert_eq!(next.stored().await.len(), 1);
    ann.posts("that was all").await;
    bob.hears_message("hello").await;
    bob.hears_message("that was all").await;
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn an_agent_is_called_what_next_calls_them() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let mut ann = settled(&house, "ann", "chat_1").await;
    for (user, name) in [("bob", "Bob"), ("nameless", "nameless@example.test"), ("nobody", "Agent")] {
        let mut agent = settled(&house, user, "chat_1").await;
        agent.sends(json!({ "type": "agent_joined", "agentId": "eve", "agentName": "Eve" })).await;
        next.is_asked(&format!("/api/users/{user}")).await;
        for person in [&mut ann, &mut agent] {
            let heard = person.hears("agent_joined").await;
            assert_eq!(
                (&heard["data"]["agentId"], &heard["data"]["agentName"]),
                (&json!(user), &json!(name))
            );
            assert!(heard["data"]["timestamp"].is_string() && heard["timestamp"].is_string(), "{heard}");
        }
        agent.leaves().await;
    }
    end(house, [ann]).await;
}

#[actix_web::test]
async fn a_message_next_announces_itself_is_heard_once_even_before_its_answer() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    next.turns(json!({ "mode": "slow", "ms": 1000 })).await;
    ann.posts("fast").await;
    next.is_asked("/api/chats/chat_1/messages/send").await;
    let record = loop {
        if let Some(record) = next.stored().await.pop() {
            break record;
        }
    };
    let announced = json!({ "id": record["id"], "content": "fast", "userId": "ann", "role": "user" });
    let path = "/chats/chat_1/messages";
    let (status, first) = house.internal(Method::POST, path, announced.clone()).await;
    assert_eq!((status, &first["duplicate"]), (201, &json!(false)));
    assert_eq!(bob.hears_message("fast").await["id"], record["id"]);

    // Served after the message, so Next has answered by then.
    ann.sends(json!({ "type": "ping" })).await;
    ann.hears_message("fast").await;
    ann.hears("pong").await;
    let (status, again) = house.internal(Method::POST, path, announced).await;
    assert_eq!((status, &again["duplicate"], &again["seq"]), (201, &json!(true), &first["seq"]));
    next.turns(json!({ "mode": "ok" })).await;
    ann.posts("next").await;
    for person in [&mut ann, &mut bob] {
        person.hears_message("next").await;
    }
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn ids_reach_next_whole_whatever_is_in_them() {
    let Some(mut next) = Next::starts().await else { return };
    let house = next.house(&[]).await;
    for chat in ["a b/c", "é?x=1#y", "..%2fusers"] {
        let mut ann = settled(&house, "ann", chat).await;
        ann.posts("hello").await;
        ann.hears_message("hello").await;
        assert_eq!(next.stored().await.pop().expect("a message")["chatId"], chat);
        ann.leaves().await;
    }
    end(house, []).await;
}
