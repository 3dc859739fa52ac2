//! One client of the collab dialect: how it comes in, and who does what it asks for.
//!
//! Nothing is acknowledged; what could not be done is told by an `error`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use recado_actors::clock::Timestamp;
use recado_actors::dialect::Announcement;
use recado_actors::id::RoomId;
use recado_actors::limiter::Ask;
use recado_actors::message::client::{Opened, PublishEvent, SignalOthers};
use recado_actors::message::room::Published;
use recado_actors::refusal::Farewell;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::asked::{self, Asked, Broken};
use super::dialect::{COLLAB, RETURNING};
use super::documents::Documents;
use super::figures::Figures;
use super::words;
use crate::auth::Verifier;
use crate::doors::in_hand::InHand;
use crate::doors::socketio::engine::rider::Work;
use crate::doors::socketio::guest::Guest;
use crate::doors::socketio::packet::ROOT;
use crate::doors::socketio::proof::{self, Pass, Proved, Unproved};
use crate::doors::socketio::recovery::{Berth, Recovery, Returning, Welcome};
use crate::doors::socketio::talk::{Admission, Event, Knock, Rejection, Talk, Talks};

/// How many events of one client may be on their way at once; each may be large.
const IN_HAND: u64 = 8;

/// What the clients of this door have in common.
pub struct Rules {
    pub verifier: Arc<Verifier>,
    /// May those come who show nothing?
    pub strangers: bool,
    /// Where everybody is.
    pub everybody: RoomId,
    pub figures: Figures,
    /// None: who comes again is a newcomer.
    pub recovery: Option<Arc<Recovery>>,
}

pub struct CollabTalks(pub Arc<Rules>);

impl Talks for CollabTalks {
    fn admit(&self, knock: Knock) -> Option<Admission> {
        if &*knock.namespace != ROOT {
            return None;
        }
        let rules = self.0.clone();
        Some(Box::pin(async move {
            let no = || Rejection { message: texts::NOT_LET_IN.into(), extra: None };
            let comer = let_in(&knock, &rules).await.ok_or_else(no)?;
            Ok::<Box<dyn Talk>, _>(Box::new(CollabTalk::new(comer, rules)))
        }))
    }
}

mod texts {
    pub const NOT_LET_IN: &str = "Authentication error";
    pub const NOT_RELAYED: &str = "Error processing message";
}

/// What is said from here on is heard. None: whatever the reason, the original had one word for it.
async fn let_in(knock: &Knock, rules: &Rules) -> Option<Comer> {
    let unproved = |why: &Unproved| log::debug!(why:?; "a client was not let in");
    let returning = rules.recovery.as_ref().and_then(|recovery| recovery.returning(knock));
    let token = proof::shown(knock);
    let Proved { identity, pass } = match token {
        None if rules.strangers => proof::stranger(returning.as_ref().and_then(Returning::stranger))?,
        token => proof::prove(&knock.seat, &rules.verifier, token).await.inspect_err(unproved).ok()?,
    };
    // A token may say itself that nobody knows its bearer, as those of visitors do.
    let known = identity.may_speak_as_agent;
    if !known && !rules.strangers {
        return None;
    }
    let away = |refusal| proof::send_away(&knock.seat, &refusal);
    let guest = Guest::admit(knock, identity, vec![rules.everybody.clone()]).await.map_err(away).ok()?;
    let standing = Standing { known, pass };
    let Some(recovery) = &rules.recovery else {
        let opened = guest.open(&rules.everybody).await.map_err(away).ok()?;
        return Some(Comer { guest, standing, opened, missed: Vec::new(), berth: None });
    };
    speak(&guest, RETURNING);
    let welcome = recovery.begin(&guest, token.is_none(), returning).await.map_err(away).ok()?;
    let Welcome { opened, missed, berth } = welcome;
    Some(Comer { guest, standing, opened, missed: missed.unwrap_or_default(), berth: Some(berth) })
}

fn speak(guest: &Guest, dialect: &str) {
    if let Some(dialect) = guest.broker().dialects().id(dialect) {
        guest.seat.outlet.speak(dialect);
    }
}

/// A client that is let in.
struct Comer {
    guest: Guest,
    standing: Standing,
    opened: Opened,
    missed: Vec<Arc<Announcement>>,
    berth: Option<Berth>,
}

/// What a client showed of itself beside its name.
pub(super) struct Standing {
    /// A token that does not call it a stranger.
    pub known: bool,
    pub pass: Pass,
}

struct CollabTalk {
    desk: Rc<Desk>,
    /// Where everybody's room stood when it was let in.
    opened: Opened,
    /// If it is back, what was said until then.
    missed: Vec<Arc<Announcement>>,
}

/// What serving a client needs, also while it waits.
pub(super) struct Desk {
    pub guest: Rc<Guest>,
    pub rules: Arc<Rules>,
    pub standing: Standing,
    pub since: Timestamp,
    pub documents: Documents,
    /// By which it may return.
    pub berth: Option<Berth>,
    posts: Rc<InHand>,
    /// The others know that it is here.
    told: Cell<bool>,
}

