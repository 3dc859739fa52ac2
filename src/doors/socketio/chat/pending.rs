//! What a chat client is told when it comes in: what was said in its groups since it last got anything, then that it is in.
//!
//! The rooms are opened first and followed last, so between the past and the present nothing is missing and nothing
//! comes twice.

use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
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
    /// Oldest first.
    missed: Vec<Arc<Entry>>,
    /// Older ones are there and were not read.
    cut: bool,
}

impl Desk {
    pub async fn arrive(self: Rc<Self>, groups: Vec<OwnGroup>) -> Result<(), Refusal> {
        let coming = join_all(groups.iter().map(|own| self.look(own))).await;
        let coming = coming.into_iter().collect::<Result<Vec<_>, _>>()?;
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
        let (missed, cut) = self.missed(own, &room, opened.head.seq).await?;
        Ok(Coming { room, opened, missed, cut })
    }

    /// What others said since this user last got anything here, and not before they came in.
    async fn missed(
        &self,
        own: &OwnGroup,
        room: &RoomId,
        head: Seq,
    ) -> Result<(Vec<Arc<Entry>>, bool), Refusal> {
        let (broker, user) = (self.guest.broker(), &self.guest.identity.user);
        if head == Seq::START {
            return Ok((Vec::new(), false));
        }
        let wait = broker.settings().command_timeout;
        let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, wait).await??;
        let mine = receipts.iter().find(|receipt| receipt.user == *user);
        let delivered = mine.map_or(Seq::START, |receipt| receipt.mark.delivered);
        if delivered >= head {
            return Ok((Vec::new(), false));
        }
        // There are no more messages than numbers in between.
        let between = usize::try_from(head.0.saturating_sub(delivered.0)).unwrap_or(usize::MAX);
        let most = self.door.rules.pending_messages.min(between);
        let page = broker.ports().log.messages(room, head.next(), most).await;
        let page = page.inspect_err(|_| broker.count_failed_read())?;
        let read = page.entries.len();
        let is_news = |entry: &Arc<Entry>| entry.seq > delivered && entry.at >= own.membership.joined_at;
        let news: Vec<_> = page.entries.into_iter().filter(is_news).collect();
        let cut = news.len() == read && read < between && page.more;
        let is_others = |entry: &Arc<Entry>| {
            entry.by.as_ref() != Some(user) && entry.body.message().is_some_and(|message| !message.deleted)
        };
        Ok((news.into_iter().filter(is_others).collect(), cut))
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
