//! Who may not come in: bans and spent tickets.
//!
//! A ban holds for live sessions at once and for new ones until it ends; it is durable before it is answered.

use actix::{
    Actor, ActorFutureExt, Context, ContextFutureSpawner, Handler, Message, ResponseActFuture, WrapFuture,
};

use crate::archive::{RemoveBan, SaveBan, SpendTicket};
use crate::broker::Broker;
use crate::clock::Timestamp;
use crate::id::RoomId;
use crate::message::client::Identity;
use crate::ports::{Ban, LogError};
use crate::refusal::{Farewell, Refusal};
use crate::shard::{EndSessions, Target};
use crate::supervisor::{Fate, Obituary};

/// Command: may this client come in, and into these rooms? Uses its ticket up, if it came with one.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct Admit {
    pub identity: Identity,
    pub rooms: Vec<RoomId>,
    /// The ticket's own id and end.
    pub ticket: Option<(String, Timestamp)>,
}

/// Command: shut someone out and end their sessions; how many ended.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<usize, Refusal>")]
pub struct AddBan(pub Ban);

/// Command: let them in again; how many bans there were.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<usize, Refusal>")]
pub struct LiftBan(pub Ban);

pub struct Warden {
    broker: Broker,
    /// None until read from the book: nobody is let in on a guess.
    bans: Option<Vec<Ban>>,
    _obituary: Obituary,
}

impl Warden {
    pub fn new(broker: Broker, obituary: Obituary) -> Self {
        Self { broker, bans: None, _obituary: obituary }
    }

    fn load(&self) -> impl actix::ActorFuture<Self, Output = ()> + use<> {
        let bans = self.broker.ports().book.bans();
        bans.into_actor(self).map(|bans, warden, _| match bans {
            Ok(bans) => warden.bans = Some(bans),
            Err(error) => log::error!("bans cannot be read: {error}"),
        })
    }

    fn check(&mut self, identity: &Identity, rooms: &[RoomId]) -> Result<(), Refusal> {
        let now = self.broker.clock().now();
        let bans = self.bans.as_mut().ok_or(Refusal::StoreDown)?;
        bans.retain(|ban| ban.until.is_none_or(|until| until > now));
        let banned = bans.iter().any(|ban| {
            ban.user.as_ref().is_none_or(|user| *user == identity.user)
                && ban.room.as_ref().is_none_or(|banned| rooms.contains(banned))
                && ban.token_id.as_deref().is_none_or(|id| identity.token_id.as_deref() == Some(id))
        });
        if banned { Err(Refusal::Banned) } else { Ok(()) }
    }
}

/// The same people, whatever the end.
fn is_same(one: &Ban, other: &Ban) -> bool {
    (&one.user, &one.room, &one.token_id) == (&other.user, &other.room, &other.token_id)
}

impl Actor for Warden {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load().wait(ctx);
    }
}

impl Handler<Admit> for Warden {
    type Result = ResponseActFuture<Self, Result<(), Refusal>>;

    fn handle(&mut self, Admit { identity, rooms, ticket }: Admit, ctx: &mut Self::Context) -> Self::Result {
        if self.bans.is_none() {
            self.load().spawn(ctx);
        }
        let admitted = self.check(&identity, &rooms);
        let broker = self.broker.clone();
        let answer = async move {
            admitted?;
            let Some((id, ends)) = ticket else { return Ok(()) };
            let wait = broker.settings().command_timeout;
            let fresh = broker.archive().ask(SpendTicket { id, ends }, wait).await??;
            if fresh { Ok(()) } else { Err(Refusal::TicketUsed) }
        };
        Box::pin(answer.into_actor(self))
    }
}

impl Handler<AddBan> for Warden {
    type Result = ResponseActFuture<Self, Result<usize, Refusal>>;

    fn handle(&mut self, AddBan(ban): AddBan, _: &mut Self::Context) -> Self::Result {
        let broker = self.broker.clone();
        let to_save = ban.clone();
        let saved = async move {
            let wait = broker.settings().command_timeout;
            broker.archive().ask(SaveBan(to_save), wait).await
        };
        let broker = self.broker.clone();
        let noted = saved.into_actor(self).map(move |saved, warden, _| -> Result<Target, Refusal> {
            saved??;
            let target = Target::from(&ban);
            let bans = warden.bans.get_or_insert_default();
            bans.retain(|kept| !is_same(kept, &ban));
            bans.push(ban);
            Ok(target)
        });
        let ended = noted.then(move |target, warden, _| {
            async move {
                Ok(broker.end_sessions(EndSessions { target: target?, farewell: Farewell::Banned }).await)
            }
            .into_actor(warden)
        });
        Box::pin(ended)
    }
}

impl Handler<LiftBan> for Warden {
    type Result = ResponseActFuture<Self, Result<usize, Refusal>>;

    fn handle(&mut self, LiftBan(ban): LiftBan, _: &mut Self::Context) -> Self::Result {
        let broker = self.broker.clone();
        let to_lift = ban.clone();
        let lifted = async move {
            let wait = broker.settings().command_timeout;
            broker.archive().ask(RemoveBan(to_lift), wait).await
        };
        Box::pin(lifted.into_actor(self).map(move |lifted, warden, _| {
            let lifted = lifted.and_then(|result: Result<usize, LogError>| result.map_err(Refusal::from))?;
            if let Some(bans) = &mut warden.bans {
                bans.retain(|kept| !is_same(kept, &ban));
            }
            Ok(lifted)
        }))
    }
}

impl Handler<Fate> for Warden {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("warden", ctx);
    }
}
