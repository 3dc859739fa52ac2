//! What a client hears, and what it makes of it.
//!
//! Every frame is written down before anybody acts on it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use super::{Broken, Client, Cursor, broken, late};
use crate::history::{Receipt, RoomHistory};
use crate::transcript::seen;

/// Frames that carry an entry's number.
const NUMBERED: [&str; 6] =
    ["message", "message_updated", "message_deleted", "agent_joined", "chat_closed", "chat_reopened"];

/// A listener marks as read this often.
const READ_EVERY: usize = 25;

impl Client {
    /// The next frame. Dropping this future half-way loses nothing.
    pub async fn hear(&mut self) -> Result<Value, Broken> {
        loop {
            let Some(socket) = &mut self.socket else { return Err(Broken("not connected".into())) };
            let trouble = match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("every text frame is JSON");
                    self.write_down(&frame);
                    return Ok(frame);
                }
                Some(Ok(Message::Close(reason))) => Broken(format!("closed with {reason:?}")),
                Some(Ok(_)) => continue,
                Some(Err(error)) => broken(error),
                None => Broken("the stream ended".into()),
            };
            self.socket = None;
            return Err(trouble);
        }
    }

    /// Hears on until a frame of this type comes.
    pub async fn hear_kind(&mut self, kind: &str, patience: Duration) -> Result<Value, Broken> {
        let deadline = Instant::now() + patience;
        loop {
            let Ok(heard) = timeout_at(deadline, self.hear()).await else {
                self.socket = None;
                return Err(late(kind));
            };
            let frame = heard?;
            if frame["type"] == kind {
                return Ok(frame);
            }
        }
    }

    pub async fn is_answered(&mut self, patience: Duration) {
        self.say(&json!({"type": "ping"})).await.unwrap();
        self.hear_kind("pong", patience).await.unwrap();
    }

    /// Hears everything, through every loss, until the posting is over.
    pub async fn listen(&mut self, mut over: watch::Receiver<bool>) {
        let mut marked = 0;
        while !*over.borrow() {
            let heard = tokio::select! {
                heard = self.hear() => heard.map(drop),
                _ = over.changed() => return,
            };
            let mark = self.reader.deliveries.len() / READ_EVERY;
            let told = match heard {
                Ok(()) if mark > marked => self.say(&json!({"type": "read", "seq": self.seq()})).await,
                other => other,
            };
            marked = mark;
            if told.is_err() {
                // A loss that outlasts this is found when it catches up.
                let _ = self.reopen(Instant::now() + Duration::from_secs(20)).await;
            }
        }
    }

    /// Hears on until it has this number, coming back as often as needed.
    pub async fn catch_up(&mut self, head: u64, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.seq() < head {
            let heard = timeout(deadline.saturating_duration_since(Instant::now()), self.hear()).await;
            let Ok(heard) = heard else {
                panic!(
                    "{} in {} stands at {} of {head} after {patience:?}",
                    self.name(),
                    self.room,
                    self.seq()
                );
            };
            if heard.is_err() {
                let back = self.reopen(deadline).await;
                back.unwrap_or_else(|trouble| panic!("{} could not return: {trouble}", self.name()));
            }
        }
        self.reader.caught_up = true;
    }

    /// Adds all it tried and heard to its room's history.
    pub fn testify(self, history: &mut RoomHistory) {
        history.attempts.extend(self.attempts);
        history.readers.push(self.reader);
    }

    fn write_down(&mut self, frame: &Value) {
        match frame["type"].as_str().unwrap_or_default() {
            "connected" => self.note_epoch(frame),
            "reset" => self.start_afresh(frame),
            "receipt" => self.note_receipt(&frame["data"]),
            "goodbye" => self.note_goodbye(frame),
            kind if NUMBERED.contains(&kind) => self.note_delivery(frame),
            _ => {}
        }
    }

    fn note_delivery(&mut self, frame: &Value) {
        let Some(cursor) = &mut self.cursor else { panic!("an entry came before `connected`: {frame}") };
        let Some(entry) = seen(&cursor.epoch, frame) else {
            panic!("an entry came without its number: {frame}")
        };
        cursor.seq = cursor.seq.max(entry.seq);
        self.reader.deliveries.push(entry);
    }

    fn note_receipt(&mut self, mark: &Value) {
        let number = |name: &str| mark[name].as_u64().unwrap_or_default();
        let user = mark["userId"].as_str().unwrap_or_default().to_owned();
        self.reader.receipts.push(Receipt { user, delivered: number("delivered"), read: number("read") });
    }

    fn note_goodbye(&mut self, frame: &Value) {
        let retry =
            frame["retryAfterMs"].as_u64().unwrap_or_else(|| panic!("a goodbye without a hint: {frame}"));
        self.not_before = Some(Instant::now() + Duration::from_millis(retry));
    }

    fn note_epoch(&mut self, frame: &Value) {
        let epoch = frame["epoch"].as_str().unwrap_or_else(|| panic!("`connected` names no epoch: {frame}"));
        match &self.cursor {
            None => self.cursor = Some(Cursor { epoch: epoch.into(), seq: 0 }),
            Some(cursor) if &*cursor.epoch != epoch => {
                self.blame(format!("the epoch went from {} to {epoch} unannounced or cut", cursor.epoch));
            }
            Some(_) => {}
        }
    }

    fn start_afresh(&mut self, frame: &Value) {
        self.blame(format!("told to start afresh: {frame}"));
        let epoch: Arc<str> = frame["data"]["epoch"].as_str().unwrap_or_default().into();
        // What comes next is live: the past is to be asked for, or let go.
        let seq = frame["data"]["seq"].as_u64().unwrap_or_default();
        self.cursor = Some(Cursor { epoch, seq });
    }

    fn blame(&mut self, detail: String) {
        if !self.expects_reset {
            self.reader.resets.push(detail);
        }
    }
}
