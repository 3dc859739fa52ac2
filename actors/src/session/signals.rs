//! What a client says beside messages: nothing of it is numbered, and whoever cannot be told is not told.

use actix::{Addr, AsyncContext, Handler};

use crate::id::RoomId;
use crate::limiter::Ask;
use crate::message::client::{
    EnterGroup, FollowRoom, SignalAttendance, SignalOthers, SignalStatus, SignalTyping,
};
use crate::message::presence::SetStatus;
use crate::message::room::{GiveSignal, SetAttendance, SetTyping};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::session::Session;

impl Session {
    /// The room it may signal in; none if it is in no such room or asked too often.
    fn signals_in(&self, room: &RoomId) -> Option<Addr<Room>> {
        if self.allowance.spend_in(room, Ask::Typing).is_err() {
            return None;
        }
        let addr = self.broker.room_if_open(room).filter(|_| self.following.contains(room));
        if addr.is_none() {
            self.count_refusal(&Refusal::NotInRoom);
        }
        addr
    }

    pub(super) fn tell_status(&self, rooms: Vec<RoomId>) {
        let (user, status) = (self.identity.user.clone(), self.status);
        self.broker.presence().tell(SetStatus { user, status, rooms });
    }
}

impl Handler<SignalTyping> for Session {
    type Result = ();

    fn handle(&mut self, SignalTyping { room, is_typing }: SignalTyping, _: &mut Self::Context) {
        let Some(addr) = self.signals_in(&room) else { return };
        let (user, name) = (self.identity.user.clone(), self.identity.name.clone());
        addr.do_send(SetTyping { session: self.id(), user, name, is_typing });
    }
}

impl Handler<SignalAttendance> for Session {
    type Result = ();

    fn handle(&mut self, SignalAttendance { room, attends }: SignalAttendance, _: &mut Self::Context) {
        let Some(addr) = self.signals_in(&room) else { return };
        let (user, name) = (self.identity.user.clone(), self.identity.name.clone());
        addr.do_send(SetAttendance { session: self.id(), user, name, attends });
    }
}

impl Handler<SignalOthers> for Session {
    type Result = ();

    fn handle(&mut self, SignalOthers { room, signal }: SignalOthers, _: &mut Self::Context) {
        let Some(addr) = self.signals_in(&room) else { return };
        addr.do_send(GiveSignal { session: self.id(), user: self.identity.user.clone(), signal });
    }
}

impl Handler<SignalStatus> for Session {
    type Result = ();

    fn handle(&mut self, SignalStatus(status): SignalStatus, _: &mut Self::Context) {
        if self.allowance.spend(Ask::Typing).is_err() {
            return;
        }
        self.status = status;
        self.tell_status(self.following.clone());
    }
}

impl Handler<EnterGroup> for Session {
    type Result = ();

    fn handle(&mut self, EnterGroup { group, from }: EnterGroup, ctx: &mut Self::Context) {
        let room = group.room();
        if !self.following.contains(&room) {
            ctx.notify(FollowRoom { room, from });
        }
    }
}
