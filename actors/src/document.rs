//! One document that several edit at once: who is in it, what it says, and the order in which that is kept and told.
//!
//! A change reaches nobody before it is durable. Should this actor die, another life of it begins with what is kept, and
//! asks those who are in it for what that lacks.

mod asking;
pub mod awareness;
mod block;
mod change;
mod deletions;
mod keeping;
pub mod lib0;
pub mod replica;

use std::collections::{BTreeSet, HashMap};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, ResponseFuture, SpawnHandle};
use tokio::sync::oneshot;

pub use asking::{
    JoinDocument, LeaveDocument, ReadDocument, ShowAwareness, TellShown, Word, Words, WriteDocument,
};
use awareness::{Awareness, Shown};
use keeping::{Keeping, Step};
use replica::{Applied, Replica};

use crate::desk::{Said, TellSeats, To};
use crate::dialect::Lane;
use crate::id::{RoomId, SessionId, ShardId};
use crate::library::Library;
use crate::refusal::{DocumentRefusal, Refusal};
use crate::supervisor::{Fate, Obituary};

#[derive(Debug, Clone, Copy)]
struct Member {
    at: ShardId,
    may_write: bool,
}

pub struct Document {
    id: RoomId,
    /// Which of its lives this is.
    life: u64,
    library: Library,
    replica: Replica,
    awareness: Awareness,
    members: HashMap<SessionId, Member>,
    keeping: Keeping,
    /// Ends it when nobody has come for a while.
    leaving: Option<SpawnHandle>,
    _obituary: Obituary,
}

impl Document {
    pub fn new(id: RoomId, life: u64, library: Library, obituary: Obituary) -> Self {
        Self {
            id,
            life,
            library,
            replica: Replica::default(),
            awareness: Awareness::default(),
            members: HashMap::new(),
            keeping: Keeping::default(),
            leaving: None,
            _obituary: obituary,
        }
    }

    fn member(&self, session: SessionId) -> Result<Member, Refusal> {
        self.members.get(&session).copied().ok_or(Refusal::NotInRoom)
    }

    /// One message for each worker that has members.
    fn tell(&self, all: &[Said]) {
        let desks: BTreeSet<_> = self.members.values().map(|member| member.at).collect();
        for desk in desks {
            let here = |said: &&Said| match said.to {
                To::Only(session) => self.members.get(&session).is_some_and(|member| member.at == desk),
                To::All | To::AllBut(_) => true,
            };
            let said: Vec<_> = all.iter().filter(here).cloned().collect();
            if !said.is_empty() {
                self.library.tell_desk(desk, TellSeats { document: self.id.clone(), said });
            }
        }
    }

    fn say(&self, word: Word<'_>, lane: Lane, to: To) -> Said {
        Said { frame: (self.library.words())(word), lane, to }
    }

    fn tell_shown(&self, shown: &[Shown], to: To) {
        if shown.is_empty() {
            return;
        }
        let lane = match shown {
            [one] => Lane::Newest(one.client),
            _ => Lane::Signal,
        };
        self.tell(&[self.say(Word::Shown(&awareness::write(shown)), lane, to)]);
    }

    /// Ends it in order, when nobody has been in it for a while.
    fn end_when_idle(&mut self, ctx: &mut Context<Self>) {
        let idle = self.library.rules().idle;
        self.leaving = Some(ctx.run_later(idle, |document, ctx| {
            if !document.members.is_empty() {
                return;
            }
            if !document.keeping.is_idle() {
                return document.end_when_idle(ctx);
            }
            document.library.close(&document.id, document.life);
            ctx.stop();
        }));
    }

