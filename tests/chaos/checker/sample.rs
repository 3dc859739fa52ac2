//! Histories of a broker that keeps every promise, from a seed.
//!
//! Senders overlap, time out and are refused; readers hear some entries again: all of it is allowed.

use std::sync::Arc;

use crate::history::{Attempt, Micros, Outcome, Reader, Receipt, RoomHistory, Seen, fingerprint};
use crate::random::Dice;

const SENDERS: usize = 3;
const MESSAGES: usize = 40;

/// A sender's message on its way: attempted, and perhaps committed.
struct InFlight {
    attempt: usize,
    committed: Option<(String, u64)>,
}

pub fn faultless(dice: &mut Dice) -> RoomHistory {
    let mut room = RoomHistory { room: "sample".into(), ..RoomHistory::default() };
    let mut in_flight: [Option<InFlight>; SENDERS] = [const { None }; SENDERS];
    let mut now: Micros = 1;
    while room.attempts.len() < MESSAGES || in_flight.iter().any(Option::is_some) {
        now += dice.between(1, 50);
        let sender = dice.index(SENDERS);
        in_flight[sender] = match in_flight[sender].take() {
            None if room.attempts.len() < MESSAGES => Some(attempt(&mut room, sender, now)),
            None => None,
            Some(sent) => go_on(&mut room, sent, dice, now),
        };
    }
    room.readers = (0..2).map(|number| reader(&format!("reader {number}"), &room.log, dice)).collect();
    room
}

fn attempt(room: &mut RoomHistory, sender: usize, now: Micros) -> InFlight {
    let number = room.attempts.len();
    room.attempts.push(Attempt {
        client_id: format!("c{number}"),
        sender: format!("sender {sender}"),
        started_at: now,
        outcome: Outcome::Unknown,
    });
    InFlight { attempt: number, committed: None }
}

/// The next thing that can happen to a message: commit, answer, refusal or silence.
fn go_on(room: &mut RoomHistory, sent: InFlight, dice: &mut Dice, now: Micros) -> Option<InFlight> {
    // The fifth is always refused, so that every history has a refusal to mutate.
    let silence = sent.attempt != 5 && dice.chance(8);
    if silence {
        return None;
    }
    let refused = sent.attempt == 5 || dice.chance(8);
    if refused && sent.committed.is_none() {
        room.attempts[sent.attempt].outcome = Outcome::Fail;
        return None;
    }
    let Some((id, seq)) = sent.committed else {
        return Some(InFlight { committed: Some(commit(room, sent.attempt)), ..sent });
    };
    room.attempts[sent.attempt].outcome = Outcome::Ok { id, seq, acked_at: now };
    None
}

fn commit(room: &mut RoomHistory, attempt: usize) -> (String, u64) {
    let seq = u64::try_from(room.log.len()).unwrap() + 1;
    let entry = entry(&room.attempts[attempt].client_id, seq);
    let id = entry.id.clone();
    room.log.push(entry);
    (id, seq)
}

pub fn entry(client_id: &str, seq: u64) -> Seen {
    let id = format!("m{seq}");
    let hash = fingerprint(&id, "", client_id);
    Seen { epoch: Arc::from("first"), seq, id, hash, client_id: Some(client_id.into()) }
}

fn reader(name: &str, log: &[Seen], dice: &mut Dice) -> Reader {
    let mut reader = Reader { name: name.into(), caught_up: true, ..Reader::default() };
    let mut read = 0;
    for (index, entry) in log.iter().enumerate() {
        reader.deliveries.push(entry.clone());
        if dice.chance(10) {
            let again = index.saturating_sub(dice.index(4));
            reader.deliveries.extend_from_slice(&log[again..=index]);
        }
        if dice.chance(20) {
            read = dice.between(read, entry.seq);
            reader.receipts.push(Receipt { user: "sender 0".into(), delivered: entry.seq, read });
        }
    }
    reader
}
