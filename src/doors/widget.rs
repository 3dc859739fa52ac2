//! The support-chat widget's door: any path with `?token=`, JSON frames, one chat per connection.
//!
//! A client written for the original server connects unmodified; what goes beyond it is seen only by those who ask.

mod claiming;
pub mod codec;
pub mod dialect;
mod entering;
mod posting;
pub mod words;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::Addr;
use recado_actors::broker::Worker;
use recado_actors::clock::Timestamp;
use recado_actors::dialect::{DialectId, Frame, Lane};
use recado_actors::id::{RoomId, Seq};
use recado_actors::limiter::{Allowance, Ask};
use recado_actors::message::client::{
    ClientCommand, CloseSession, InRoom, RefreshSession, Reply, SignalTyping,
};
use recado_actors::outlet::Outlet;
use recado_actors::refusal::{Farewell, Refusal};
use recado_actors::session::Session;
use recado_actors::supervisor::ask;
use recado_actors::vitals::Counts;

use crate::auth::{Tickets, Verifier};
use crate::doors::in_hand::InHand;
use crate::doors::socket::gate::Place;
use crate::doors::socket::handshake::Arrival;
use crate::doors::socket::upgrade::Accepted;
use crate::doors::socket::{Conversation, Said, Socket};
use crate::doors::widget::codec::{Asked, Heard};
use crate::doors::widget::entering::Visitor;
use crate::doors::widget::words::Subject;

/// What every widget connection shares.
pub struct WidgetDoor {
    pub verifier: Arc<Verifier>,
    /// None: there is no secret to sign tickets with.
    pub tickets: Option<Arc<Tickets>>,
    /// What stock clients are told.
    pub plain: DialectId,
    /// What those are told who asked for more.
    pub extras: DialectId,
    /// How long a client without a token may take to send one as its first frame.
    pub first_frame: Duration,
    /// The same for a client that announced it by `?auth=frame`.
    pub announced_frame: Duration,
    pub history_page: usize,
    /// How many posts of one client may be on their way at once.
    pub posts_in_hand: u64,
}

/// One client's talk with its session.
pub struct WidgetTalk {
    door: Arc<WidgetDoor>,
    worker: Rc<Worker>,
    outlet: Rc<Outlet>,
    allowance: Rc<Allowance>,
    /// Until the client is let in; its token need not be kept longer.
    arrival: Option<Box<Arrival>>,
    session: Option<Addr<Session>>,
    /// The one room that its token opens.
    room: Option<RoomId>,
    place: Place,
    /// Posts that are not answered yet.
    posts: Option<Rc<InHand>>,
}

impl WidgetTalk {
    fn new(door: Arc<WidgetDoor>, accepted: Accepted) -> (Self, Socket) {
        let Accepted { socket, arrival, worker, place } = accepted;
        let (outlet, allowance) = (socket.outlet.clone(), socket.allowance.clone());
        let arrival = Some(Box::new(arrival));
        (
            Self { door, worker, outlet, allowance, arrival, session: None, room: None, place, posts: None },
            socket,
        )
    }

    fn say(&self, frame: Option<Frame>) {
        if let Some(frame) = frame {
            self.outlet.push(&frame, Lane::Firm);
        }
    }

    fn counts(&self) -> &Counts {
        &self.worker.broker().vitals().counts
    }

    fn refuse(&self, subject: Subject<'_>, refusal: &Refusal) {
        self.say(words::refused(subject, refusal));
    }

    /// From now on this client is told everything, numbers included.
    fn wants_extras(&self) {
        self.outlet.speak(self.door.extras);
    }

    async fn ask(&self, command: ClientCommand) -> Result<Reply, Refusal> {
        let (Some(session), Some(room)) = (&self.session, &self.room) else { return Err(Refusal::NotInRoom) };
        let answer = ask(session, InRoom { room: room.clone(), command }, self.wait()).await;
        if matches!(answer, Err(Refusal::Restarting)) {
            // Sessions are never restarted: the client returns and resumes.
            self.outlet.close(Farewell::Internal);
        }
        answer?
    }

    fn wait(&self) -> Duration {
        self.worker.broker().settings().command_timeout
    }

    /// For what the session never hears of; it takes what its own commands cost.
    fn pay(&self, heard: &Heard) -> Result<(), Refusal> {
        match heard {
            Heard::Asked(Asked::Ping | Asked::Refresh { .. } | Asked::Auth { .. })
            | Heard::Refused(_)
            | Heard::Ignored => self.allowance.spend(Ask::Other),
            Heard::Asked(
                Asked::Post { .. }
                | Asked::Typing { .. }
                | Asked::AgentJoined
                | Asked::History { .. }
                | Asked::Delivered { .. }
                | Asked::Read { .. },
            ) => Ok(()),
        }
    }

