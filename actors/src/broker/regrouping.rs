//! A group changes: its room looks at it anew, and whoever is in it now hears what is said there, on every node.
//!
//! What another node tells counts only where both have it from one store.

use std::sync::Arc;

use tokio::time::sleep;

use crate::broker::Broker;
use crate::id::{Epoch, GroupId, RoomId, Seq, UserId};
use crate::message::cluster::{News, PublishNews};
use crate::message::room::{Head, LookAtGroup};
use crate::ports::LogError;
use crate::shard::EnterMembers;

/// How often the store is asked about a change that another node told of.
const TRIES: usize = 20;

impl Broker {
    /// A group is not what it was: its room looks at it before it hears anything else, and those who are in it now hear
    /// what is said there.
    pub(crate) async fn group_changed(&self, group: GroupId, users: Vec<UserId>) -> Result<(), LogError> {
        self.look_at_group(group);
        let Head { epoch, seq: from, .. } = self.ports().log.head(&group.room()).await?;
        let users: Arc<[UserId]> = users.into();
        if self.ports().backplane.is_some() {
            let news = News::GroupChanged { group, users: users.clone(), epoch, from };
            self.bridge().tell(PublishNews { room: RoomId::nodes(), news });
        }
        self.let_in(EnterMembers { group, users, from });
        Ok(())
    }

    /// Another node changed it, and it stood there then.
    pub(crate) async fn hear_of_group(&self, enter: EnterMembers, epoch: Epoch) {
        self.look_at_group(enter.group);
        for _ in 0..TRIES {
            match self.ports().log.head(&enter.group.room()).await {
                Ok(head) if head.epoch == epoch => {
                    let from: Seq = enter.from.min(head.seq);
                    return self.let_in(EnterMembers { from, ..enter });
                }
                // Their group is none of ours.
                Ok(_) => return,
                Err(error) => {
                    log::error!("a group that changed on another node cannot be read: {error}");
                    self.count_failed_read();
                    sleep(self.settings().store_probe).await;
                }
            }
        }
    }

    fn look_at_group(&self, group: GroupId) {
        if let Some(addr) = self.room_if_open(&group.room()) {
            addr.do_send(LookAtGroup);
        }
    }

    fn let_in(&self, enter: EnterMembers) {
        self.shards().iter().for_each(|shard| shard.tell(enter.clone()));
    }
}
