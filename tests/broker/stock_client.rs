//! The widget's own browser hook, as a real process on the `ws` package: it connects unmodified and stays ignorant.
//!
//! Whatever it is sent must be in the seed's words, and nothing of ours beyond them.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::house::House;
use crate::programs::{Program, has};
use crate::tokens::{claims, claims_with, sign};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

struct Hook(Program);

impl Hook {
    /// None where there is no Node or no `ws`.
    fn starts(house: &House, token: &str, options: &[&str]) -> Option<Self> {
        let folder = Path::new(NODE_FOLDER);
        if !has("node", &folder.join("node_modules/ws")) {
            return None;
        }
        let mut command = Command::new("node");
        command.arg(folder.join("widget_hook.mjs")).arg(house.ws_url("")).arg(token).args(options);
        Some(Self(Program::start(command)))
    }

    fn sends(&mut self, frame: Value) {
        self.0.is_told(&json!({ "send": frame }));
    }

    /// The next event, which must be this one.
    async fn sees(&mut self, event: &str) -> Value {
        let seen = self.0.says(|_| true).await;
        assert_eq!(seen["event"], event, "{seen}");
        seen
    }

    /// The next event, which must be a frame of this type.
    async fn hears(&mut self, kind: &str) -> Value {
        let frame = self.sees("message").await["frame"].take();
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    async fn is_let_in(&mut self) {
        assert_eq!(self.sees("open").await["extensions"], "permessage-deflate");
        let welcome = self.hears("connected").await;
        assert_eq!(keys(&welcome), ["chatId", "timestamp", "type"]);
        self.sends(json!({ "type": "ping" }));
        assert_eq!(self.hears("pong").await, json!({ "type": "pong" }));
    }

    /// How many bytes went each way so far.
    async fn figures(&mut self) -> Value {
        self.0.is_told(&json!({ "figures": true }));
        self.sees("figures").await
    }

    async fn leaves(mut self) {
        self.0.is_told(&json!({ "quit": true }));
        assert_eq!(self.0.ends().await.code, Some(0));
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[actix_web::test]
async fn the_hook_plays_the_seed_s_flow() {
    let house = House::start().await;
    let Some(mut hook) = Hook::starts(&house, &sign(&claims("ann", "chat_1")), &[]) else {
        return house.ends().await;
    };
    hook.is_let_in().await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;

    hook.sends(json!({ "type": "typing", "isTyping": true }));
    assert_eq!(bob.hears("typing").await["data"], json!({ "userId": "ann", "isTyping": true }));
    hook.sends(json!({ "type": "message", "content": "Hello!", "role": "USER" }));
    bob.hears_among_others("message").await;
    let heard = hook.hears("message").await;
    assert_eq!(keys(&heard), ["data", "timestamp", "type"]);
    assert_eq!(keys(&heard["data"]), ["content", "id", "role", "sender", "timestamp"]);
    assert_eq!(keys(&heard["data"]["sender"]), ["avatar", "email", "id", "name"]);
    assert_eq!((&heard["data"]["content"], &heard["data"]["role"]), (&json!("Hello!"), &json!("user")));

    bob.sends(json!({ "type": "agent_joined" })).await;
    let joined = hook.hears("agent_joined").await;
    assert_eq!(keys(&joined["data"]), ["agentId", "agentName", "timestamp"]);
    bob.sends(json!({ "type": "typing", "isTyping": true })).await;
    assert_eq!(hook.hears("typing").await["data"], json!({ "userId": "bob", "isTyping": true }));
    bob.sends(json!({ "type": "message", "content": "Hi Ann", "role": "AGENT", "tempId": "t1" })).await;
    let heard = hook.0.says(|line| line["frame"]["type"] == "message").await;
    assert_eq!(heard["frame"]["data"]["role"], "agent");
    hook.0.is_told(&json!({ "raw": "no json" }));
    assert_eq!(hook.hears("error").await["error"], "Failed to process message");
    hook.sends(json!({ "type": "shout" }));
    assert_eq!(hook.hears("error").await["error"], "Unknown message type");
    hook.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn the_hook_and_the_house_compress_what_they_tell_each_other() {
    let house = House::start().await;
    let Some(mut hook) = Hook::starts(&house, &sign(&claims("ann", "chat_1")), &[]) else {
        return house.ends().await;
    };
    hook.is_let_in().await;
    let before = hook.figures().await;
    let long = "Good morning, how may I help you? ".repeat(100);
    for _ in 0..10 {
        hook.sends(json!({ "type": "message", "content": long, "role": "USER" }));
        assert_eq!(hook.hears("message").await["data"]["content"], long);
    }
    let after = hook.figures().await;
    for way in ["read", "written"] {
        let bytes = after[way].as_u64().zip(before[way].as_u64()).map(|(after, before)| after - before);
        assert!(bytes.is_some_and(|bytes| bytes < 10 * 1000), "{way}: {before} {after}");
    }
    hook.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn the_hook_is_told_why_it_is_not_let_in() {
    let house = House::start().await;
    let expired = sign(&claims_with("ann", "chat_1", json!({ "exp": 1_000_000_000 })));
    let incomplete = sign(&claims_with("ann", "chat_1", json!({ "chatId": null })));
    for (token, code, reason) in [
        ("", 4001, "Missing authentication token"),
        ("not.a.token", 4002, "Invalid token"),
        (&expired, 4002, "Token expired"),
        (&incomplete, 4002, "Invalid token payload: missing userId or chatId"),
    ] {
        let Some(mut hook) = Hook::starts(&house, token, &["--no-reconnect"]) else { break };
        hook.sees("open").await;
        assert_eq!(hook.sees("close").await, json!({ "event": "close", "code": code, "reason": reason }));
        hook.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_hook_comes_back_to_a_house_that_was_restarted() {
    let house = House::start().await;
    let port = house.address().port().to_string();
    let Some(mut hook) = Hook::starts(&house, &sign(&claims("ann", "chat_1")), &[]) else {
        return house.ends().await;
    };
    hook.is_let_in().await;
    house
        .ends_while(async {
            let closed = hook.sees("close").await;
            assert_eq!(closed["code"], 1012);
            let reason = closed["reason"].as_str().expect("a reason");
            assert!(reason.starts_with("Server shutting down"), "{reason}");
        })
        .await;

    let house = House::with(&[("RECADO_SERVER__PORT", &port)]).await;
    hook.0.says(|line| line["event"] == "open").await;
    hook.hears("connected").await;
    hook.sends(json!({ "type": "message", "content": "back again", "role": "USER" }));
    assert_eq!(hook.hears("message").await["data"]["content"], "back again");
    hook.leaves().await;
    house.ends().await;
}