    /// Does what can be done at once; what is left takes longer.
    fn serve_now(&mut self, asked: Asked) -> Option<Asked> {
        let (Some(session), Some(room)) = (self.session.clone(), self.room.clone()) else { return None };
        match asked {
            Asked::Ping => self.say(words::pong()),
            Asked::Post { .. } if self.hands_are_full() => return Some(asked),
            Asked::Post { content, role, temp_id } => self.post(&session, room, content, role, temp_id),
            Asked::Typing { is_typing } => session.do_send(SignalTyping { room, is_typing }),
            Asked::AgentJoined
            | Asked::History { .. }
            | Asked::Delivered { .. }
            | Asked::Read { .. }
            | Asked::Refresh { .. }
            | Asked::Auth { .. } => return Some(asked),
        }
        None
    }

    async fn serve(&mut self, asked: Asked) {
        let is_post = matches!(asked, Asked::Post { .. });
        if let Some(posts) = &self.posts {
            // Whatever else is asked for comes after what was posted before it.
            posts.at_most(if is_post { self.door.posts_in_hand.saturating_sub(1) } else { 0 }).await;
        }
        match asked {
            Asked::Ping | Asked::Typing { .. } | Asked::Post { .. } => _ = self.serve_now(asked),
            Asked::AgentJoined => {
                if let Err(refusal) = self.ask(ClientCommand::AnnounceAgent).await {
                    self.refuse(Subject::Agent, &refusal);
                }
            }
            Asked::History { before, limit } => self.tell_history(before, limit).await,
            Asked::Delivered { seq } => self.mark(ClientCommand::MarkDelivered { seq }).await,
            Asked::Read { seq } => self.mark(ClientCommand::MarkRead { seq }).await,
            Asked::Refresh { token } => self.refresh(&token).await,
            Asked::Auth { .. } => self.say(words::error("Already authenticated", "already_authenticated")),
        }
    }

    fn now(&self) -> Timestamp {
        self.worker.broker().clock().now()
    }

    async fn mark(&self, command: ClientCommand) {
        self.wants_extras();
        if let Err(refusal) = self.ask(command).await {
            self.refuse(Subject::Other, &refusal);
        }
    }

    async fn tell_history(&self, before: Option<Seq>, limit: Option<usize>) {
        self.wants_extras();
        let limit = limit.unwrap_or(50).min(self.door.history_page);
        match self.ask(ClientCommand::GetHistory { before, limit }).await {
            Ok(Reply::History { epoch, entries, more }) => {
                self.say(words::history(epoch, &entries, more, self.now()));
            }
            Ok(_) => {}
            Err(refusal) => self.refuse(Subject::Other, &refusal),
        }
    }

    async fn refresh(&self, token: &str) {
        let Some(session) = &self.session else { return };
        let identity = match self.identify(token).await {
            Ok(Visitor { room, .. }) if self.room.as_ref() != Some(&room) => {
                return self.refuse(Subject::Other, &Refusal::OtherIdentity);
            }
            Ok(Visitor { identity, ticket: None, .. }) => identity,
            // A ticket opens a door once; it does not keep one open.
            Ok(Visitor { .. }) => return self.say(words::error("Invalid token", "invalid_token")),
            Err(farewell) => return self.say(words::token_refused(farewell)),
        };
        let expires_at = identity.expires_at;
        let refreshed = ask(session, RefreshSession { identity }, self.wait()).await;
        match refreshed.and_then(|refreshed| refreshed) {
            Ok(()) => self.say(words::refreshed(expires_at, self.now())),
            Err(refusal) => self.refuse(Subject::Other, &refusal),
        }
    }
}

impl Conversation for WidgetTalk {
    type Left = Asked;

    async fn open(&mut self) -> Option<Duration> {
        let arrival = self.arrival.as_ref()?;
        if arrival.token().is_some() {
            self.enter_with_url().await;
            return None;
        }
        let announced = arrival.query("auth").is_some_and(|auth| auth == "frame");
        Some(if announced { self.door.announced_frame } else { self.door.first_frame })
    }

    fn hear(&mut self, message: Said) -> Option<Asked> {
        let heard = codec::read(&message.into_bytes());
        if self.session.is_none() {
            return match heard {
                Heard::Asked(auth @ Asked::Auth { .. }) => Some(auth),
                Heard::Asked(_) | Heard::Refused(_) | Heard::Ignored => {
                    self.outlet.close(Farewell::TokenMissing);
                    None
                }
            };
        }
        if let Err(refusal) = self.pay(&heard) {
            self.refuse(Subject::Other, &refusal);
            return None;
        }
        match heard {
            Heard::Asked(asked) => return self.serve_now(asked),
            Heard::Refused(fault) => {
                self.counts().refusals.count(fault.code);
                self.say(words::fault(&fault));
            }
            Heard::Ignored => {}
        }
        None
    }

    async fn finish(&mut self, left: Asked) {
        match left {
            Asked::Auth { token, resume } if self.session.is_none() => self.enter(&token, resume).await,
            asked => self.serve(asked).await,
        }
    }

    fn is_proved(&self) -> bool {
        self.session.is_some()
    }
}

/// Also when the pump itself dies: the session ends, the seat is free, the place is given back.
impl Drop for WidgetTalk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.counts().panics.fetch_add(1, Relaxed);
        }
        self.worker.forget(&self.outlet);
        if let Some(session) = self.session.take() {
            session.do_send(CloseSession);
        }
    }
}
