//! One chat client: what it says, and who answers it.
//!
//! Messages are handed on while earlier ones are on their way; everything else is done one at a time.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use recado_actors::archive::NoteSeen;
use recado_actors::clock::Timestamp;
use recado_actors::id::GroupId;
use recado_actors::message::client::{SignalStatus, SignalTyping};
use recado_actors::ports::people::OwnGroup;
use recado_actors::refusal::{Farewell, GroupRefusal, Refusal};
use serde::Serialize;
use tokio::time::Instant;

use super::asked::{self, Asked, Heard, Number};
use super::words::{Connected, No, number};
use super::{ChatDoor, texts};
use crate::doors::in_hand::InHand;
use crate::doors::socketio::engine::rider::Work;
use crate::doors::socketio::guest::Guest;
use crate::doors::socketio::talk::{Ack, Event, Talk};

pub(super) struct ChatTalk {
    /// None: it has left.
    desk: Option<Rc<Desk>>,
    /// Those it comes to, until it is in.
    groups: Vec<OwnGroup>,
}

/// What serving a client needs, also while it waits.
pub(super) struct Desk {
    pub door: ChatDoor,
    pub guest: Guest,
    pub posts: Rc<InHand>,
    /// It counts as one of its user's devices.
    pub came: Cell<bool>,
}

impl ChatTalk {
    pub fn new(door: ChatDoor, guest: Guest, groups: Vec<OwnGroup>) -> Self {
        Self {
            desk: Some(Rc::new(Desk { door, guest, posts: Rc::default(), came: Cell::default() })),
            groups,
        }
    }
}

impl Talk for ChatTalk {
    fn joined(&mut self) -> Option<Work> {
        let (desk, groups) = (self.desk.clone()?, std::mem::take(&mut self.groups));
        Some(Box::pin(async move {
            if let Err(refusal) = desk.clone().arrive(groups).await {
                log::warn!("a chat client could not be shown its groups: {refusal}");
                desk.guest.seat.outlet.close(Farewell::TryLater);
            }
        }))
    }

    fn hear(&mut self, event: Event) -> Option<Work> {
        let desk = self.desk.clone()?;
        if !desk.pays(&event.name) {
            desk.refuse(event, texts::RATE_LIMITED.into());
            return None;
        }
        match asked::read(&event.name, &event.args) {
            Heard::Asked(asked) => desk.serve(asked, event),
            Heard::Refused(text) => {
                desk.refuse(event, text.into());
                None
            }
            Heard::Ignored => None,
        }
    }

    fn left(&mut self, farewell: Option<Farewell>) {
        let Some(desk) = self.desk.take() else { return };
        let user = desk.guest.identity.user.clone();
        if desk.came.get() {
            desk.door.devices.goes(&user, desk.now(), farewell);
        }
        desk.guest.broker().archive().tell(NoteSeen { user, group: None });
        desk.guest.leave();
    }
}

impl Desk {
    /// What is typed, delivered and read is not counted.
    fn pays(&self, name: &str) -> bool {
        let free = matches!(name, "typing_start" | "typing_stop" | "message_delivered" | "message_read");
        free || self.door.budget.spend(&self.guest.identity.user, Instant::now())
    }

    fn serve(self: Rc<Self>, asked: Asked, event: Event) -> Option<Work> {
        match asked {
            Asked::Send(letter) => self.send(letter, event),
            Asked::Typing { group, is_typing } => {
                self.signal_typing(group, is_typing);
                None
            }
            Asked::SetStatus(status) => {
                self.guest.tell(SignalStatus(status));
                None
            }
            asked => Some(Box::pin(async move {
                match self.comply(asked, &event).await {
                    Ok(Some(answer)) => self.answer(event.ack, &answer),
                    Ok(None) => {}
                    Err(text) => self.refuse(event, text),
                }
            })),
        }
    }

    async fn comply(
        &self,
        asked: Asked,
        event: &Event,
    ) -> Result<Option<serde_json::Value>, Cow<'static, str>> {
        let answer = match asked {
            Asked::Join { group } => self.join_group(group).await,
            Asked::Leave { group } => self.leave_group(group).await,
            Asked::ListOnline { group } => self.list_online(group).await,
            Asked::Edit { message, content } => return self.edit(message, content).await.map(Some),
            Asked::Delete { message } => self.delete(message).await,
            Asked::Recall { message } => self.recall(message).await,
            Asked::Upload { group, name, size } => {
                return self.upload(group, name, size, event).await.map(Some);
            }
            Asked::Delivered { messages } => return Ok(self.delivered(messages).await),
            Asked::Read { messages } => return Ok(self.read(messages).await),
            // Served at once.
            Asked::Send(_) | Asked::Typing { .. } | Asked::SetStatus(_) => return Ok(None),
        };
        answer.map(Some).map_err(|refusal| texts::of(&refusal, texts::FAILED))
    }

    fn signal_typing(&self, group: Number, is_typing: bool) {
        if let Ok(group) = GroupId::new(group) {
            self.guest.tell(SignalTyping { room: group.room(), is_typing });
        }
    }

    pub fn answer(&self, ack: Option<Ack>, answer: &impl Serialize) {
        if let Some(ack) = ack {
            ack.answer(&(answer,), &[]);
        }
    }

    /// Says no to whoever waits for an answer, and to a sender in any case.
    pub fn refuse(&self, event: Event, text: Cow<'static, str>) {
        let temp_id = asked::temp_id(&event.args);
        let sends = event.name == "send_message";
        if sends {
            self.tell_failure(temp_id, &text);
        }
        let no = No { temp_id: temp_id.filter(|_| sends), ..No::new(&text) };
        self.answer(event.ack, &no);
    }

    pub fn now(&self) -> Timestamp {
        self.guest.broker().clock().now()
    }

    pub fn greet(&self) {
        let (message, now) = (texts::CONNECTED, self.now());
        let user_id = number(&self.guest.identity.user);
        let told = Connected { message, user_id, timestamp: now.to_string(), server_time: now.0 };
        self.guest.peer.emit("connected", &(told,), &[]);
    }
}

/// A group's number as a group, which it always is here.
pub(super) fn group_of(number: Number) -> Result<GroupId, Refusal> {
    GroupId::new(number).map_err(|_| Refusal::Group(GroupRefusal::Unknown))
}
