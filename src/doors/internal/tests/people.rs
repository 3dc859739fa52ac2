//! The people of these stories: the backend's short sentences, and listeners who sit in chats.
//!
//! A listener waits for the event itself, never for a while.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix::Addr;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use recado_actors::broker::{Broker, Worker};
use recado_actors::dialect::{Dialect, DialectId, Frame, Line};
use recado_actors::id::{RoomId, UserId};
use recado_actors::message::client::{FollowRoom, Identity, OpenRoom, Right};
use recado_actors::message::room::RoomEvent;
use recado_actors::outlet::{Outlet, Wire};
use recado_actors::refusal::Farewell;
use recado_actors::session::Session;
use serde_json::Value;
use tokio::sync::Notify;

use super::stage::Answer;

/// How a backend speaks.
pub trait Shorthand {
    fn request(&self, method: Method, path: &str) -> TestRequest;
    async fn send(&self, request: TestRequest) -> Answer;

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).set_json(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).set_json(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).set_json(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    async fn keyed(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).insert_header(("Idempotency-Key", key));
        self.send(request.set_json(body)).await
    }
}

/// A dialect of plain lines.
pub struct Plain;

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn door(&self) -> &'static str {
        "plain"
    }

    fn event(&self, event: &RoomEvent) -> Vec<Line> {
        let line = match event {
            RoomEvent::EntryAdded { entry, .. } => match entry.body.message() {
                Some(message) if message.deleted => format!("{} withdrawn\n", entry.seq.0),
                Some(message) => format!("{} {}\n", entry.seq.0, message.content),
                None => format!("{} turned\n", entry.seq.0),
            },
            RoomEvent::NoticeGiven { text, level, .. } => format!("{level:?} {text}\n"),
            RoomEvent::TypingChanged { .. }
            | RoomEvent::PresenceChanged { .. }
            | RoomEvent::ReceiptMoved { .. }
            | RoomEvent::AttendanceChanged { .. }
            | RoomEvent::SignalGiven { .. } => {
                return Vec::new();
            }
        };
        Line::everyone(Some(Frame::new(line.into(), 0)))
    }

    fn farewell(&self, _: Farewell) -> Vec<Frame> {
        Vec::new()
    }

    fn ping(&self) -> Frame {
        Frame::new(Bytes::new(), 0)
    }

    fn heartbeat(&self) -> Duration {
        Duration::from_secs(3600)
    }
}

#[derive(Default)]
struct Ear {
    heard: RefCell<Vec<u8>>,
    more: Notify,
}

struct EarWire(Rc<Ear>);

impl Wire for EarWire {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.heard.borrow_mut().extend_from_slice(bytes);
        self.0.more.notify_one();
        Ok(bytes.len())
    }

    fn writable(&self) -> LocalBoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hang_up(&self) {}

    fn transport(&self) -> &'static str {
        "ear"
    }
}

/// Somebody who sits in a chat.
pub struct Listener {
    ear: Rc<Ear>,
    outlet: Rc<Outlet>,
    worker: Rc<Worker>,
    _session: Addr<Session>,
}

impl Listener {
    pub async fn in_chat(broker: &Broker, user: &str, chat: &str) -> Self {
        let worker = Worker::start(broker);
        let ear = Rc::new(Ear::default());
        let outlet = worker.outlet(DialectId(0), Box::new(EarWire(ear.clone())));
        let identity = Identity {
            right: Right::Granted,
            user: UserId::parse(user).unwrap(),
            may_speak_as_agent: true,
            name: None,
            email: None,
            avatar: None,
            token_id: Some(format!("token_of_{user}").into()),
            expires_at: None,
        };
        let allowance = worker.allowance(&outlet, None);
        let room = RoomId::chat(chat).unwrap();
        let session = worker.open(&outlet, &allowance, identity, vec![room.clone()]);
        let opened = session.send(OpenRoom { room: room.clone(), resume: None }).await.unwrap().unwrap();
        session.send(FollowRoom { room, from: opened.from }).await.unwrap().unwrap();
        Self { ear, outlet, worker, _session: session }
    }

    pub async fn hears(&self, line: &str) {
        let heard = async {
            while !String::from_utf8_lossy(&self.ear.heard.borrow()).lines().any(|heard| heard == line) {
                self.ear.more.notified().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), heard).await;
        assert!(in_time.is_ok(), "never heard {line:?}, only {:?}", self.ear.heard.borrow());
    }

    pub fn was_told_goodbye(&self) -> Option<Farewell> {
        self.outlet.farewell()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.worker.forget(&self.outlet);
    }
}
