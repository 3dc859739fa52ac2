//! The chat dialect: groups and direct chats over Socket.IO (seed 003, PROTOCOLS section 5).
//!
//! A client is whoever its token says; where it may speak and what it may do there, the rooms of its groups decide.

pub mod asked;
mod budget;
mod devices;
pub mod dialect;
mod entering;
mod grouping;
mod pending;
mod receiving;
pub mod rest;
mod sending;
mod talk;
mod texts;
mod uploading;
mod words;

use std::ops::Deref;
use std::sync::Arc;

use recado_actors::clock::Timestamp;
use recado_actors::depot::Depot;

use super::packet::ROOT;
use super::talk::{Admission, Knock, Talks};
use crate::auth::Verifier;
use budget::Budget;
use devices::Devices;

/// Clones are cheap and are the same door.
#[derive(Clone)]
pub struct ChatDoor(Arc<Inside>);

/// What all clients of this door share.
pub struct Inside {
    verifier: Arc<Verifier>,
    depot: Depot,
    budget: Budget,
    devices: Devices,
    rules: ChatRules,
}

impl Deref for ChatDoor {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

/// What this door goes by.
#[derive(Debug, Clone, Copy)]
pub struct ChatRules {
    /// Only users that the directory knows come in.
    pub known_users_only: bool,
    /// Events of one user in a minute, whatever they use; typing and receipts are not counted.
    pub events_per_minute: u32,
    /// The most users whose events are counted, and whose devices are known, at once.
    pub counted_users: usize,
    /// The most messages a client is told when it connects.
    pub pending_messages: usize,
    /// How many messages of one client may be on their way at once.
    pub posts_in_hand: u64,
}

impl ChatDoor {
    pub fn new(verifier: Arc<Verifier>, depot: Depot, rules: ChatRules, began: Timestamp) -> Self {
        let budget = Budget::new(rules.events_per_minute, rules.counted_users);
        let devices = Devices::new(rules.counted_users, began);
        Self(Arc::new(Inside { verifier, depot, budget, devices, rules }))
    }
}

impl Talks for ChatDoor {
    fn admit(&self, knock: Knock) -> Option<Admission> {
        if knock.namespace != ROOT {
            return None;
        }
        let door = self.clone();
        Some(Box::pin(async move { door.let_in(knock).await }))
    }
}
