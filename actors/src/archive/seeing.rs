//! When users were there last: gathered, and written once in a while, for a deploy makes thousands of them leave at once.
//!
//! Only the newest sight of each is kept, so it waits in bounded memory.

use std::collections::HashMap;

use actix::{ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, Message, WrapFuture};

use super::{Archive, note};
use crate::clock::Timestamp;
use crate::id::{GroupId, UserId};
use crate::ports::people::Seen;

/// Notice: the user was there just now, and looked into this group.
#[derive(Message)]
#[rtype(result = "()")]
pub struct NoteSeen {
    pub user: UserId,
    pub group: Option<GroupId>,
}

/// What is gathered.
#[derive(Default)]
pub(super) struct Sightings {
    newest: HashMap<(UserId, Option<GroupId>), Timestamp>,
    /// They are about to be written.
    due: bool,
}

impl Archive {
    pub(super) fn save_seen(&mut self, ctx: &mut Context<Self>) {
        self.sightings.due = false;
        if self.sightings.newest.is_empty() {
            return;
        }
        let seen =
            self.sightings.newest.drain().map(|((user, group), at)| Seen { user, group, at }).collect();
        let saved = self.broker.ports().people.mark_seen(seen).into_actor(self);
        let saved = saved.map(|saved, archive, _| {
            if let Err(error) = saved {
                note(archive.broker.vitals(), "seen", &error);
            }
        });
        saved.spawn(ctx);
    }
}

impl Handler<NoteSeen> for Archive {
    type Result = ();

    fn handle(&mut self, NoteSeen { user, group }: NoteSeen, ctx: &mut Self::Context) {
        self.sightings.newest.insert((user, group), self.broker.clock().now());
        if self.sightings.newest.len() >= self.broker.settings().pending_receipts {
            return self.save_seen(ctx);
        }
        if !std::mem::replace(&mut self.sightings.due, true) {
            ctx.run_later(self.broker.settings().receipts_every, Self::save_seen);
        }
    }
}
