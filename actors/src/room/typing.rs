//! Typing in a room: a signal that stops by itself.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, Handler};
use tokio::time::Instant;

use crate::id::{SessionId, UserId};
use crate::message::cluster::News;
use crate::message::room::{RoomEvent, SetTyping};
use crate::room::Room;

/// Someone who types.
pub(super) struct Typist {
    session: SessionId,
    until: Instant,
}

impl Room {
    fn tell_typing(&self, user: UserId, name: Option<Arc<str>>, is_typing: bool, origin: SessionId) {
        let (room, at) = (self.id.clone(), self.broker.clock().now());
        self.publish(News::TypingChanged { user: user.clone(), name: name.clone(), is_typing, at });
        self.tell(RoomEvent::TypingChanged { room, user, name, is_typing, at }, Some(origin));
    }

    /// The typist left, or another of their sessions did.
    pub(super) fn stop_typing_of(&mut self, user: &UserId, session: SessionId) {
        if self.typing.get(user).is_some_and(|typist| typist.session == session) {
            self.typing.remove(user);
            self.tell_typing(user.clone(), None, false, session);
        }
    }

    /// One timer per typist, however often they say it.
    fn stop_when_silent(&self, user: UserId, after: Duration, ctx: &mut Context<Self>) {
        ctx.run_later(after, move |room, ctx| {
            let Some(Typist { session, until }) = room.typing.get(&user) else { return };
            let (session, left) = (*session, until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                room.stop_typing_of(&user, session);
            } else {
                room.stop_when_silent(user, left, ctx);
            }
        });
    }
}

impl Handler<SetTyping> for Room {
    type Result = ();

    fn handle(&mut self, SetTyping { session, user, name, is_typing }: SetTyping, ctx: &mut Self::Context) {
        // Someone removed meanwhile is not heard any more.
        if !self.members.contains_key(&session) {
            return;
        }
        if is_typing {
            let stop = self.broker.settings().typing_stop;
            let typist = Typist { session, until: Instant::now() + stop };
            if self.typing.insert(user.clone(), typist).is_none() {
                self.stop_when_silent(user.clone(), stop, ctx);
            }
        } else {
            self.typing.remove(&user);
        }
        self.tell_typing(user, name, is_typing, session);
    }
}
