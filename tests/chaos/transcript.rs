//! Reads a room's whole log through the internal API, and entries in whatever frame they come.
//!
//! The same message gives the same fingerprint from a live frame and from the log.

use std::sync::Arc;

use serde_json::Value;

use crate::broker::Broker;
use crate::history::{Seen, fingerprint};

const PAGE: usize = 300;

pub async fn read_log(broker: &Broker, room: &str) -> Vec<Seen> {
    let mut log: Vec<Seen> = Vec::new();
    loop {
        let after = log.last().map_or(0, |entry| entry.seq);
        let page =
            broker.internal(&format!("/internal/chats/{room}/entries?after={after}&limit={PAGE}")).await;
        let epoch: Arc<str> = page["epoch"].as_str().expect("a page names its epoch").into();
        let entries = page["entries"].as_array().expect("a page has entries");
        log.extend(entries.iter().map(|entry| seen(&epoch, entry).expect("an entry has a seq")));
        if page["more"] != Value::Bool(true) {
            let head = page["head"].as_u64().unwrap();
            assert_eq!(log.last().map_or(0, |entry| entry.seq), head, "the log of {room} ends at its head");
            return log;
        }
        assert!(!entries.is_empty(), "a page of {room} promised more and was empty");
    }
}

/// An entry, wherever its parts stand: flat, or its message under `message` or `data`.
pub fn seen(epoch: &Arc<str>, entry: &Value) -> Option<Seen> {
    let seq = entry["seq"].as_u64().or_else(|| entry["data"]["seq"].as_u64())?;
    let message =
        [&entry["message"], &entry["data"]].into_iter().find(|part| part.is_object()).unwrap_or(entry);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, content, sender) =
        (text(&message["id"]), text(&message["content"]), text(&message["sender"]["id"]));
    let hash = fingerprint(&id, &sender, &content);
    let client_id = content.split_once(' ').map(|(client_id, _)| client_id.to_owned());
    Some(Seen { epoch: epoch.clone(), seq, id, hash, client_id })
}
