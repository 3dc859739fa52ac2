//! One room's seats on one thread, and what they are to be told at the end of this turn.
//!
//! What a turn announces is joined once per dialect, so a seat costs one push and one write however much was said.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::{Bytes, BytesMut};

use crate::dialect::{Announcement, DialectId, Lane};
use crate::id::{Seq, SessionId, UserId};
use crate::message::client::Right;
use crate::outlet::{Deferred, Flusher, Outlet};
use crate::shard::locals::Seated;
use crate::shard::{Announce, Local};
use crate::vitals::Vitals;

/// The most that is joined into one piece.
const PIECE: usize = 64 << 10;

struct Seat {
    outlet: Rc<Outlet>,
    user: UserId,
    right: Right,
    told: Seq,
}

pub(super) struct Audience {
    flusher: Rc<Flusher>,
    vitals: Arc<Vitals>,
    told: Cell<Seq>,
    /// A resend is on its way; asked for once per gap.
    asked: Cell<bool>,
    seats: RefCell<Vec<Seat>>,
    /// Announced in this turn, not pushed yet: entries by number, each once.
    waiting: RefCell<Vec<Announce>>,
}

impl Audience {
    pub fn new(flusher: Rc<Flusher>, vitals: Arc<Vitals>, told: Seq) -> Rc<Self> {
        Rc::new(Self {
            flusher,
            vitals,
            told: Cell::new(told),
            asked: Cell::new(false),
            seats: RefCell::new(Vec::with_capacity(1)),
            waiting: RefCell::default(),
        })
    }

    pub fn told(&self) -> Seq {
        self.told.get()
    }

    pub fn len(&self) -> usize {
        self.seats.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.seats.borrow().is_empty()
    }

    pub fn seats(&self) -> Vec<Seated> {
        let seats = self.seats.borrow();
        seats.iter().map(|seat| (seat.outlet.session(), seat.user.clone(), seat.right)).collect()
    }

    /// Seats a client; it gets `backlog` first, which ends at `told`.
    pub fn seat(&self, local: &Local, told: Seq, backlog: &[Arc<Announcement>]) {
        let (outlet, user, right) = (local.outlet.clone(), local.user().clone(), local.identity.right);
        // What waits is older than this seat: those who sit here hear it, the newcomer has it in its backlog.
        self.settle();
        self.unseat(outlet.session());
        for announcement in backlog {
            outlet.announce(announcement, &user);
        }
        self.vitals.counts.recovered.fetch_add(count(backlog.len()), Relaxed);
        self.seats.borrow_mut().push(Seat { outlet, user, right, told });
    }

    pub fn unseat(&self, session: SessionId) {
        self.seats.borrow_mut().retain(|seat| seat.outlet.session() != session);
    }

    /// Takes an announcement in, to be pushed when the turn ends. After a gap: the number to ask a resend from.
    pub fn announce(self: &Rc<Self>, announce: &Announce) -> Option<Seq> {
        if let Some(seq) = announce.seq {
            if seq > self.told.get().next() {
                return (!self.asked.replace(true)).then_some(self.told.get());
            }
            self.asked.set(false);
            self.told.set(self.told.get().max(seq));
        }
        let mut waiting = self.waiting.borrow_mut();
        if is_news(&waiting, announce) {
            waiting.push(announce.clone());
            if waiting.len() == 1 {
                self.flusher.defer(self.clone());
            }
        }
        None
    }
}

/// After a death the same entries may be sent twice within one turn: by who began anew, and by who heard of that.
fn is_news(waiting: &[Announce], announce: &Announce) -> bool {
    announce.seq.is_none() || waiting.iter().rev().find_map(|waits| waits.seq) < announce.seq
}

impl Deferred for Audience {
    /// Pushes what waits to every seat it is news for.
    fn settle(&self) {
        let waiting = self.waiting.take();
        let mut joined = Joined::new(&waiting);
        let mut told: usize = 0;
        for seat in self.seats.borrow_mut().iter_mut() {
            told = told.saturating_add(match joined.pieces_for(seat) {
                Some(pieces) => {
                    pieces.iter().for_each(|piece| seat.outlet.push_bytes(piece.clone(), Lane::Firm));
                    joined.numbered
                }
                None => seat.hear(&waiting),
            });
            seat.told = seat.told.max(joined.newest);
        }
        self.vitals.counts.delivered.fetch_add(count(told), Relaxed);
        waiting
            .iter()
            .filter_map(|announce| announce.durable)
            .for_each(|durable| self.flusher.announced(durable));
    }
}

