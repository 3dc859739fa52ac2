//! One client of the rooms dialect: how it comes in, registers and speaks.
//!
//! Nothing is acknowledged. What it says is heard when it is durable, by itself too.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use recado_actors::dialect::{Announcement, Lane};
use recado_actors::id::RoomId;
use recado_actors::limiter::Ask;
use recado_actors::message::client::{Byline, Opened, PostMessage, Words};
use recado_actors::message::room::Role;
use recado_actors::refusal::{Farewell, Refusal};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::codec::{self, Asked};
use super::dialect::SERVER;
use crate::auth::Verifier;
use crate::doors::in_hand::InHand;
use crate::doors::socketio::engine::rider::Work;
use crate::doors::socketio::guest::Guest;
use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::packet::writing::Written;
use crate::doors::socketio::proof::{self, Unproved};
use crate::doors::socketio::recovery::{Berth, Recovery, Returning, Welcome};
use crate::doors::socketio::talk::{Admission, Event, Knock, Rejection, Talk, Talks};

/// What the clients of this door have in common.
pub struct Rules {
    pub verifier: Arc<Verifier>,
    /// May those come who show nothing?
    pub strangers: bool,
    /// The one room there is.
    pub room: RoomId,
    /// The host name of this node.
    pub server: String,
    /// How many messages of one client may be on their way at once.
    pub posts_in_hand: u64,
    /// None: who comes again is a newcomer.
    pub recovery: Option<Arc<Recovery>>,
}

pub struct RoomsTalks(pub Arc<Rules>);

impl Talks for RoomsTalks {
    fn admit(&self, knock: Knock) -> Option<Admission> {
        if &*knock.namespace != ROOT {
            return None;
        }
        let rules = self.0.clone();
        Some(Box::pin(async move {
            let (guest, welcome) =
                let_in(&knock, &rules).await.map_err(|why| Rejection { message: why.into(), extra: None })?;
            let (berth, back) = match welcome {
                Some(Welcome { opened, missed, berth }) => {
                    (Some(Box::new(berth)), missed.map(|missed| Box::new((opened, missed))))
                }
                None => (None, None),
            };
            let (posts, registered) = (Rc::default(), Rc::default());
            let talk = RoomTalk { guest: Rc::new(guest), rules, posts, registered, back, berth };
            Ok::<Box<dyn Talk>, _>(Box::new(talk))
        }))
    }
}

/// Clients may go by these words, so they stay as they are.
async fn let_in(knock: &Knock, rules: &Rules) -> Result<(Guest, Option<Welcome>), &'static str> {
    let token = proof::shown(knock).or(knock.seat.token.as_deref());
    let returning = rules.recovery.as_ref().and_then(|recovery| recovery.returning(knock));
    let proved = match token {
        None if rules.strangers => {
            proof::stranger(returning.as_ref().and_then(Returning::stranger)).ok_or(codec::BROKEN)?
        }
        token => {
            proof::prove(&knock.seat, &rules.verifier, token).await.map_err(|unproved| match unproved {
                Unproved::Missing => "Token required",
                Unproved::Expired => "Token expired",
                Unproved::Invalid => "Invalid token",
                Unproved::Nameless => "Token names no user",
                Unproved::Unknowable => "Not admitted",
            })?
        }
    };
    let away = |refusal| {
        proof::send_away(&knock.seat, &refusal);
        "Not admitted"
    };
    let guest = Guest::admit(knock, proved.identity, vec![rules.room.clone()]).await.map_err(away)?;
    let welcome = match &rules.recovery {
        Some(recovery) => Some(recovery.begin(&guest, token.is_none(), returning).await.map_err(away)?),
        None => None,
    };
    Ok((guest, welcome))
}

struct RoomTalk {
    guest: Rc<Guest>,
    rules: Arc<Rules>,
    posts: Rc<InHand>,
    registered: Rc<Cell<bool>>,
    /// It had registered before, and goes on from here after what it missed.
    back: Option<Box<(Opened, Vec<Arc<Announcement>>)>>,
    berth: Option<Box<Berth>>,
}

impl Talk for RoomTalk {
    fn coming(&mut self) {
        let Some(back) = &mut self.back else { return };
        let (outlet, user) = (&self.guest.seat.outlet, &self.guest.identity.user);
        back.1.drain(..).for_each(|announcement| outlet.announce(&announcement, user));
    }

