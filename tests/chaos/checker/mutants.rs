//! The checker's own proof: clean histories pass, and each seeded bug gets its own verdict.
//!
//! A mutant that slips through fails here, with the seed that made it.

use super::damage::{any_acked, append, exchange, head, pair, unanswered};
use super::sample::faultless;
use super::{LOG, Unearned, Verdict, judge};
use crate::history::{Outcome, Receipt, RoomHistory};
use crate::random::Dice;

const HISTORIES: u64 = 300;

/// Breaks a clean history in one place, and the verdict must be found among those given.
fn every_mutant_is_caught(mutate: fn(&mut RoomHistory, &mut Dice), expected: fn(&Verdict) -> bool) {
    for seed in 0..HISTORIES {
        let mut dice = Dice::seeded(seed);
        let mut room = faultless(&mut dice);
        mutate(&mut room, &mut dice);
        let verdicts = judge(&room).verdicts;
        assert!(verdicts.iter().any(expected), "seed {seed} slipped through with {verdicts:?}");
    }
}

#[test]
fn clean_histories_pass() {
    let mut repeated = 0;
    for seed in 0..HISTORIES {
        let judgement = judge(&faultless(&mut Dice::seeded(seed)));
        assert!(judgement.verdicts.is_empty(), "seed {seed}: {:?}", judgement.verdicts);
        repeated += judgement.raw_duplicates;
    }
    assert!(repeated > 0, "the samples should hear some entries again");
}

#[test]
fn an_empty_room_passes() {
    assert!(judge(&RoomHistory::default()).verdicts.is_empty());
}

#[test]
fn an_acknowledged_message_missing_from_the_log_is_lost() {
    every_mutant_is_caught(
        |room, dice| {
            let (_, seq) = any_acked(room, dice);
            room.log.retain(|entry| entry.seq != seq);
        },
        |verdict| matches!(verdict, Verdict::Lost { reader, .. } if reader == LOG),
    );
}

#[test]
fn an_acknowledged_tail_missing_everywhere_is_lost() {
    every_mutant_is_caught(
        |room, dice| {
            let (_, seq) = any_acked(room, dice);
            room.log.retain(|entry| entry.seq < seq);
            room.readers.iter_mut().for_each(|reader| reader.deliveries.retain(|entry| entry.seq < seq));
        },
        |verdict| matches!(verdict, Verdict::Lost { reader, .. } if reader == LOG),
    );
}

#[test]
fn a_message_that_one_reader_never_heard_is_lost_for_it() {
    let mutate = |room: &mut RoomHistory, dice: &mut Dice| {
        let (_, seq) = any_acked(room, dice);
        room.readers[1].deliveries.retain(|entry| entry.seq != seq);
    };
    every_mutant_is_caught(
        mutate,
        |verdict| matches!(verdict, Verdict::Lost { reader, .. } if reader == "reader 1"),
    );
    every_mutant_is_caught(
        mutate,
        |verdict| matches!(verdict, Verdict::Gap { reader, from, to, .. } if reader == "reader 1" && from == to),
    );
}

#[test]
fn a_hole_in_the_log_is_a_gap() {
    every_mutant_is_caught(
        |room, dice| {
            let hole = dice.index(room.log.len() - 1);
            room.log.remove(hole);
        },
        |verdict| matches!(verdict, Verdict::Gap { reader, .. } if reader == LOG),
    );
}

#[test]
fn two_entries_heard_the_wrong_way_round_are_a_reorder() {
    every_mutant_is_caught(
        |room, dice| {
            room.readers[0].deliveries.clone_from(&room.log);
            let first = dice.index(room.log.len() - 1);
            room.readers[0].deliveries.swap(first, first + 1);
        },
        |verdict| matches!(verdict, Verdict::Reorder { seq, after, .. } if seq + 1 == *after),
    );
}

#[test]
fn a_message_heard_under_two_numbers_is_a_duplicate() {
    every_mutant_is_caught(
        |room, dice| {
            let mut again = room.log[dice.index(room.log.len())].clone();
            again.seq = head(room) + 1;
            room.readers[0].deliveries.push(again);
        },
        |verdict| matches!(verdict, Verdict::Duplicate { reader, .. } if reader == "reader 0"),
    );
}

#[test]
fn a_repeated_delivery_is_only_counted() {
    let mut room = faultless(&mut Dice::seeded(7));
    let before = judge(&room).raw_duplicates;
    let again = room.log[3].clone();
    room.readers[0].deliveries.push(again);
    let judgement = judge(&room);
    assert!(judgement.verdicts.is_empty(), "{:?}", judgement.verdicts);
    assert_eq!(judgement.raw_duplicates, before + 1);
}

