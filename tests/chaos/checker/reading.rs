//! One reader's own view: every number once, in order, and receipts that only grow.
//!
//! A repeated (epoch, seq) is counted, not condemned: removing it is what a client's deduplication is for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Judgement, LOG, Verdict, by_client_id};
use crate::history::{Reader, Seen};

pub fn judge_reader(reader: &Reader, log: &[Seen], judgement: &mut Judgement) {
    let name = &reader.name;
    let head = log.iter().map(|entry| entry.seq).max().unwrap_or(0);
    let verdicts = &mut judgement.verdicts;
    let mut seen = arrivals(name, &reader.deliveries, verdicts, &mut judgement.raw_duplicates);
    let first_epoch = reader.deliveries.first().or(log.first()).map(|entry| entry.epoch.clone());
    if let Some(epoch) = first_epoch.filter(|_| reader.caught_up || !reader.deliveries.is_empty()) {
        let end = if reader.caught_up { head + 1 } else { 0 };
        let numbers = seen.entry(epoch).or_default();
        numbers.insert(reader.after);
        // A sentinel just behind the head: a caught-up reader must not stop short of it.
        numbers.insert(end.max(reader.after));
    }
    find_gaps(name, &seen, verdicts);
    find_duplicates(name, &reader.deliveries, verdicts);
    let resets =
        reader.resets.iter().map(|detail| Verdict::Reset { reader: name.clone(), detail: detail.clone() });
    verdicts.extend(resets);
    judge_receipts(reader, head, verdicts);
}

pub fn judge_log(log: &[Seen], verdicts: &mut Vec<Verdict>) {
    let mut repeated = 0;
    let mut seen = arrivals(LOG, log, verdicts, &mut repeated);
    if let Some(first) = log.first() {
        seen.entry(first.epoch.clone()).or_default().insert(0);
    }
    find_gaps(LOG, &seen, verdicts);
    let mut first_seen: HashMap<&str, u64> = HashMap::new();
    for (client_id, entry) in by_client_id(log) {
        let first = *first_seen.entry(client_id).or_insert(entry.seq);
        if first != entry.seq {
            verdicts.push(Verdict::StoredTwice { client_id: client_id.into(), first, second: entry.seq });
        }
    }
}

type Numbers = BTreeMap<Arc<str>, BTreeSet<u64>>;

fn arrivals(reader: &str, seen: &[Seen], verdicts: &mut Vec<Verdict>, raw_duplicates: &mut u64) -> Numbers {
    let mut numbers = Numbers::new();
    for entry in seen {
        let known = numbers.entry(entry.epoch.clone()).or_default();
        let highest = known.last().copied().unwrap_or(0);
        if !known.insert(entry.seq) {
            *raw_duplicates += 1;
        } else if entry.seq < highest {
            let (reader, epoch) = (reader.to_owned(), entry.epoch.clone());
            verdicts.push(Verdict::Reorder { reader, epoch, seq: entry.seq, after: highest });
        }
    }
    numbers
}

fn find_gaps(reader: &str, seen: &Numbers, verdicts: &mut Vec<Verdict>) {
    for (epoch, numbers) in seen {
        for (low, high) in numbers.iter().zip(numbers.iter().skip(1)) {
            if high - low > 1 {
                let (reader, epoch) = (reader.to_owned(), epoch.clone());
                verdicts.push(Verdict::Gap { reader, epoch, from: low + 1, to: high - 1 });
            }
        }
    }
}

fn find_duplicates(reader: &str, seen: &[Seen], verdicts: &mut Vec<Verdict>) {
    let mut first_heard: HashMap<&str, (&str, u64)> = HashMap::new();
    for (client_id, entry) in by_client_id(seen) {
        let place = (&*entry.epoch, entry.seq);
        let first = *first_heard.entry(client_id).or_insert(place);
        if first.0 == place.0 && first.1 != place.1 {
            let (reader, client_id) = (reader.to_owned(), client_id.to_owned());
            verdicts.push(Verdict::Duplicate { reader, client_id, first: first.1, second: entry.seq });
        }
    }
}

fn judge_receipts(reader: &Reader, head: u64, verdicts: &mut Vec<Verdict>) {
    let mut marks: HashMap<&str, (u64, u64)> = HashMap::new();
    for receipt in &reader.receipts {
        let (delivered, read) = marks.entry(&receipt.user).or_default();
        let backwards = |from, to| Verdict::ReceiptRegression {
            reader: reader.name.clone(),
            user: receipt.user.clone(),
            from,
            to,
        };
        if receipt.delivered < *delivered {
            verdicts.push(backwards(*delivered, receipt.delivered));
        }
        if receipt.read < *read {
            verdicts.push(backwards(*read, receipt.read));
        }
        if receipt.read > receipt.delivered || receipt.delivered > head {
            let (reader, user) = (reader.name.clone(), receipt.user.clone());
            let (read, delivered) = (receipt.read, receipt.delivered);
            verdicts.push(Verdict::ReceiptAhead { reader, user, read, delivered });
        }
        (*delivered, *read) = ((*delivered).max(receipt.delivered), (*read).max(receipt.read));
    }
}
