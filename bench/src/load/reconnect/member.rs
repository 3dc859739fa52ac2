//! One client that always comes back.
//!
//! It never says a thing under two names, and stops saying it only when it is confirmed or refused for good.

use super::backoff;
use super::hearing::{Hearing, Told};
use super::herd::{Counts, Herd, Room};
use crate::frame::{self, Frame};
use crate::handshake::Refused;
use crate::load::crowd::{self, Client};
use crate::load::kind::Kind;
use crate::load::voice::Voice;
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Past this a client has nothing more to say until something is confirmed.
const MOST_UNCONFIRMED: usize = 1_000;
const BEFORE_SAYING_IT_AGAIN: Duration = Duration::from_millis(500);

pub struct Member {
    number: usize,
    name: String,
    room: Rc<Room>,
    pub hearing: RefCell<Hearing>,
    unconfirmed: RefCell<VecDeque<(usize, Instant)>>,
    next: Cell<usize>,
    /// While it is in.
    voice: RefCell<Option<Voice>>,
    gone: Cell<Option<Instant>>,
    hint: Cell<Option<Duration>>,
}

impl Member {
    pub fn new(number: usize, name: String, room: Rc<Room>) -> Self {
        Self {
            number,
            name,
            room,
            hearing: RefCell::default(),
            unconfirmed: RefCell::default(),
            next: Cell::new(1),
            voice: RefCell::default(),
            gone: Cell::new(None),
            hint: Cell::new(None),
        }
    }

    pub fn room_name(&self) -> &str {
        &self.name
    }

    pub fn unconfirmed(&self) -> usize {
        self.unconfirmed.borrow().len()
    }

    /// Confirmed numbers of its room that it has not heard.
    pub fn lacks(&self) -> u64 {
        self.room.confirmed.get().saturating_sub(self.hearing.borrow().heard())
    }

    pub fn is_settled(&self) -> bool {
        self.unconfirmed() == 0 && self.lacks() == 0
    }

    pub async fn live(self: Rc<Self>, herd: Rc<Herd>) {
        let mut failures = 0;
        loop {
            Counts::add(&herd.counts.attempts);
            let more = self.hearing.borrow().resume();
            let source = self.number % herd.sources;
            match crowd::enter(&herd.target, self.number, source, &self.name, &more).await {
                Ok(client) => {
                    failures = 0;
                    self.stay(&herd, client).await;
                }
                Err(trouble) => {
                    failures += 1;
                    if let Some(refused) = trouble.downcast_ref::<Refused>() {
                        Counts::add(&herd.counts.turned_away);
                        self.hint.set(refused.retry_after);
                    }
                    *herd.last_trouble.borrow_mut() = format!("{trouble:#}");
                }
            }
            sleep(backoff::pause(herd.backoff, failures, self.hint.take())).await;
        }
    }

    /// From the welcome to the end of the connection, whoever ends it.
    async fn stay(self: &Rc<Self>, herd: &Rc<Herd>, client: Client) {
        let Client { mut ear, voice, welcome } = client;
        let mut cuts = herd.cuts.subscribe();
        *self.voice.borrow_mut() = Some(voice.clone());
        herd.inside.set(herd.inside.get() + 1);
        herd.welcomed.set(herd.welcomed.get() + 1);
        if let Some(gone) = self.gone.take() {
            herd.back.borrow_mut().record(gone.elapsed());
        }
        let mut open = welcome.iter().try_for_each(|text| self.hear(herd, text)).is_ok();
        self.say_unconfirmed(herd);
        while open {
            let turn = ear.turn(|head, payload| self.hear_frame(herd, &voice, head, payload));
            tokio::select! {
                turn = turn => match turn {
                    Ok(more) => open = more,
                    Err(trouble) => {
                        *herd.last_trouble.borrow_mut() = format!("{trouble:#}");
                        open = false;
                    }
                },
                _ = cuts.changed() => open = false,
            }
        }
        *self.voice.borrow_mut() = None;
        herd.inside.set(herd.inside.get() - 1);
        Counts::add(&herd.counts.outages);
        self.gone.set(Some(Instant::now()));
    }

