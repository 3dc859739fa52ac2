//! Someone at a document: a stock `y-websocket` provider as a real process, or a socket that says what none would.

use std::path::Path;
use std::process::Command;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{House, SOON};
use crate::programs::{Program, has};
use crate::tokens::{claims_with, sign};

const NODE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");

/// Documents are served.
pub const SERVED: (&str, &str) = ("RECADO_DOORS__DOCUMENTS__ENABLED", "true");

pub async fn house(more: &[(&str, &str)]) -> House {
    House::with(&[&[SERVED], more].concat()).await
}

/// A token that opens this document.
pub fn pass(user: &str, document: &str) -> String {
    sign(&claims_with(user, "x", json!({ "chatId": null, "documentId": document })))
}

pub fn reading_pass(user: &str, document: &str) -> String {
    sign(&claims_with(user, "x", json!({ "chatId": null, "documents": [document], "readOnly": true })))
}

pub struct Editor(Program);

impl Editor {
    /// None where there is no Node or no provider.
    pub fn starts(url: &str, document: &str, token: &str) -> Option<Self> {
        let folder = Path::new(NODE_FOLDER);
        if !has("node", &folder.join("node_modules/y-websocket")) {
            return None;
        }
        let mut command = Command::new("node");
        command.arg(folder.join("yjs_editor.mjs")).args([url, document, token]);
        Some(Self(Program::start(command)))
    }

    /// One that has the document before it.
    pub async fn opens(url: &str, user: &str, document: &str) -> Option<Self> {
        let mut editor = Self::starts(url, document, &pass(user, document))?;
        editor.is_synced().await;
        Some(editor)
    }

    pub async fn is_synced(&mut self) {
        self.sees(|line| line["synced"] == true).await;
    }

    pub async fn sees(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.0.says(wanted).await
    }

    pub fn does(&mut self, command: &Value) {
        self.0.is_told(command);
    }

    pub fn writes(&mut self, text: &str) {
        self.does(&json!({ "append": text }));
    }

    /// Waits until the document says this.
    pub async fn reads(&mut self, text: &str) {
        self.does(&json!({ "tell": true }));
        self.sees(|line| line["text"] == text).await;
    }

    /// What it says now.
    pub async fn text(&mut self) -> String {
        self.does(&json!({ "tell": true }));
        let line = self.sees(|line| line["text"].is_string()).await;
        line["text"].as_str().expect("a text").to_owned()
    }

    pub async fn leaves(mut self) {
        self.does(&json!({ "quit": true }));
        assert_eq!(self.0.ends().await.code, Some(0));
    }
}

/// A socket at a document that speaks bytes.
pub struct RawEditor(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl RawEditor {
    pub async fn opens(house: &House, path: &str, token: &str) -> Self {
        let url = house.ws_url(&format!("/collab/{path}?token={token}"));
        let (socket, _) = timeout(SOON, connect_async(url)).await.expect("in time").expect("a socket");
        Self(socket)
    }

    pub async fn says(&mut self, bytes: &[u8]) {
        self.sends(Message::binary(bytes.to_vec())).await;
    }

    pub async fn sends(&mut self, message: Message) {
        // Who was hung up on finds out by listening.
        let _ = timeout(SOON, self.0.send(message)).await.expect("it is taken in time");
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            match timeout(SOON, self.0.next()).await.expect("something in time") {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next message.
    pub async fn hears(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("no binary message but {other:?}"),
        }
    }

    /// Waits for the message that begins like this.
    pub async fn hears_of(&mut self, kind: &[u8]) -> Vec<u8> {
        loop {
            let message = self.hears().await;
            if message.starts_with(kind) {
                return message;
            }
        }
    }

    /// Waits for its end, whatever is said before; the code.
    pub async fn is_closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Close(None)) | None => panic!("closed without a code"),
                Some(_) => {}
            }
        }
    }

    pub async fn leaves(mut self) {
        let _ = self.0.close(None).await;
        while self.next().await.is_some() {}
    }
}
