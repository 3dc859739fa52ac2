//! What this API shows, and how its lists are cut into pages.

use recado_actors::id::UserId;
use recado_actors::message::receipt::Receipt;
use recado_actors::message::room::{Entry, Message, Role};
use recado_actors::ports::people::{Group, MemberRole, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::answer::Failure;
use crate::doors::socketio::chat::words::{Msg, number};

/// The most of a list in one answer.
const MOST: u64 = 100;

/// Which page of a list. Texts that are no whole numbers above zero are refused.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// From 1.
    #[param(value_type = Option<u64>, example = 1)]
    page: Option<String>,
    /// At most 100.
    #[param(value_type = Option<u64>, example = 20)]
    limit: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub page: u64,
    pub limit: u64,
}

impl PageQuery {
    pub fn cut(&self, limit: u64) -> Result<Cut, Failure> {
        let page = whole("page", self.page.as_deref(), 1)?;
        Ok(Cut { page, limit: whole("limit", self.limit.as_deref(), limit)?.min(MOST) })
    }
}

/// A whole number above zero.
pub fn whole(name: &str, text: Option<&str>, default: u64) -> Result<u64, Failure> {
    let Some(text) = text else { return Ok(default) };
    let parsed = text.parse().ok().filter(|number: &u64| (1..=u64::from(u32::MAX)).contains(number));
    parsed.ok_or_else(|| Failure::Invalid {
        error: format!("{name} deve ser um número inteiro maior que zero").into(),
        details: vec![json!({ "field": name })],
    })
}

impl Cut {
    pub fn skip(self) -> u64 {
        self.page.saturating_sub(1).saturating_mul(self.limit)
    }

    /// `total` by this name: `totalGroups`, `totalMessages`.
    pub fn pagination(self, name: &str, total: u64) -> Value {
        let pages = total.div_ceil(self.limit.max(1));
        json!({
            "currentPage": self.page, "totalPages": pages, name: total,
            "hasNext": self.page < pages, "hasPrevious": self.page > 1,
        })
    }
}

pub fn keeps_order(role: MemberRole) -> bool {
    role != MemberRole::Member
}

pub fn group_brief(group: &Group, role: MemberRole) -> Value {
    json!({
        "id": group.id.number(), "name": group.name, "type": group.kind.as_str(), "memberRole": role.as_str(),
        "canManageMembers": keeps_order(role), "canEditGroup": keeps_order(role),
    })
}

/// Name and last name.
pub fn full_name(user: &User) -> String {
    format!("{} {}", user.name, user.last_name).trim().to_owned()
}

/// A message, and what the caller may do with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView<'a> {
    #[serde(flatten)]
    pub message: Msg<'a>,
    pub sender: SenderView<'a>,
    pub reply_to: Option<Value>,
    pub reads: Vec<Value>,
    pub can_edit: bool,
    pub can_delete: bool,
    pub links: Vec<super::answer::Link>,
}

/// Who wrote a message. The key `last_name` is the original's.
#[derive(Serialize)]
pub struct SenderView<'a> {
    id: u64,
    name: &'a str,
    last_name: &'a str,
    email: Option<&'a str>,
}

impl<'a> SenderView<'a> {
    /// As the directory knows them today; whoever it does not know is called what the message calls them.
    fn of(message: &Msg<'a>, written: &'a Message, known: Option<&'a User>) -> Self {
        let id = message.sender_id;
        match known {
            Some(User { name, last_name, email, .. }) => {
                Self { id, name, last_name, email: email.as_deref() }
            }
            None => {
                let email = written.sender.email.as_deref();
                Self { id, name: message.sender_name, last_name: "", email }
            }
        }
    }
}

impl<'a> MessageView<'a> {
    /// `receipts` are those of the whole room.
    pub fn of(
        message: Msg<'a>,
        entry: &'a Entry,
        (caller, role): (&UserId, MemberRole),
        receipts: &[Receipt],
        known: Option<&'a User>,
    ) -> Option<Self> {
        let written = entry.body.message()?;
        let others = || receipts.iter().filter(|receipt| entry.by.as_ref() != Some(&receipt.user));
        let reads: Vec<Value> = others()
            .filter(|receipt| receipt.mark.read >= entry.seq)
            .map(|receipt| json!({ "userId": number(&receipt.user) }))
            .collect();
        let delivered = others().any(|receipt| receipt.mark.delivered >= entry.seq);
        let status = match (reads.is_empty(), delivered) {
            (false, _) => "read",
            (true, true) => "delivered",
            (true, false) => "sent",
        };
        let own = entry.by.as_ref() == Some(caller) && written.role != Role::System;
        let sender = SenderView::of(&message, written, known);
        let can_edit = own && !message.is_deleted && message.r#type == "text";
        let can_delete = (own || keeps_order(role)) && !message.is_deleted;
        let href = format!("/api/chat/groups/{}/messages", message.group_id);
        let links = vec![super::answer::link("group_messages", "GET", href)];
        let message = Msg { status, ..message };
        Some(Self { message, sender, reply_to: None, reads, can_edit, can_delete, links })
    }
}