    fn hear_frame(
        self: &Rc<Self>,
        herd: &Rc<Herd>,
        voice: &Voice,
        head: &Frame,
        payload: &[u8],
    ) -> Result<()> {
        match head.opcode {
            frame::TEXT => self.hear(herd, payload),
            _ => {
                if head.opcode == frame::CLOSE {
                    let reason = payload.get(2..).unwrap_or_default();
                    self.hint.set(backoff::hint(&String::from_utf8_lossy(reason)));
                }
                crowd::stay_alive(Kind::Recado, voice, head, payload)
            }
        }
    }

    fn hear(self: &Rc<Self>, herd: &Rc<Herd>, text: &[u8]) -> Result<()> {
        let told: Told<'_> = serde_json::from_slice(text)?;
        let tag = told.temp_id.as_deref().and_then(|tag| tag.parse().ok());
        match (&*told.r#type, tag) {
            ("connected", _) => self.hearing.borrow_mut().welcomed(&told),
            ("reset", _) => self.hearing.borrow_mut().reset(told.data.unwrap_or_default()),
            ("sent", Some(tag)) => {
                let seq = told.data.and_then(|data| data.seq).unwrap_or_default();
                self.room.confirmed.set(self.room.confirmed.get().max(seq));
                self.confirmed(herd, tag);
            }
            ("error", Some(tag)) if told.retry => self.say_again_later(herd, tag),
            ("error", Some(tag)) => {
                Counts::add(&herd.counts.refused);
                self.unconfirmed.borrow_mut().retain(|(other, _)| *other != tag);
            }
            ("error", None) => *herd.last_trouble.borrow_mut() = String::from_utf8_lossy(text).into_owned(),
            _ => {
                if let Some(seq) = told.data.and_then(|data| data.seq) {
                    self.hearing.borrow_mut().hear(seq);
                }
            }
        }
        Ok(())
    }

    fn confirmed(&self, herd: &Herd, tag: usize) {
        let mut unconfirmed = self.unconfirmed.borrow_mut();
        let Some(place) = unconfirmed.iter().position(|(other, _)| *other == tag) else { return };
        if let Some((_, due)) = unconfirmed.remove(place) {
            Counts::add(&herd.counts.confirmed);
            herd.answers.borrow_mut().record(due.elapsed());
        }
    }

    /// Says something now or, while it is out, when it is back.
    pub fn post(&self, herd: &Herd, due: Instant) {
        if self.unconfirmed() >= MOST_UNCONFIRMED {
            return;
        }
        let tag = self.next.replace(self.next.get() + 1);
        self.unconfirmed.borrow_mut().push_back((tag, due));
        Counts::add(&herd.counts.posted);
        self.say(herd, tag);
    }

    /// What fails here is said again after the return.
    fn say(&self, herd: &Herd, tag: usize) {
        let Some(voice) = self.voice.borrow().clone() else { return };
        let text = Kind::Recado.post(0, &herd.content, 'x', Some(tag));
        if let Err(trouble) = voice.say(&text) {
            *herd.last_trouble.borrow_mut() = format!("{trouble:#}");
        }
    }

    fn say_unconfirmed(&self, herd: &Herd) {
        let tags: Vec<_> = self.unconfirmed.borrow().iter().map(|(tag, _)| *tag).collect();
        for tag in tags {
            Counts::add(&herd.counts.repeated);
            self.say(herd, tag);
        }
    }

    fn say_again_later(self: &Rc<Self>, herd: &Rc<Herd>, tag: usize) {
        let (member, herd) = (self.clone(), herd.clone());
        tokio::task::spawn_local(async move {
            sleep(BEFORE_SAYING_IT_AGAIN).await;
            if member.unconfirmed.borrow().iter().any(|(other, _)| *other == tag) {
                Counts::add(&herd.counts.repeated);
                member.say(&herd, tag);
            }
        });
    }
}
