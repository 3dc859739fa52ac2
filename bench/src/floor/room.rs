//! Rooms of the floor and the writes of their members.
//!
//! Fanning out allocates nothing per member: a frame, or a turn's worth of frames, is one shared buffer.

use super::Mode;
use anyhow::Result;
use bytes::{Bytes, BytesMut};
use recado_bench::frame;
use socket2::SockRef;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::net::Shutdown;
use std::rc::Rc;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;

/// A member that owes more than this is hung up on.
const LARGEST_DEBT: usize = 8 * 1024 * 1024;

pub struct Member {
    socket: OwnedWriteHalf,
    /// It hears itself.
    echo: bool,
    backlog: RefCell<VecDeque<Bytes>>,
    debt: Cell<usize>,
}

impl Member {
    pub fn new(socket: OwnedWriteHalf, echo: bool) -> Self {
        Self { socket, echo, backlog: RefCell::default(), debt: Cell::new(0) }
    }

    /// One write, unless older bytes still wait.
    pub fn send(self: &Rc<Self>, bytes: &Bytes) {
        if self.debt.get() > 0 {
            return self.postpone(bytes.clone());
        }
        match self.socket.try_write(bytes) {
            Ok(wrote) if wrote < bytes.len() => self.postpone(bytes.slice(wrote..)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.postpone(bytes.clone()),
            // a broken socket ends its reader, which takes the member out of the room
            Ok(_) | Err(_) => {}
        }
    }

    fn postpone(self: &Rc<Self>, bytes: Bytes) {
        let debt = self.debt.get();
        if debt > LARGEST_DEBT {
            let _ = SockRef::from(self.socket.as_ref()).shutdown(Shutdown::Both);
            return;
        }
        self.debt.set(debt + bytes.len());
        self.backlog.borrow_mut().push_back(bytes);
        if debt == 0 {
            tokio::task::spawn_local(self.clone().pay());
        }
    }

    async fn pay(self: Rc<Self>) {
        while self.socket.writable().await.is_ok() && self.pay_some() {}
    }

    /// False when there is nothing left to write, or nobody to write to.
    fn pay_some(&self) -> bool {
        let mut backlog = self.backlog.borrow_mut();
        while let Some(front) = backlog.front_mut() {
            match self.socket.try_write(front) {
                Ok(wrote) => {
                    self.debt.set(self.debt.get() - wrote);
                    bytes::Buf::advance(front, wrote);
                }
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
            if front.is_empty() {
                backlog.pop_front();
            }
        }
        *backlog = VecDeque::new();
        false
    }
}

pub struct Room {
    name: Box<str>,
    members: RefCell<Vec<Rc<Member>>>,
    /// What was said since the last flush.
    turn: RefCell<BytesMut>,
}

impl Room {
    fn fan_out(&self, bytes: &Bytes) {
        for member in self.members.borrow().iter() {
            member.send(bytes);
        }
    }

    /// To everybody but one, in a write for each: what a whole room shares cannot leave one out.
    fn tell_others(&self, speaker: &Rc<Member>, bytes: &Bytes) {
        for member in self.members.borrow().iter().filter(|member| !Rc::ptr_eq(member, speaker)) {
            member.send(bytes);
        }
    }

    fn flush(&self) {
        let said = self.turn.borrow_mut().split().freeze();
        if !said.is_empty() {
            self.fan_out(&said);
        }
    }
}

pub struct Rooms {
    mode: Mode,
    open: RefCell<HashMap<Box<str>, Rc<Room>>>,
    dirty: RefCell<Vec<Rc<Room>>>,
    wake: Notify,
}

impl Rooms {
    pub fn new(mode: Mode) -> Self {
        Self { mode, open: RefCell::default(), dirty: RefCell::default(), wake: Notify::new() }
    }

    pub fn join(&self, name: &str, member: Rc<Member>) -> Rc<Room> {
        let mut open = self.open.borrow_mut();
        let room = open.entry(name.into()).or_insert_with(|| {
            Rc::new(Room { name: name.into(), members: RefCell::default(), turn: RefCell::default() })
        });
        // what was said before belongs to those who were here
        room.flush();
        room.members.borrow_mut().push(member);
        room.clone()
    }

    pub fn broadcast(&self, room: &Rc<Room>, speaker: &Rc<Member>, text: &[u8]) -> Result<()> {
        if self.mode == Mode::Each || !speaker.echo {
            let mut bytes = BytesMut::with_capacity(text.len() + 10);
            frame::put(&mut bytes, frame::TEXT, text)?;
            let bytes = bytes.freeze();
            if speaker.echo {
                room.fan_out(&bytes);
            } else {
                room.tell_others(speaker, &bytes);
            }
            return Ok(());
        }
        let mut turn = room.turn.borrow_mut();
        if turn.is_empty() {
            self.dirty.borrow_mut().push(room.clone());
            self.wake.notify_one();
        }
        frame::put(&mut *turn, frame::TEXT, text)
    }

    pub fn leave(&self, room: &Rc<Room>, member: &Rc<Member>) {
        let mut members = room.members.borrow_mut();
        members.retain(|other| !Rc::ptr_eq(other, member));
        if members.is_empty() {
            self.open.borrow_mut().remove(&room.name);
        }
    }

    /// Woken behind every task that was ready before it: that is a turn.
    pub async fn flush_every_turn(self: Rc<Self>) {
        let mut work = Vec::new();
        loop {
            self.wake.notified().await;
            std::mem::swap(&mut work, &mut self.dirty.borrow_mut());
            for room in work.drain(..) {
                room.flush();
            }
        }
    }
}