impl Seat {
    /// One by one: each may be dropped or folded on a full socket, told already, or meant for others.
    /// How many of them were entries.
    fn hear(&self, waiting: &[Announce]) -> usize {
        let mut told: usize = 0;
        for announce in waiting {
            let known = announce.seq.is_some_and(|seq| seq <= self.told);
            if !known {
                self.outlet.announce(&announce.announcement, &self.user);
                told = told.saturating_add(usize::from(announce.seq.is_some()));
            }
        }
        told
    }

    fn is_to_hear_all_of(&self, announcement: &Announcement) -> bool {
        let said = self.outlet.said_in(announcement);
        said.iter().all(|said| self.outlet.is_to_hear(announcement, said, &self.user))
    }
}

/// What a turn announced, whole, in the words of each dialect that was needed.
struct Joined<'a> {
    waiting: &'a [Announce],
    /// How many of them are entries.
    numbered: usize,
    oldest: Option<Seq>,
    newest: Seq,
    pieces: Vec<((DialectId, u8), Vec<Bytes>)>,
}

impl<'a> Joined<'a> {
    fn new(waiting: &'a [Announce]) -> Self {
        let numbers = || waiting.iter().filter_map(|announce| announce.seq);
        let (oldest, newest) = (numbers().min(), numbers().max().unwrap_or(Seq::START));
        Self { waiting, numbered: numbers().count(), oldest, newest, pieces: Vec::new() }
    }

    /// None: this seat is not to hear all of it as it is.
    fn pieces_for(&mut self, seat: &Seat) -> Option<&[Bytes]> {
        let whole = self.waiting.len() > 1
            && !seat.outlet.is_blocked()
            && self.oldest.is_none_or(|oldest| oldest > seat.told)
            && self.waiting.iter().all(|announce| seat.is_to_hear_all_of(&announce.announcement));
        whole.then(|| self.pieces(&seat.outlet))
    }

    fn pieces(&mut self, outlet: &Outlet) -> &[Bytes] {
        let likeness = outlet.likeness();
        let known = self.pieces.iter().position(|(known, _)| *known == likeness);
        let at = known.unwrap_or_else(|| {
            self.pieces.push((likeness, self.join(outlet)));
            self.pieces.len().saturating_sub(1)
        });
        self.pieces.get(at).map_or(&[], |(_, pieces)| pieces)
    }

    fn join(&self, outlet: &Outlet) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        let mut piece = BytesMut::new();
        let said = self.waiting.iter().flat_map(|announce| outlet.said_in(&announce.announcement));
        for words in said.map(|said| outlet.words_of(said)) {
            if !piece.is_empty() && piece.len().saturating_add(words.len()) > PIECE {
                pieces.push(piece.split().freeze());
            }
            piece.extend_from_slice(words);
        }
        if !piece.is_empty() {
            pieces.push(piece.freeze());
        }
        pieces
    }
}

fn count(some: usize) -> u64 {
    u64::try_from(some).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::dialect::Dialects;
    use crate::id::RoomId;
    use crate::message::room::RoomEvent;

    fn announce(seq: Option<u64>) -> Announce {
        let room = RoomId::chat("c1").unwrap();
        let user = UserId::parse("ann").unwrap();
        let event = RoomEvent::TypingChanged {
            room: room.clone(),
            user,
            name: None,
            is_typing: true,
            at: Timestamp(0),
        };
        let announcement = Announcement::new(event, None, &Dialects::new(Vec::new()));
        Announce { room, seq: seq.map(Seq), durable: None, announcement }
    }

    #[test]
    fn what_is_sent_twice_in_one_turn_waits_once() {
        let mut waiting = Vec::new();
        for seq in [Some(1), None, Some(2), Some(1), Some(2), None, Some(3)] {
            let announce = announce(seq);
            if is_news(&waiting, &announce) {
                waiting.push(announce);
            }
        }
        let waits: Vec<_> = waiting.iter().map(|announce| announce.seq.map(|seq| seq.0)).collect();
        assert_eq!(waits, [Some(1), None, Some(2), None, Some(3)]);
    }
}
