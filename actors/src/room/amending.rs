//! Edits, deletions and recalls: a message as it stands today, changed, as a new entry.
//!
//! One at a time per message, or an edit that began before a deletion could bring the content back.

use std::sync::Arc;
use std::time::Duration;

use actix::{ActorFutureExt, Handler, WrapFuture};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use crate::archive::Origin;
use crate::broker::Broker;
use crate::clock::Timestamp;
use crate::id::{MessageId, RoomId, UserId};
use crate::message::client::Right;
use crate::message::receipt::ListReceipts;
use crate::message::room::{AmendMessage, Change, Entry, EntryBody, MessageKind, NewEntry, Posted};
use crate::ports::people::MemberRole;
use crate::refusal::{GroupRefusal, Refusal};
use crate::room::Room;

impl Handler<AmendMessage> for Room {
    type Result = actix::ResponseActFuture<Self, Result<Posted, Refusal>>;

    fn handle(&mut self, amend: AmendMessage, _: &mut Self::Context) -> Self::Result {
        self.last_used = Instant::now();
        let role = match self.role_for(&amend) {
            Ok(role) => role,
            Err(refusal) => return Box::pin(async { Err(refusal) }.into_actor(self)),
        };
        if !self.amending.insert(amend.id.clone()) {
            return Box::pin(async { Err(Refusal::Busy) }.into_actor(self));
        }
        let (id, found) = (amend.id.clone(), self.standing(&amend));
        let answer = found.into_actor(self).then(move |found, room, _| {
            let origin = Origin::Here(amend.session);
            let now = room.broker.clock().now();
            let within = room.broker.settings().recall_within;
            let appended = found
                .and_then(|found| amended(amend, &found, role, (now, within)))
                .map(|entry| room.append_and_hear(entry, origin));
            async move { appended?.await }.into_actor(room)
        });
        Box::pin(answer.map(move |answer, room, _| {
            room.amending.remove(&id);
            answer
        }))
    }
}

/// A message as it stands, and how it came to.
struct Found {
    newest: Arc<Entry>,
    /// Looked up only for a recall.
    read: bool,
}

impl Room {
    /// What they are in the group, where that decides.
    fn role_for(&self, amend: &AmendMessage) -> Result<Option<MemberRole>, Refusal> {
        match (amend.right, &amend.by) {
            (Right::Granted, _) => Ok(None),
            (Right::Member, Some(user)) => self.role_of(user).map(Some),
            (Right::Member, None) => Err(Refusal::Group(GroupRefusal::NotAMember)),
        }
    }

    fn standing(&self, amend: &AmendMessage) -> LocalBoxFuture<'static, Result<Found, Refusal>> {
        let (broker, room) = (self.broker.clone(), self.id.clone());
        let (id, recalls) = (amend.id.clone(), amend.change == Change::Recall);
        async move {
            let newest = broker.ports().log.find(&room, &id).await?.ok_or(Refusal::UnknownMessage)?;
            let read = recalls && was_read(&broker, &room, &id, &newest).await?;
            Ok(Found { newest, read })
        }
        .boxed_local()
    }
}

/// Did anybody but its sender?
async fn was_read(broker: &Broker, room: &RoomId, id: &MessageId, newest: &Entry) -> Result<bool, Refusal> {
    let posted = broker.ports().log.place_of(id).await?.map_or(newest.seq, |place| place.seq);
    let wait = broker.settings().command_timeout;
    let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, wait).await??;
    Ok(receipts
        .iter()
        .any(|receipt| receipt.mark.read >= posted && newest.by.as_ref() != Some(&receipt.user)))
}

/// The entry that changes a message as it stands today.
fn amended(
    amend: AmendMessage,
    found: &Found,
    role: Option<MemberRole>,
    recall: (Timestamp, Duration),
) -> Result<NewEntry, Refusal> {
    let AmendMessage { change, by, right, session, client_id, at, .. } = amend;
    let mut message = found.newest.body.message().cloned().ok_or(Refusal::UnknownMessage)?;
    let is_author = by.as_ref().map(UserId::as_str) == Some(message.sender.id.as_str());
    if let Some(role) = role {
        let no = refused(&change, role, is_author);
        if let Some(no) = no {
            return Err(Refusal::Group(no));
        }
    }
    if message.deleted {
        return Err(Refusal::MessageDeleted);
    }
    message.updated_at = Some(at);
    let body = match change {
        Change::Content(_) if role.is_some() && message.kind != MessageKind::Text => {
            return Err(Refusal::Group(GroupRefusal::NotAText));
        }
        Change::Content(content) => {
            message.content = content;
            EntryBody::MessageEdited { message }
        }
        Change::Delete => {
            message.withdraw();
            EntryBody::MessageDeleted { message }
        }
        Change::Recall => {
            may_recall(found, &message.created_at, recall)?;
            message.withdraw();
            message.recalled = true;
            EntryBody::MessageDeleted { message }
        }
    };
    Ok(NewEntry { by, right, session, client_id, body })
}

/// What a member may not.
fn refused(change: &Change, role: MemberRole, is_author: bool) -> Option<GroupRefusal> {
    match change {
        Change::Content(_) => (!is_author).then_some(GroupRefusal::NotTheAuthor),
        Change::Delete => (!is_author && role == MemberRole::Member).then_some(GroupRefusal::MayNotDelete),
        Change::Recall => (!is_author).then_some(GroupRefusal::NotTheSender),
    }
}

fn may_recall(found: &Found, created_at: &str, (now, within): (Timestamp, Duration)) -> Result<(), Refusal> {
    if found.read {
        return Err(Refusal::Group(GroupRefusal::ReadAlready));
    }
    let posted = Timestamp::parse(created_at).unwrap_or(found.newest.at);
    let age = u64::try_from(now.0.saturating_sub(posted.0)).unwrap_or(0);
    if Duration::from_millis(age) > within {
        return Err(Refusal::Group(GroupRefusal::TooLate { within }));
    }
    Ok(())
}