    fn joined(&mut self) -> Option<Work> {
        self.guest.broker().vitals().counts.connects.count("ok");
        let (opened, _) = *self.back.take()?;
        let (guest, room) = (self.guest.clone(), self.rules.room.clone());
        let registered = self.registered.clone();
        Some(Box::pin(async move {
            match guest.follow(&room, opened).await {
                Ok(()) => registered.set(true),
                Err(refusal) => {
                    log::warn!("a client that is back could not be seated: {refusal}");
                    guest.seat.outlet.close(Farewell::TryLater);
                }
            }
        }))
    }

    fn hear(&mut self, event: Event) -> Option<Work> {
        let Event { name, args, .. } = event;
        let asked = codec::read(&name, &args);
        let speaks = self.registered.get() && matches!(asked, Some(Asked::Say { message: Some(_), .. }));
        // What is posted is paid for where it is posted.
        if !speaks && self.guest.seat.allowance.spend(Ask::Other).is_err() {
            return None;
        }
        match asked? {
            Asked::Register => self.register(),
            Asked::Say { nickname, message: Some(message) } if speaks => self.post(nickname, message),
            Asked::Say { nickname, message } => {
                let told = codec::told(nickname.as_deref(), message.as_deref(), &self.rules.server, None);
                self.guest.peer.say(told, Lane::Firm);
                None
            }
            Asked::Broken { payload } => {
                self.guest.peer.say(codec::exception(codec::SAY, codec::BROKEN, &payload), Lane::Firm);
                None
            }
        }
    }

    fn left(&mut self, farewell: Option<Farewell>) {
        if let Some(berth) = &self.berth {
            berth.leave(farewell);
        }
        self.guest.leave();
    }
}

impl RoomTalk {
    /// Each time it is asked for it is answered, for clients ask again whenever they connect.
    fn register(&self) -> Option<Work> {
        let (guest, room) = (self.guest.clone(), self.rules.room.clone());
        let registered = self.registered.clone();
        if registered.get() {
            guest.peer.say(codec::registered(room.local(), None), Lane::Firm);
            return None;
        }
        let recovery = self.rules.recovery.clone();
        Some(Box::pin(async move {
            match follow(&guest, &room, recovery.as_deref()).await {
                Ok(()) => registered.set(true),
                Err(refusal) => {
                    let said = codec::exception(codec::REGISTER, &refusal.to_string(), &Value::Null);
                    guest.peer.say(said, Lane::Firm);
                }
            }
        }))
    }

    fn post(&self, nickname: Option<String>, message: String) -> Option<Work> {
        let server = (SERVER.to_owned(), Value::String(self.rules.server.clone()));
        let byline = Some(Byline { name: nickname.clone(), more: Map::from_iter([server]) });
        let words = Words { byline, ..Words::text(message.clone()) };
        let (guest, room) = (self.guest.clone(), self.rules.room.clone());
        // What is given back was short enough to be said, so it is not much that is held meanwhile.
        if let Err(refusal) = guest.broker().check_words(&words) {
            guest.peer.say(refused(&refusal, nickname.as_deref(), &message), Lane::Firm);
            return None;
        }
        let posts = self.posts.clone();
        self.posts.begin(self.rules.posts_in_hand, move || {
            let (answer, answered) = oneshot::channel();
            guest.tell(PostMessage { room, words, role: Role::User, client_id: None, answer });
            let (peer, taken) = (guest.peer.clone(), posts.take(&guest.seat.outlet));
            actix_web::rt::spawn(async move {
                if let Err(refusal) = answered.await.unwrap_or(Err(Refusal::Restarting)) {
                    peer.say(refused(&refusal, nickname.as_deref(), &message), Lane::Firm);
                }
                drop(taken);
            });
        })
    }
}

fn refused(refusal: &Refusal, nickname: Option<&str>, message: &str) -> Option<Written> {
    codec::exception(codec::SAY, &refusal.to_string(), &codec::payload(nickname, message))
}

/// The client hears that it is registered. Where it may return, it hears from where on before it hears anything of that.
async fn follow(guest: &Guest, room: &RoomId, recovery: Option<&Recovery>) -> Result<(), Refusal> {
    let opened = guest.open(room).await?;
    if let Some(recovery) = recovery {
        guest.peer.say(codec::registered(room.local(), Some(recovery.offset(opened))), Lane::Firm);
        return guest.follow(room, opened).await;
    }
    guest.follow(room, opened).await?;
    guest.peer.say(codec::registered(room.local(), None), Lane::Firm);
    Ok(())
}