    fn take(
        &mut self,
        write: WriteDocument,
        ctx: &mut Context<Self>,
    ) -> Result<Option<oneshot::Receiver<Result<(), Refusal>>>, Refusal> {
        let WriteDocument { session, update, answers } = write;
        if !self.member(session)?.may_write {
            return Err(Refusal::Document(DocumentRefusal::ReadOnly));
        }
        let limit = self.library.rules().max_change_bytes;
        if update.len() > limit {
            return Err(Refusal::Document(DocumentRefusal::ChangeTooBig { limit }));
        }
        self.make_room(update.len())?;
        match self.replica.apply(&update) {
            Ok(Applied::News) => {}
            Ok(Applied::Nothing) => return Ok(None),
            Ok(Applied::Unfit) => {
                // It heard of something before we did. Asked for all that we lack it tells that too; should even that
                // not fit, it is not asked again.
                if !answers {
                    self.tell(&[self.say(Word::Known(&self.replica.state()), Lane::Firm, To::Only(session))]);
                }
                return Ok(None);
            }
            Err(_) => return Err(Refusal::Document(DocumentRefusal::Unreadable)),
        }
        let (done, answer) = oneshot::channel();
        self.keeping.add(Step::Write { by: session, update, done });
        self.take_turn(ctx);
        Ok(Some(answer))
    }
}

impl Actor for Document {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
    }
}

impl Handler<JoinDocument> for Document {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, join: JoinDocument, ctx: &mut Self::Context) -> Self::Result {
        let JoinDocument { session, at, may_write, again } = join;
        if self.members.len() >= self.library.rules().max_members && !self.members.contains_key(&session) {
            return Err(Refusal::Document(DocumentRefusal::TooManyMembers));
        }
        if let Some(leaving) = self.leaving.take() {
            ctx.cancel_future(leaving);
        }
        self.members.insert(session, Member { at, may_write });
        let to = To::Only(session);
        if may_write {
            self.tell(&[self.say(Word::Known(&self.replica.state()), Lane::Firm, to)]);
        }
        self.tell_shown(&self.awareness.all(), to);
        if again {
            self.keeping.add(Step::Answer { to: session, missing: self.replica.whole() });
            self.take_turn(ctx);
        }
        Ok(())
    }
}

impl Handler<ReadDocument> for Document {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, read: ReadDocument, ctx: &mut Self::Context) -> Self::Result {
        self.member(read.session)?;
        let missing = self.replica.since(&read.state);
        let missing = missing.map_err(|_| Refusal::Document(DocumentRefusal::Unreadable))?;
        // It may tell of changes that are not durable yet, so it waits for them.
        self.keeping.add(Step::Answer { to: read.session, missing });
        self.take_turn(ctx);
        Ok(())
    }
}

impl Handler<WriteDocument> for Document {
    type Result = ResponseFuture<Result<(), Refusal>>;

    fn handle(&mut self, write: WriteDocument, ctx: &mut Self::Context) -> Self::Result {
        match self.take(write, ctx) {
            Ok(Some(answer)) => Box::pin(async { answer.await.unwrap_or(Err(Refusal::Restarting)) }),
            Ok(None) => Box::pin(std::future::ready(Ok(()))),
            Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        }
    }
}

impl Handler<ShowAwareness> for Document {
    type Result = Result<(), Refusal>;

    /// Told to its sender too: stock clients take a long silence for a broken connection.
    fn handle(&mut self, show: ShowAwareness, _: &mut Self::Context) -> Self::Result {
        self.member(show.session)?;
        let news = self.awareness.show(show.session, show.shown);
        self.tell_shown(&news, To::All);
        Ok(())
    }
}

impl Handler<TellShown> for Document {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, TellShown { session }: TellShown, _: &mut Self::Context) -> Self::Result {
        self.member(session)?;
        self.tell_shown(&self.awareness.all(), To::Only(session));
        Ok(())
    }
}

impl Handler<LeaveDocument> for Document {
    type Result = ();

    fn handle(&mut self, LeaveDocument { session }: LeaveDocument, ctx: &mut Self::Context) {
        self.members.remove(&session);
        let over = self.awareness.leave(session);
        self.tell_shown(&over, To::All);
        if self.members.is_empty() {
            self.end_when_idle(ctx);
        }
    }
}

impl Handler<Fate> for Document {
    type Result = ();

    fn handle(&mut self, fate: Fate, ctx: &mut Self::Context) {
        fate.befall("document", ctx);
    }
}
