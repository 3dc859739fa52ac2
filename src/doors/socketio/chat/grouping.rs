//! Coming to a group's room and going from it, and who else is there.

use recado_actors::id::UserId;
use recado_actors::message::client::{SignalAttendance, UnfollowRoom};
use recado_actors::message::presence::{ListPresent, Present};
use recado_actors::message::room::{GetStanding, Standing};
use recado_actors::refusal::Refusal;
use serde_json::{Value, json};

use super::asked::Number;
use super::talk::{Desk, group_of};
use super::texts;
use super::words::{Yes, number};

impl Desk {
    /// Only members come in. Whoever is there already is told the same.
    pub async fn join_group(&self, group: Number) -> Result<Value, Refusal> {
        let room = group_of(group)?.room();
        let Standing { group, members, .. } = self.standing(group_of(group)?.room()).await?;
        let opened = self.guest.open(&room).await?;
        self.guest.follow(&room, opened).await?;
        self.guest.tell(SignalAttendance { room, attends: true });
        let view = json!({
            "id": group.id.number(), "name": group.name, "type": group.kind.as_str(), "memberCount": members,
        });
        Ok(json!({ "success": true, "group": view, "message": texts::JOINED }))
    }

    /// The membership stays; only what is said there is not heard any more.
    pub async fn leave_group(&self, group: Number) -> Result<Value, Refusal> {
        let room = group_of(group)?.room();
        self.guest.tell(SignalAttendance { room: room.clone(), attends: false });
        self.guest.tell(UnfollowRoom { room });
        Ok(json!(Yes::new(texts::LEFT)))
    }

    pub async fn list_online(&self, group: Number) -> Result<Value, Refusal> {
        let room = group_of(group)?.room();
        self.standing(room.clone()).await?;
        let broker = self.guest.broker();
        let wait = broker.settings().command_timeout;
        let present = broker.presence().ask(ListPresent { room }, wait).await?;
        let online = present.iter().filter(|present| present.online && present.status.is_online());
        let online: Vec<Value> = online.map(|present| self.view(present)).collect();
        Ok(json!({ "success": true, "data": online }))
    }

    async fn standing(&self, room: recado_actors::id::RoomId) -> Result<Standing, Refusal> {
        let user: &UserId = &self.guest.identity.user;
        self.guest.broker().ask_room(&room, || GetStanding { user: user.clone() }).await?
    }

    /// `socketId` is the original's one socket of a user; here a user has several, and the caller knows its own.
    fn view(&self, present: &Present) -> Value {
        let Present { user, status, since, .. } = present;
        let own = *user == self.guest.identity.user;
        json!({
            "userId": number(user), "status": status, "lastSeen": self.now(), "joinedAt": since,
            "socketId": own.then(|| self.guest.peer.sid().to_string()),
        })
    }
}
