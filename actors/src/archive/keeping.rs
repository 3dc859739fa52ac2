//! What the archive keeps beside entries: receipts, bans, spent tickets and answers given.
//!
//! Each is written at once and answered when it is durable.

use actix::{Handler, Message, ResponseFuture};

use super::Archive;
use crate::clock::Timestamp;
use crate::message::receipt::Receipt;
use crate::ports::{Ban, KeyedAnswer, LogError};

/// Command: store these watermarks.
#[derive(Message)]
#[rtype(result = "Result<(), LogError>")]
pub struct SaveReceipts(pub Vec<Receipt>);

/// Command: remember a ban.
#[derive(Message)]
#[rtype(result = "Result<(), LogError>")]
pub struct SaveBan(pub Ban);

/// Command: forget bans like this one; how many there were.
#[derive(Message)]
#[rtype(result = "Result<usize, LogError>")]
pub struct RemoveBan(pub Ban);

/// Command: use a ticket up; false if it was used before.
#[derive(Message)]
#[rtype(result = "Result<bool, LogError>")]
pub struct SpendTicket {
    pub id: String,
    pub ends: Timestamp,
}

/// Command: keep this answer for its key, unless one is kept already; the kept one.
#[derive(Message)]
#[rtype(result = "Result<KeyedAnswer, LogError>")]
pub struct KeepAnswer(pub KeyedAnswer);

impl Handler<SaveReceipts> for Archive {
    type Result = ResponseFuture<Result<(), LogError>>;

    fn handle(&mut self, SaveReceipts(batch): SaveReceipts, _: &mut Self::Context) -> Self::Result {
        self.noted("save_receipts", self.broker.ports().receipts.save(batch))
    }
}

impl Handler<SaveBan> for Archive {
    type Result = ResponseFuture<Result<(), LogError>>;

    fn handle(&mut self, SaveBan(ban): SaveBan, _: &mut Self::Context) -> Self::Result {
        self.noted("save_ban", self.broker.ports().book.add_ban(ban))
    }
}

impl Handler<RemoveBan> for Archive {
    type Result = ResponseFuture<Result<usize, LogError>>;

    fn handle(&mut self, RemoveBan(ban): RemoveBan, _: &mut Self::Context) -> Self::Result {
        self.noted("remove_ban", self.broker.ports().book.lift_ban(ban))
    }
}

impl Handler<SpendTicket> for Archive {
    type Result = ResponseFuture<Result<bool, LogError>>;

    fn handle(&mut self, SpendTicket { id, ends }: SpendTicket, _: &mut Self::Context) -> Self::Result {
        self.noted("spend_ticket", self.broker.ports().book.spend_ticket(id, ends, self.broker.clock().now()))
    }
}

impl Handler<KeepAnswer> for Archive {
    type Result = ResponseFuture<Result<KeyedAnswer, LogError>>;

    fn handle(&mut self, KeepAnswer(answer): KeepAnswer, _: &mut Self::Context) -> Self::Result {
        self.noted("keep_answer", self.broker.ports().book.remember_answer(answer))
    }
}
