//! Receivers of webhooks: a real Node process that verifies with the reference library, and a house that tells it.
//!
//! What a receiver was told is read in the order it came; nothing is waited for longer than it may take.

use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::programs::{Program, has};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const OLDER_KEY: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

pub struct Receiver {
    program: Program,
    port: u64,
}

impl Receiver {
    /// None where there is no Node.
    pub async fn starts() -> Option<Self> {
        Self::knowing(KEY, 0).await
    }

    /// One that verifies with this key, on this port if it is not 0.
    pub async fn knowing(key: &str, port: u64) -> Option<Self> {
        let script = Path::new(NODE_FOLDER).join("webhook_receiver.mjs");
        if !has("node", &script) {
            return None;
        }
        let mut command = Command::new("node");
        command.arg(script).arg(port.to_string()).env("WEBHOOK_SECRET", key);
        let mut program = Program::start(command);
        let port = program.says(|line| line["listening"].is_u64()).await["listening"].as_u64();
        Some(Self { program, port: port.expect("a port") })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks?token=not-to-be-shown", self.port)
    }

    pub fn port(&self) -> u64 {
        self.port
    }

    /// From now on it answers so.
    pub async fn turns(&mut self, mode: Value) {
        self.program.is_told(&mode);
        self.program.says(|line| *line == mode).await;
    }

    /// The next request; each was verified.
    pub async fn is_told(&mut self) -> Value {
        let line = self.program.says(|line| line["event"].is_object() || line["forged"].is_string()).await;
        assert!(line["forged"].is_null(), "{line}");
        line
    }

    /// The next request about a message with this content.
    pub async fn is_told_of(&mut self, content: &str) -> Value {
        let told = self.is_told().await;
        assert_eq!(content_of(&told), content, "{told}");
        told
    }

    /// Answers what it left hanging.
    pub async fn releases(&mut self) {
        self.turns(json!({ "release": true })).await;
    }

    /// Is killed; the port it had.
    pub fn dies(self) -> u64 {
        self.port
    }
}

pub fn content_of(told: &Value) -> &str {
    told["event"]["data"]["entry"]["message"]["content"].as_str().unwrap_or_default()
}

impl House {
    /// A house that keeps the record itself and tells these.
    pub async fn telling(receivers: &[&Receiver], settings: &[(&str, &str)]) -> Self {
        let urls = receivers.iter().map(|receiver| receiver.url()).collect::<Vec<_>>().join(",");
        Self::telling_urls(&urls, settings).await
    }

    pub async fn telling_urls(urls: &str, settings: &[(&str, &str)]) -> Self {
        let usual = [
            ("RECADO_BACKEND__MODE", "notify"),
            ("RECADO_WEBHOOKS__URLS", urls),
            ("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.0/8"),
            ("WEBHOOK_SECRET", KEY),
        ];
        Self::with(&[&usual, settings].concat()).await
    }

    /// The backend posts in a chat.
    pub async fn posts(&self, chat: &str, content: &str) {
        let body = json!({ "userId": "shop", "role": "system", "content": content });
        let (status, answer) = self.internal(Method::POST, &format!("/chats/{chat}/messages"), body).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// How the endpoints stand.
    pub async fn endpoints(&self) -> Vec<Value> {
        let (status, answer) = self.internal(Method::GET, "/webhooks", Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer["endpoints"].as_array().expect("a list").clone()
    }

    pub async fn dead_letters(&self) -> Vec<Value> {
        let (status, answer) = self.internal(Method::GET, "/webhooks/dead", Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer["dead"].as_array().expect("a list").clone()
    }

    /// Asks the internal API until the first endpoint stands so.
    pub async fn endpoint_stands(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let asked = tokio::time::timeout(4 * crate::house::SOON, async {
            loop {
                let first = self.endpoints().await.remove(0);
                if holds(&first) {
                    return first;
                }
            }
        });
        asked.await.unwrap_or_else(|_| panic!("not in time: {what}"))
    }
}
