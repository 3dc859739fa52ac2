//! The broker of Recado, minus the outside world: sessions, rooms, presence, receipts and their supervisors.
//!
//! Commands go inward through mailboxes, events go outward through outlets. Read it in the order of a message's
//! life: [`session`] takes a client's command, [`room`] decides, [`archive`] makes it durable, [`shard`] pushes it
//! to each [`outlet`]. [`broker`] starts all of them and is the one handle that doors hold.

pub mod archive;
pub mod bridge;
pub mod broker;
pub mod clock;
pub mod courier;
pub mod depot;
pub mod desk;
pub mod dialect;
pub mod directory;
pub mod document;
pub mod folding;
pub mod id;
pub mod library;
pub mod limiter;
pub mod message;
pub mod outbox;
pub mod outlet;
pub mod ports;
pub mod presence;
pub mod receipts;
pub mod refusal;
pub mod room;
pub mod session;
pub mod settings;
pub mod shard;
pub mod supervisor;
pub mod vitals;
pub mod warden;
