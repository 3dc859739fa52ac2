//! The application behind the broker, played by a hand-written HTTP server on loopback.
//!
//! It guarantees that every byte it was sent can be looked at, and that no wait in it lasts for ever.

use std::time::Duration;

use recado_actors::id::{RoomId, UserId};
use recado_actors::message::room::Role;
use recado_actors::ports::{Accepted, Backend, BackendError, Profile, Submission};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::next::{NextBackend, NextSettings};

pub const SECRET: &str = "an-internal-secret-of-32-bytes-!!";
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What the application does with every request.
#[derive(Clone)]
pub enum Manner {
    Answers { head: String, body: String },
    Hangs,
    HangsAfterHead,
}

/// The application: hears requests, answers each in its manner.
pub struct Next {
    pub port: u16,
    pub heard: mpsc::UnboundedReceiver<String>,
}

impl Next {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, manner.clone(), tell.clone()));
            }
        });
        Self { port, heard }
    }

    pub async fn answering(status: &str, body: impl Into<String>) -> Self {
        Self::start(Manner::Answers { head: status.into(), body: body.into() }).await
    }

    pub fn settings(&self) -> NextSettings {
        NextSettings {
            base_url: format!("http://127.0.0.1:{}/", self.port),
            secret: SECRET.into(),
            timeout: PATIENCE,
            max_answer_bytes: 64 * 1024,
        }
    }

    pub fn backend(&self) -> NextBackend {
        NextBackend::new(self.settings()).unwrap()
    }

    pub async fn hears(&mut self) -> String {
        timeout(PATIENCE, self.heard.recv()).await.unwrap().unwrap()
    }

    pub async fn is_sent(&self, chat: &str, user: &str, role: Role) -> Result<Accepted, BackendError> {
        submit(&self.backend(), chat, user, role).await
    }

    pub async fn is_asked_for(&self, user: &str) -> Result<Profile, BackendError> {
        let user = UserId::parse(user).unwrap();
        timeout(2 * PATIENCE, self.backend().profile(&user)).await.unwrap()
    }
}

async fn serve(mut socket: TcpStream, manner: Manner, tell: mpsc::UnboundedSender<String>) {
    let Some(request) = request(&mut socket).await else { return };
    let _ = tell.send(request);
    let answer = match manner {
        Manner::Answers { head, body } => {
            format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
        Manner::Hangs => String::new(),
        Manner::HangsAfterHead => "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{".into(),
    };
    let hangs = !answer.contains("connection: close");
    let _ = socket.write_all(answer.as_bytes()).await;
    if hangs {
        // Until the caller gives up and closes.
        let _ = timeout(2 * PATIENCE, socket.read(&mut [0; 1])).await;
    }
}

/// One whole request as text, by its content-length.
async fn request(socket: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut chunk = [0; 4096];
        let n = timeout(PATIENCE, socket.read(&mut chunk)).await.ok()?.ok()?;
        text.push_str(std::str::from_utf8(chunk.get(..n)?).ok()?);
        if n == 0 {
            return None;
        }
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |n| n.parse().unwrap_or(0)) {
            return Some(text);
        }
    }
}

pub async fn submit(
    backend: &NextBackend,
    chat: &str,
    user: &str,
    role: Role,
) -> Result<Accepted, BackendError> {
    let submission = Submission {
        room: RoomId::chat(chat).unwrap(),
        user: UserId::parse(user).unwrap(),
        content: "olá \"you\"".into(),
        role,
    };
    timeout(2 * PATIENCE, backend.submit(submission)).await.unwrap()
}
