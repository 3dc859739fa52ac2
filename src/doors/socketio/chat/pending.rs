//! What a chat client is told when it comes in: what was said in its groups since it last got anything, then that it is in.
//!
//! The rooms are opened first and followed last, so between the past and the present nothing is missing and nothing
//! comes twice. What another device of the user got is told again where this one may lack it.

use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
use recado_actors::clock::Timestamp;
use recado_actors::id::{RoomId, Seq};
use recado_actors::message::client::{ClientCommand, InRoom, Opened};
use recado_actors::message::receipt::ListReceipts;
use recado_actors::message::room::Entry;
use recado_actors::ports::people::OwnGroup;
use recado_actors::refusal::Refusal;

use super::talk::Desk;
use super::words::{Msg, Pending};

/// How many messages one `pending_messages` holds, as in the original.
const BATCH: usize = 50;

/// A group the client comes to.
struct Coming {
    room: RoomId,
    opened: Opened,
    /// Until there one of the user's devices got everything.
    delivered: Seq,
    /// Oldest first.
    missed: Vec<Arc<Entry>>,
    /// Older ones are there and were not read.
    cut: bool,
}

impl Desk {
    pub async fn arrive(self: Rc<Self>, groups: Vec<OwnGroup>) -> Result<(), Refusal> {
        let coming = join_all(groups.iter().map(|own| self.look(own))).await;
        let mut coming = coming.into_iter().collect::<Result<Vec<_>, _>>()?;
        // Asked after the receipts were read: a device that moved them has come before.
        if let Some(since) = self.lacks_since(&coming) {
            self.look_back(&groups, &mut coming, since).await?;
        }
        self.tell_pending(&coming);
        let follows = coming.iter().map(|coming| self.guest.follow(&coming.room, coming.opened));
        for followed in join_all(follows).await {
            followed?;
        }
        self.greet();
        for coming in coming.iter().filter(|coming| !coming.missed.is_empty()) {
            let command = ClientCommand::MarkDelivered { seq: coming.opened.head.seq };
            self.guest.ask(InRoom { room: coming.room.clone(), command }).await??;
        }
        Ok(())
    }

    async fn look(&self, own: &OwnGroup) -> Result<Coming, Refusal> {
        let room = own.group.id.room();
        let opened = self.guest.open(&room).await?;
        let mut coming = Coming { room, opened, delivered: Seq::START, missed: Vec::new(), cut: false };
        if opened.head.seq == Seq::START {
            return Ok(coming);
        }
        let (broker, user) = (self.guest.broker(), &self.guest.identity.user);
        let wait = broker.settings().command_timeout;
        let receipts = broker.receipts().ask(ListReceipts { room: coming.room.clone() }, wait).await??;
        let mine = receipts.iter().find(|receipt| receipt.user == *user);
        coming.delivered = mine.map_or(Seq::START, |receipt| receipt.mark.delivered);
        if coming.delivered < opened.head.seq {
            (coming.missed, coming.cut) = self.missed(own, &coming, None).await?;
        }
        Ok(coming)
    }

    /// Since when this device may lack what others of its user got.
    fn lacks_since(&self, coming: &[Coming]) -> Option<Timestamp> {
        if self.guest.is_gone() {
            return None;
        }
        self.came.set(true);
        let undelivered =
            coming.iter().filter_map(|coming| coming.missed.first()).map(|entry| entry.at).min();
        self.door.devices.comes(&self.guest.identity.user, self.now(), undelivered)
    }

    async fn look_back(
        &self,
        groups: &[OwnGroup],
        coming: &mut [Coming],
        since: Timestamp,
    ) -> Result<(), Refusal> {
        let looked = groups.iter().zip(coming).map(async |(own, coming)| {
            if self.was_spoken_in(coming, since).await? {
                (coming.missed, coming.cut) = self.missed(own, coming, Some(since)).await?;
            }
            Ok(())
        });
        join_all(looked).await.into_iter().collect()
    }

    /// Most groups were not, and need no further reading.
    async fn was_spoken_in(&self, coming: &Coming, since: Timestamp) -> Result<bool, Refusal> {
        let (broker, head) = (self.guest.broker(), coming.opened.head.seq);
        if head == Seq::START {
            return Ok(false);
        }
        let newest = broker.ports().log.messages(&coming.room, head.next(), 1).await;
        let newest = newest.inspect_err(|_| broker.count_failed_read())?;
        Ok(newest.entries.iter().any(|entry| entry.at >= since))
    }

    /// What others said that was not delivered, or was said `since` then; and not before this user came in.
    async fn missed(
        &self,
        own: &OwnGroup,
        coming: &Coming,
        since: Option<Timestamp>,
    ) -> Result<(Vec<Arc<Entry>>, bool), Refusal> {
        let (broker, user) = (self.guest.broker(), &self.guest.identity.user);
        let (delivered, head) = (coming.delivered, coming.opened.head.seq);
        // There are no more messages than numbers in between.
        let after = if since.is_some() { Seq::START } else { delivered };
        let between = usize::try_from(head.0.saturating_sub(after.0)).unwrap_or(usize::MAX);
        let most = self.door.rules.pending_messages.min(between);
        let is_news = |entry: &Arc<Entry>| {
            let lacking = entry.seq > delivered || since.is_some_and(|since| entry.at >= since);
            lacking && entry.at >= own.membership.joined_at
        };
        // How much was said since then is not known: it is read bit by bit, for a deploy makes thousands look back.
        let size = if since.is_some() { BATCH } else { most };
        let (mut news, mut read, mut before, mut more) = (Vec::new(), 0, head.next(), true);
        while more && read < most {
            let page = broker.ports().log.messages(&coming.room, before, size.min(most.saturating_sub(read)));
            let page = page.await.inspect_err(|_| broker.count_failed_read())?;
            more = page.more && page.entries.first().is_some_and(is_news);
            before = page.entries.first().map_or(before, |oldest| oldest.seq);
            read = read.saturating_add(page.entries.len());
            news.extend(page.entries.into_iter().rev().filter(is_news));
        }
        news.reverse();
        let is_others = |entry: &Arc<Entry>| {
            entry.by.as_ref() != Some(user) && entry.body.message().is_some_and(|message| !message.deleted)
        };
        Ok((news.into_iter().filter(is_others).collect(), more && read < between))
    }

    /// The newest of all groups, oldest first; how many were left out is never silent.
    fn tell_pending(&self, coming: &[Coming]) {
        let mut missed: Vec<_> = coming
            .iter()
            .flat_map(|coming| coming.missed.iter().map(|entry| (&coming.room, entry)))
            .collect();
        missed.sort_by_key(|(_, entry)| entry.at);
        let over = missed.len().saturating_sub(self.door.rules.pending_messages);
        let cut = over > 0 || coming.iter().any(|coming| coming.cut);
        let messages: Vec<Msg<'_>> =
            missed.into_iter().skip(over).filter_map(|(room, entry)| Msg::of(room, entry)).collect();
        let mut batches = messages.chunks(BATCH).peekable();
        while let Some(batch) = batches.next() {
            let has_more = cut || batches.peek().is_some();
            let told = Pending { messages: batch, count: batch.len(), has_more };
            self.guest.peer.emit("pending_messages", &(told,), &[]);
        }
    }
}
