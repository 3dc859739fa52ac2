//! Ways to damage a clean history, shared by the mutants.
//!
//! Each keeps everything it does not mean to break consistent, so that a verdict points at one bug.

use super::sample::entry;
use crate::history::{Attempt, Outcome, RoomHistory, Seen};
use crate::random::Dice;

pub fn head(room: &RoomHistory) -> u64 {
    room.log.last().map_or(0, |entry| entry.seq)
}

/// Some acknowledged attempt, with its number.
pub fn any_acked(room: &RoomHistory, dice: &mut Dice) -> (usize, u64) {
    let acked: Vec<_> =
        room.attempts.iter().enumerate().filter_map(|(at, attempt)| Some((at, seq(attempt)?))).collect();
    acked[dice.index(acked.len())]
}

/// Adds an entry at the head, in the log and for every reader.
pub fn append(room: &mut RoomHistory, client_id: &str) {
    let entry = entry(client_id, head(room) + 1);
    room.readers.iter_mut().for_each(|reader| reader.deliveries.push(entry.clone()));
    room.log.push(entry);
}

/// The first two acknowledged attempts, in program order, that fit.
pub fn pair(room: &RoomHistory, fits: fn(&Attempt, &Attempt) -> bool) -> (String, String) {
    let acked: Vec<&Attempt> = room.attempts.iter().filter(|attempt| seq(attempt).is_some()).collect();
    let pairs = acked
        .iter()
        .enumerate()
        .flat_map(|(at, first)| acked[at + 1..].iter().map(move |second| (first, second)));
    let (first, second) =
        pairs.into_iter().find(|(first, second)| fits(first, second)).expect("a pair that fits");
    (first.client_id.clone(), second.client_id.clone())
}

/// Two messages change places everywhere: in the log, for all readers and in their answers.
pub fn exchange(room: &mut RoomHistory, first: &str, second: &str) {
    let other = |client_id: &str| match client_id {
        id if id == first => Some(second.to_owned()),
        id if id == second => Some(first.to_owned()),
        _ => None,
    };
    let rename = |seen: &mut Seen| {
        let Some(renamed) = seen.client_id.as_deref().and_then(other) else { return };
        *seen = entry(&renamed, seen.seq);
    };
    room.log.iter_mut().for_each(rename);
    room.readers.iter_mut().flat_map(|reader| &mut reader.deliveries).for_each(rename);
    for attempt in &mut room.attempts {
        if other(&attempt.client_id).is_none() {
            continue;
        }
        let stored =
            room.log.iter().find(|seen| seen.client_id.as_ref() == Some(&attempt.client_id)).unwrap();
        if let Outcome::Ok { id, seq, .. } = &mut attempt.outcome {
            (*id, *seq) = (stored.id.clone(), stored.seq);
        }
    }
}

pub fn unanswered(client_id: &str) -> Attempt {
    Attempt { client_id: client_id.into(), sender: "nobody".into(), started_at: 0, outcome: Outcome::Unknown }
}

fn seq(attempt: &Attempt) -> Option<u64> {
    let Outcome::Ok { seq, .. } = attempt.outcome else { return None };
    Some(seq)
}