impl CollabTalk {
    fn new(comer: Comer, rules: Arc<Rules>) -> Self {
        let Comer { guest, standing, opened, missed, berth } = comer;
        let since = guest.broker().clock().now();
        let (documents, posts, told) = (Documents::default(), Rc::default(), Cell::new(false));
        rules.figures.came();
        let desk = Desk { guest: Rc::new(guest), rules, standing, since, documents, berth, posts, told };
        Self { desk: Rc::new(desk), opened, missed }
    }
}

impl Talk for CollabTalk {
    fn coming(&mut self) {
        let (outlet, user) = (&self.desk.guest.seat.outlet, &self.desk.guest.identity.user);
        self.missed.drain(..).for_each(|announcement| outlet.announce(&announcement, user));
    }

    fn joined(&mut self) -> Option<Work> {
        let (desk, opened) = (self.desk.clone(), self.opened);
        Some(Box::pin(async move {
            desk.guest.broker().vitals().counts.connects.count("ok");
            if let Err(refusal) = desk.guest.follow(&desk.rules.everybody, opened).await {
                log::warn!("a collab client could not be seated: {refusal}");
                return desk.guest.seat.outlet.close(Farewell::TryLater);
            }
            desk.told.set(true);
            if desk.berth.as_ref().is_some_and(|berth| berth.seamless) {
                return;
            }
            let user = &desk.guest.identity.user;
            let told = json!({
                "userId": user, "isAuthenticated": desk.standing.known, "connectedAt": desk.since.to_string(),
            });
            desk.signal(&desk.rules.everybody, "user:connected", told);
        }))
    }

    fn hear(&mut self, event: Event) -> Option<Work> {
        let Event { name, mut args, attachments, .. } = event;
        let desk = &self.desk;
        let asked = asked::read(&name, &mut args, attachments.len());
        match asked {
            Some(Ok(Asked::Relay)) => {
                desk.publish(desk.rules.everybody.clone(), words::kept(args, &attachments), not_relayed())
            }
            Some(Ok(asked)) => desk.clone().serve(asked),
            Some(Err(broken)) => {
                if desk.pays() {
                    desk.refuse(&refusal(broken));
                }
                None
            }
            None => {
                desk.pays();
                None
            }
        }
    }

    fn left(&mut self, farewell: Option<Farewell>) {
        let desk = &self.desk;
        desk.leave_all();
        let gone = desk.berth.as_ref().is_none_or(|berth| berth.leave(farewell));
        if desk.told.get() && gone {
            let told = json!({ "userId": desk.guest.identity.user });
            desk.signal(&desk.rules.everybody, "user:disconnected", told);
        }
        desk.guest.leave();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.rules.figures.went();
    }
}

fn not_relayed() -> Value {
    json!({ "message": texts::NOT_RELAYED })
}

/// How somebody hears that nothing is done about an event.
pub(super) fn refusal(broken: Broken) -> Value {
    match broken {
        Broken::Request => json!({ "type": "invalid_request", "message": "Requisição inválida" }),
        Broken::Update => {
            json!({ "type": "document_update_error", "message": "Falha ao atualizar documento" })
        }
    }
}

impl Desk {
    /// For what costs nothing further in.
    pub fn pays(&self) -> bool {
        self.guest.seat.allowance.spend(Ask::Other).is_ok()
    }

    pub fn refuse(&self, why: &Value) {
        self.guest.peer.emit("error", &(why,), &[]);
    }

    /// Where a client stands in several rooms cannot be said by one text: in a document it is told nothing more of it,
    /// and a text that is no place takes that of the last.
    pub fn may_not_return(&self) {
        if self.berth.is_some() {
            speak(&self.guest, COLLAB);
            self.guest.peer.emit("recovery", &("off",), &[]);
        }
    }

    /// From the next thing that is said to everybody on it knows again where it stands.
    pub fn may_return(&self) {
        if self.berth.is_some() {
            speak(&self.guest, RETURNING);
        }
    }

    pub fn signal(&self, room: &RoomId, name: &str, fields: Value) {
        let signal = Arc::new(Published::new(name, fields));
        self.guest.tell(SignalOthers { room: room.clone(), signal });
    }

    /// Adds an event to a room after those the client asked for before; `no` is what it hears if that fails.
    pub fn publish(&self, room: RoomId, mut event: Published, no: Value) -> Option<Work> {
        event.from = self.berth.as_ref().map(Berth::alias);
        if self.standing.pass.read_only {
            if self.pays() {
                self.refuse(&no);
            }
            return None;
        }
        let (guest, rules, posts) = (self.guest.clone(), self.rules.clone(), self.posts.clone());
        self.posts.begin(IN_HAND, move || {
            let began = Instant::now();
            let published = guest.hand(PublishEvent { room, event });
            let (peer, taken) = (guest.peer.clone(), posts.take(&guest.seat.outlet));
            actix_web::rt::spawn(async move {
                let done = matches!(published.await, Ok(Ok(_)));
                rules.figures.relayed(done, began.elapsed());
                if !done {
                    peer.emit("error", &(&no,), &[]);
                }
                drop(taken);
            });
        })
    }
}
