//! Judges what clients saw against what was promised.
//!
//! A pure function over a history: it asks nobody, and its own tests show that it catches each kind of broken promise.

mod damage;
mod mutants;
mod order;
mod reading;
mod sample;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::history::{Attempt, Outcome, RoomHistory, Seen};

/// A broken promise. `reader` is a client's name, or [`LOG`] for the log itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledged, yet absent where it must be.
    Lost { client_id: String, seq: u64, reader: String },
    /// Present though it was refused, never sent, or not in the log.
    Phantom { id: String, seq: u64, reader: String, why: Unearned },
    /// One (epoch, seq) with two contents.
    Divergence { epoch: Arc<str>, seq: u64, reader: String },
    /// Numbers that never came, both ends included.
    Gap { reader: String, epoch: Arc<str>, from: u64, to: u64 },
    /// A number that came for the first time after a higher one.
    Reorder { reader: String, epoch: Arc<str>, seq: u64, after: u64 },
    /// One message heard under two numbers.
    Duplicate { reader: String, client_id: String, first: u64, second: u64 },
    /// One client id, two entries in the log.
    StoredTwice { client_id: String, first: u64, second: u64 },
    /// The acknowledgement named another number or id than the log has.
    WrongAnswer { client_id: String, acked: u64, stored: u64 },
    /// A sender's later message stands before its earlier one.
    SenderOrder { sender: String, earlier: String, later: String },
    /// `earlier` was acknowledged before `later` was sent, yet stands behind it.
    RealTimeOrder { earlier: String, later: String },
    /// A receipt moved backwards.
    ReceiptRegression { reader: String, user: String, from: u64, to: u64 },
    /// More was read than delivered, or delivered than the log has.
    ReceiptAhead { reader: String, user: String, read: u64, delivered: u64 },
    /// A client was told to start afresh though nothing had been cut.
    Reset { reader: String, detail: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unearned {
    Refused,
    NeverSent,
    NotInLog,
}

/// The log's name where a reader is expected.
pub const LOG: &str = "the log";

#[derive(Debug, Default)]
pub struct Judgement {
    pub verdicts: Vec<Verdict>,
    /// Deliveries that a client's own deduplication removes: allowed, but worth watching.
    pub raw_duplicates: u64,
}

pub fn judge(room: &RoomHistory) -> Judgement {
    let mut judgement = Judgement::default();
    // The gravest first: a report is cut after some.
    find_lost(room, &mut judgement.verdicts);
    find_phantoms(room, &mut judgement.verdicts);
    find_divergence(room, &mut judgement.verdicts);
    for reader in &room.readers {
        reading::judge_reader(reader, &room.log, &mut judgement);
    }
    reading::judge_log(&room.log, &mut judgement.verdicts);
    order::judge_senders(room, &mut judgement.verdicts);
    order::judge_real_time(room, &mut judgement.verdicts);
    judgement
}

fn find_lost(room: &RoomHistory, verdicts: &mut Vec<Verdict>) {
    let stored: HashMap<&str, &Seen> = by_client_id(&room.log).collect();
    let heard: Vec<(&str, HashSet<&str>)> = room
        .readers
        .iter()
        .filter(|reader| reader.caught_up)
        .map(|reader| (reader.name.as_str(), by_client_id(&reader.deliveries).map(|(id, _)| id).collect()))
        .collect();

    for Attempt { client_id, outcome, .. } in &room.attempts {
        let Outcome::Ok { id, seq, .. } = outcome else { continue };
        let lost =
            |reader: &str| Verdict::Lost { client_id: client_id.clone(), seq: *seq, reader: reader.into() };
        match stored.get(client_id.as_str()) {
            None => verdicts.push(lost(LOG)),
            Some(entry) if entry.seq != *seq || entry.id != *id => {
                verdicts.push(Verdict::WrongAnswer {
                    client_id: client_id.clone(),
                    acked: *seq,
                    stored: entry.seq,
                });
            }
            Some(_) => {}
        }
        let deaf = heard.iter().filter(|(_, ids)| !ids.contains(client_id.as_str()));
        verdicts.extend(deaf.map(|(reader, _)| lost(reader)));
    }
}

fn find_phantoms(room: &RoomHistory, verdicts: &mut Vec<Verdict>) {
    let outcomes: HashMap<&str, &Outcome> =
        room.attempts.iter().map(|attempt| (attempt.client_id.as_str(), &attempt.outcome)).collect();
    let places: HashSet<(&str, u64)> = room.log.iter().map(|entry| (&*entry.epoch, entry.seq)).collect();

    for (reader, entry) in everything_seen(room) {
        let sent = entry.client_id.as_deref().map(|client_id| outcomes.get(client_id));
        let why = match sent {
            Some(Some(Outcome::Fail)) => Unearned::Refused,
            Some(None) => Unearned::NeverSent,
            _ if !places.contains(&(&*entry.epoch, entry.seq)) => Unearned::NotInLog,
            _ => continue,
        };
        verdicts.push(Verdict::Phantom { id: entry.id.clone(), seq: entry.seq, reader: reader.into(), why });
    }
}

fn find_divergence(room: &RoomHistory, verdicts: &mut Vec<Verdict>) {
    let mut contents: HashMap<(&str, u64), u64> = HashMap::new();
    for (reader, entry) in everything_seen(room) {
        let known = *contents.entry((&entry.epoch, entry.seq)).or_insert(entry.hash);
        if known != entry.hash {
            let (epoch, seq) = (entry.epoch.clone(), entry.seq);
            verdicts.push(Verdict::Divergence { epoch, seq, reader: reader.into() });
        }
    }
}

fn everything_seen(room: &RoomHistory) -> impl Iterator<Item = (&str, &Seen)> {
    let heard =
        room.readers.iter().flat_map(|reader| reader.deliveries.iter().map(|seen| (&*reader.name, seen)));
    room.log.iter().map(|entry| (LOG, entry)).chain(heard)
}

/// Posted messages by the client id they carry.
fn by_client_id(seen: &[Seen]) -> impl Iterator<Item = (&str, &Seen)> {
    seen.iter().filter_map(|entry| Some((entry.client_id.as_deref()?, entry)))
}
