//! A client behind a Socket.IO door as the broker knows it: its session, opened when it is let in, ended when it goes.
//!
//! Whatever ends it, its seats are free at once and nothing more of its rooms reaches it.

use std::cell::Cell;
use std::rc::Rc;

use actix::dev::{MessageResponse, ToEnvelope};
use actix::{Addr, Context, Handler, Message, WeakAddr};
use recado_actors::broker::Broker;
use recado_actors::id::RoomId;
use recado_actors::message::client::{CloseSession, FollowRoom, Identity, OpenRoom, Opened};
use recado_actors::refusal::Refusal;
use recado_actors::session::Session;
use recado_actors::supervisor::ask;
use recado_actors::warden::Admit;

use super::engine::rider::Seat;
use super::peer::Peer;
use super::talk::Knock;

pub struct Guest {
    pub peer: Rc<Peer>,
    pub seat: Rc<Seat>,
    pub identity: Rc<Identity>,
    session: Addr<Session>,
    gone: Cell<bool>,
}

impl Guest {
    /// Lets a client in that proved itself and comes for these rooms.
    pub async fn admit(knock: &Knock, identity: Identity, rooms: Vec<RoomId>) -> Result<Self, Refusal> {
        let (seat, peer) = (knock.seat.clone(), knock.peer.clone());
        let broker = seat.worker.broker();
        let identity = Rc::new(identity);
        let admit = Admit { identity: (*identity).clone(), rooms: rooms.clone(), ticket: None };
        broker.warden().ask(admit, broker.settings().command_timeout).await??;
        let session = seat.worker.open(&seat.outlet, &seat.allowance, identity.clone(), rooms);
        Ok(Self { peer, seat, identity, session, gone: Cell::new(false) })
    }

    /// It goes, though what it asked for may be on its way still. On the same socket another may come after it, which
    /// must not be taken for it when all of that has ended.
    pub fn leave(&self) {
        if !self.gone.replace(true) {
            self.seat.worker.forget(&self.seat.outlet);
            self.session.do_send(CloseSession);
        }
    }

    pub fn is_gone(&self) -> bool {
        self.gone.get()
    }

    pub fn session(&self) -> WeakAddr<Session> {
        self.session.downgrade()
    }

    pub fn broker(&self) -> &Broker {
        self.seat.worker.broker()
    }

    /// Where a room stands; it is heard from [`Guest::follow`] on.
    pub async fn open(&self, room: &RoomId) -> Result<Opened, Refusal> {
        self.ask(OpenRoom { room: room.clone(), resume: None }).await?
    }

    /// Hears what a room says from where it stood when it was opened.
    pub async fn follow(&self, room: &RoomId, opened: Opened) -> Result<(), Refusal> {
        let follow = FollowRoom { room: room.clone(), from: opened.from };
        ask(&self.session, follow, self.broker().settings().catch_up_timeout).await?
    }

    pub async fn ask<M>(&self, question: M) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: MessageResponse<Session, M> + Send,
        Session: Handler<M>,
        Context<Session>: ToEnvelope<Session, M>,
    {
        ask(&self.session, question, self.broker().settings().command_timeout).await
    }

    /// Asks at once, and after all that was asked so before; what is returned waits for the answer, without the guest.
    pub fn hand<M>(&self, question: M) -> impl Future<Output = Result<M::Result, Refusal>> + use<M>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Session: Handler<M>,
        Context<Session>: ToEnvelope<Session, M>,
    {
        let wait = self.broker().settings().command_timeout;
        // An address of its own is never kept waiting by the mailbox, so nothing overtakes this.
        let asked = self.session.clone().send(question);
        async move {
            match tokio::time::timeout(wait, asked).await {
                Ok(answer) => answer.map_err(|_| Refusal::Restarting),
                Err(_) => Err(Refusal::TimedOut),
            }
        }
    }

    pub fn tell<M>(&self, notice: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Session: Handler<M>,
        Context<Session>: ToEnvelope<Session, M>,
    {
        self.session.do_send(notice);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.leave();
    }
}
