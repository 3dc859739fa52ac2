//! The documents a client is in: joining and leaving them, pointing at them, changing them.
//!
//! A document is a room. What changes it is kept and numbered; who is there and where they point is told and forgotten.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use recado_actors::id::RoomId;
use recado_actors::message::client::UnfollowRoom;
use recado_actors::message::room::Published;
use recado_actors::refusal::Refusal;
use recado_actors::warden::Admit;
use serde_json::{Map, Value, json};

use super::asked::{Asked, Broken};
use super::talking::{Desk, refusal};
use super::words;
use crate::doors::socketio::engine::rider::Work;

/// The most a client may have the others told about itself, as JSON: it goes out with every move of its cursor.
const MOST_ABOUT: usize = 4096;

#[derive(Default)]
pub struct Documents {
    joined: RefCell<HashMap<RoomId, Presence>>,
}

/// How a client is in a document.
#[derive(Default)]
struct Presence {
    /// What it says about itself.
    about: Map<String, Value>,
    points: bool,
}

impl Documents {
    fn is_empty(&self) -> bool {
        self.joined.borrow().is_empty()
    }

    fn has(&self, document: &RoomId) -> bool {
        self.joined.borrow().contains_key(document)
    }
}

impl Desk {
    pub fn serve(self: Rc<Self>, asked: Asked) -> Option<Work> {
        match asked {
            Asked::Update { document, fields } => {
                let event = Published::new(words::UPDATED, Value::Object(fields));
                return self.publish(document, event, refusal(Broken::Update));
            }
            Asked::Operate { document, fields } => {
                let event = Published::new(words::OPERATION, Value::Object(fields));
                return self.publish(document, event, refusal(Broken::Request));
            }
            _ if !self.pays() => {}
            Asked::Join { document, about } => {
                return Some(Box::pin(async move { self.join(document, about).await }));
            }
            Asked::Leave { document } => self.leave(&document),
            Asked::Point { document, cursor } => self.point(&document, cursor),
            Asked::Ping => self.pong(),
            // Served where it is heard.
            Asked::Relay => {}
        }
        None
    }

    fn pong(&self) {
        match &self.berth {
            // A stock client that may return takes a name without arguments for where it stands.
            Some(_) => self.guest.peer.emit("pong", &(Value::Null,), &[]),
            None => self.guest.peer.emit("pong", &[(); 0], &[]),
        }
    }

    async fn join(&self, document: RoomId, about: Map<String, Value>) {
        let newly = !self.documents.has(&document);
        if newly && self.documents.is_empty() {
            self.may_not_return();
        }
        if newly && let Err(refused) = self.enter(&document).await {
            if self.documents.is_empty() {
                self.may_return();
            }
            log::debug!(code = refused.code(); "a document was not joined");
            return self.refuse(&refusal(Broken::Request));
        }
        let fits = serde_json::to_string(&about).is_ok_and(|json| json.len() <= MOST_ABOUT);
        let about = if fits { about } else { Map::new() };
        let told =
            json!({ "userId": self.guest.identity.user, "userInfo": self.introduction(&document, &about) });
        self.documents.joined.borrow_mut().entry(document.clone()).or_default().about = about;
        self.signal(&document, "user:joined-document", told);
    }

    /// Whoever is banned from a room is kept out of it here too.
    async fn enter(&self, document: &RoomId) -> Result<(), Refusal> {
        if !self.standing.pass.opens(document) {
            return Err(Refusal::OtherIdentity);
        }
        let broker = self.guest.broker();
        let identity = (*self.guest.identity).clone();
        let admit = Admit { identity, rooms: vec![document.clone()], ticket: None };
        broker.warden().ask(admit, broker.settings().command_timeout).await??;
        let opened = self.guest.open(document).await?;
        self.guest.follow(document, opened).await
    }

    fn leave(&self, document: &RoomId) {
        let left = self.documents.joined.borrow_mut().remove(document);
        let Some(presence) = left else { return };
        if self.documents.is_empty() {
            self.may_return();
        }
        self.tell_left(document, &presence);
        self.guest.tell(UnfollowRoom { room: document.clone() });
    }

    pub fn leave_all(&self) {
        for (document, presence) in self.documents.joined.take() {
            self.tell_left(&document, &presence);
        }
    }

    fn tell_left(&self, document: &RoomId, presence: &Presence) {
        let user = &self.guest.identity.user;
        if presence.points {
            self.signal(document, "cursor:removed", json!({ "userId": user }));
        }
        self.signal(document, "user:left-document", json!({ "userId": user }));
    }

    fn point(&self, document: &RoomId, cursor: Value) {
        let told = {
            let mut joined = self.documents.joined.borrow_mut();
            let Some(presence) = joined.get_mut(document) else {
                return self.refuse(&refusal(Broken::Request));
            };
            presence.points = true;
            let now = self.guest.broker().clock().now().to_string();
            json!({
                "userId": self.guest.identity.user, "userInfo": self.introduction(document, &presence.about),
                "cursor": cursor, "timestamp": now,
            })
        };
        self.signal(document, "cursor:updated", told);
    }

    /// What the others are told about the client. What was proved is not the client's to say.
    fn introduction(&self, document: &RoomId, about: &Map<String, Value>) -> Map<String, Value> {
        let now = self.guest.broker().clock().now().to_string();
        let mut told = Map::from_iter([
            ("connectedAt".to_owned(), json!(self.since.to_string())),
            ("lastSeen".to_owned(), json!(now)),
            ("currentDocument".to_owned(), json!(document.local())),
        ]);
        told.extend(about.clone());
        told.insert("id".to_owned(), json!(self.guest.identity.user));
        told.insert("socketId".to_owned(), json!(self.guest.peer.sid().to_string()));
        told.insert("isAuthenticated".to_owned(), json!(self.standing.known));
        match &self.guest.identity.email {
            Some(email) => told.insert("email".to_owned(), json!(email)),
            None => told.remove("email"),
        };
        told
    }
}