#[test]
fn a_number_used_twice_is_a_divergence() {
    every_mutant_is_caught(
        |room, dice| {
            let reused = dice.index(room.log.len() - 1);
            let seq = room.log[reused].seq;
            room.log[reused + 1].seq = seq;
        },
        |verdict| matches!(verdict, Verdict::Divergence { .. }),
    );
}

#[test]
fn another_content_under_the_same_number_is_a_divergence() {
    every_mutant_is_caught(
        |room, dice| {
            let altered = dice.index(room.readers[1].deliveries.len());
            room.readers[1].deliveries[altered].hash ^= 1;
        },
        |verdict| matches!(verdict, Verdict::Divergence { .. }),
    );
}

#[test]
fn a_refused_message_that_appears_is_a_phantom() {
    every_mutant_is_caught(
        |room, _| {
            let refused = room.attempts.iter().find(|attempt| attempt.outcome == Outcome::Fail).unwrap();
            append(room, &refused.client_id.clone());
        },
        |verdict| matches!(verdict, Verdict::Phantom { why: Unearned::Refused, .. }),
    );
}

#[test]
fn a_message_nobody_sent_is_a_phantom() {
    every_mutant_is_caught(
        |room, _| append(room, "made up"),
        |verdict| matches!(verdict, Verdict::Phantom { why: Unearned::NeverSent, .. }),
    );
}

#[test]
fn a_delivery_that_the_log_never_kept_is_a_phantom() {
    every_mutant_is_caught(
        |room, _| {
            let last = room.log.pop().unwrap();
            room.attempts.retain(|attempt| Some(&attempt.client_id) != last.client_id.as_ref());
            room.attempts.push(unanswered(last.client_id.as_deref().unwrap()));
        },
        |verdict| matches!(verdict, Verdict::Phantom { why: Unearned::NotInLog, .. }),
    );
}

#[test]
fn a_senders_messages_the_wrong_way_round_break_its_order() {
    every_mutant_is_caught(
        |room, _| {
            let (first, second) = pair(room, |a, b| a.sender == b.sender);
            exchange(room, &first, &second);
        },
        |verdict| matches!(verdict, Verdict::SenderOrder { .. }),
    );
}

#[test]
fn a_message_sent_after_an_answer_but_numbered_before_it_breaks_real_time_order() {
    every_mutant_is_caught(
        |room, _| {
            let (first, second) = pair(room, |a, b| {
                a.sender != b.sender
                    && matches!(a.outcome, Outcome::Ok { acked_at, .. } if acked_at < b.started_at)
            });
            exchange(room, &first, &second);
        },
        |verdict| matches!(verdict, Verdict::RealTimeOrder { .. }),
    );
}

#[test]
fn an_answer_with_another_number_than_the_log_has_is_wrong() {
    every_mutant_is_caught(
        |room, dice| {
            let (attempt, _) = any_acked(room, dice);
            let Outcome::Ok { seq, .. } = &mut room.attempts[attempt].outcome else { unreachable!() };
            *seq += 1;
        },
        |verdict| matches!(verdict, Verdict::WrongAnswer { acked, stored, .. } if *acked == stored + 1),
    );
}

#[test]
fn one_client_id_under_two_entries_is_stored_twice() {
    every_mutant_is_caught(
        |room, dice| {
            let client_id = room.log[dice.index(room.log.len())].client_id.clone().unwrap();
            append(room, &client_id);
        },
        |verdict| matches!(verdict, Verdict::StoredTwice { first, second, .. } if first < second),
    );
}

#[test]
fn a_receipt_that_goes_back_is_a_regression() {
    every_mutant_is_caught(
        |room, _| {
            let user = "sender 1".to_owned();
            let marks = [(9, 6), (9, 5)];
            let receipts = marks.map(|(delivered, read)| Receipt { user: user.clone(), delivered, read });
            room.readers[0].receipts.extend(receipts);
        },
        |verdict| matches!(verdict, Verdict::ReceiptRegression { from: 6, to: 5, .. }),
    );
}

#[test]
fn a_receipt_beyond_the_log_or_beyond_its_own_delivery_is_ahead() {
    let ahead = |verdict: &Verdict| matches!(verdict, Verdict::ReceiptAhead { .. });
    every_mutant_is_caught(
        |room, _| {
            let delivered = head(room) + 1;
            room.readers[0].receipts.push(Receipt { user: "sender 1".into(), delivered, read: 1 });
        },
        ahead,
    );
    every_mutant_is_caught(
        |room, _| room.readers[0].receipts.push(Receipt { user: "sender 1".into(), delivered: 3, read: 4 }),
        ahead,
    );
}

#[test]
fn a_reset_that_nobody_expected_is_reported() {
    every_mutant_is_caught(
        |room, _| room.readers[0].resets.push("the log was cut".into()),
        |verdict| matches!(verdict, Verdict::Reset { .. }),
    );
}
