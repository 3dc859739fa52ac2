//! Order across messages: what one sender said, and what the clock on the wall says.
//!
//! Only messages whose number is known count: from the acknowledgement, or from the log when no answer came.

use std::collections::HashMap;

use super::{Verdict, by_client_id};
use crate::history::{Attempt, Outcome, RoomHistory};

pub fn judge_senders(room: &RoomHistory, verdicts: &mut Vec<Verdict>) {
    let mut last: HashMap<&str, (u64, &str)> = HashMap::new();
    for (attempt, seq) in numbered(room) {
        let later = attempt.client_id.as_str();
        match last.get(attempt.sender.as_str()) {
            Some((highest, earlier)) if seq <= *highest => verdicts.push(Verdict::SenderOrder {
                sender: attempt.sender.clone(),
                earlier: (*earlier).into(),
                later: later.into(),
            }),
            _ => {
                last.insert(&attempt.sender, (seq, later));
            }
        }
    }
}

/// Walks both timelines once: of everything acknowledged before a send began, the highest number must be below its own.
pub fn judge_real_time(room: &RoomHistory, verdicts: &mut Vec<Verdict>) {
    let mut begun = numbered(room);
    begun.sort_by_key(|(attempt, _)| attempt.started_at);
    let mut acked: Vec<(u64, u64, &str)> = room.attempts.iter().filter_map(acknowledged).collect();
    acked.sort_unstable();

    let mut acked = acked.into_iter().peekable();
    let mut highest = (0, "");
    for (attempt, seq) in begun {
        while let Some((_, number, client_id)) = acked.next_if(|(at, ..)| *at < attempt.started_at) {
            highest = highest.max((number, client_id));
        }
        if highest.0 > seq {
            let (earlier, later) = (highest.1.into(), attempt.client_id.clone());
            verdicts.push(Verdict::RealTimeOrder { earlier, later });
        }
    }
}

fn acknowledged(attempt: &Attempt) -> Option<(u64, u64, &str)> {
    let Outcome::Ok { seq, acked_at, .. } = attempt.outcome else { return None };
    Some((acked_at, seq, &attempt.client_id))
}

fn numbered(room: &RoomHistory) -> Vec<(&Attempt, u64)> {
    let stored: HashMap<&str, u64> = by_client_id(&room.log).map(|(id, entry)| (id, entry.seq)).collect();
    let number = |attempt: &Attempt| match attempt.outcome {
        Outcome::Ok { seq, .. } => Some(seq),
        Outcome::Fail | Outcome::Unknown => stored.get(attempt.client_id.as_str()).copied(),
    };
    room.attempts.iter().filter_map(|attempt| Some((attempt, number(attempt)?))).collect()
}
