//! A group's messages, page by page from the newest back.

use actix_web::{HttpResponse, web};
use futures_util::future::join_all;
use recado_actors::archive::NoteSeen;
use recado_actors::id::{MessageId, RoomId, Seq};
use recado_actors::message::receipt::ListReceipts;
use recado_actors::message::room::{Entry, Standing};
use serde_json::{Value, json};
use std::sync::Arc;

use super::answer::{Failure, link, ok};
use super::caller::Caller;
use super::views::{Cut, MessageView, PageQuery, group_brief};
use crate::doors::socketio::chat::words::Msg;

/// List a group's messages
///
/// The first page is the newest; within a page the oldest comes first. Only members see them.
#[utoipa::path(
    get,
    path = "/api/chat/groups/{groupId}/messages",
    tag = "chat",
    params(("groupId" = u64, Path, example = 12), PageQuery),
    responses(
        (status = 200, description = "A page of them", body = Value, example = json!({
            "message": "Mensagens recuperadas com sucesso",
            "data": {
                "messages": [{
                    "id": 90, "content": "oi", "type": "text", "senderId": 7, "senderName": "Ana", "groupId": 12,
                    "status": "read", "createdAt": "2024-01-15T10:30:00.000Z", "timestamp": 1705314600000_u64,
                    "reads": [{ "userId": 8 }], "canEdit": true, "canDelete": true
                }],
                "pagination": { "currentPage": 1, "totalPages": 1, "totalMessages": 1, "hasNext": false, "hasPrevious": false },
                "groupInfo": { "id": 12, "name": "Comercial", "type": "group", "memberRole": "admin" }
            },
            "links": []
        })),
        (status = 500, description = "No member, or no such group", body = super::answer::ErrorBody, example = json!({
            "message": "Erro interno do servidor", "error": "Usuário não é membro deste grupo"
        })),
    ),
)]
pub async fn list_messages(
    caller: Caller,
    group: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Failure> {
    let cut = query.cut(50)?;
    let standing = caller.standing(&group).await?;
    let (log, room) = (&caller.door.broker.ports().log, standing.group.id.room());
    let total = log.count_posted(&room, Seq::START, None).await?;
    let entries = match log.nth_newest(&room, cut.skip()).await? {
        Some(newest) => {
            log.messages(&room, newest.next(), usize::try_from(cut.limit).unwrap_or(1)).await?.entries
        }
        None => Vec::new(),
    };
    let views = caller.message_views(&room, &entries, &standing).await?;
    let (user, id) = (caller.identity.user.clone(), standing.group.id);
    caller.door.broker.archive().tell(NoteSeen { user, group: Some(id) });
    let listed = json!({
        "messages": views, "pagination": cut.pagination("totalMessages", total),
        "groupInfo": group_brief(&standing.group, standing.role),
    });
    Ok(ok("Mensagens recuperadas com sucesso", listed, links(&standing, cut, total)))
}

fn links(standing: &Standing, cut: Cut, total: u64) -> Vec<super::answer::Link> {
    let messages = format!("/api/chat/groups/{}/messages", standing.group.id);
    let page = |page: u64| format!("{messages}?page={page}&limit={}", cut.limit);
    let mut links =
        vec![link("self", "GET", page(cut.page)), link("send_message", "POST", messages.as_str())];
    if cut.skip().saturating_add(cut.limit) < total {
        links.push(link("next", "GET", page(cut.page.saturating_add(1))));
    }
    if cut.page > 1 {
        links.push(link("previous", "GET", page(cut.page.saturating_sub(1))));
    }
    links
}

impl Caller {
    pub(super) async fn message_views(
        &self,
        room: &RoomId,
        entries: &[Arc<Entry>],
        standing: &Standing,
    ) -> Result<Vec<Value>, Failure> {
        let broker = &self.door.broker;
        let wait = broker.settings().command_timeout;
        let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, wait).await??;
        let who = (&self.identity.user, standing.role);
        let views =
            entries.iter().filter_map(|entry| MessageView::of(Msg::of(room, entry)?, entry, who, &receipts));
        let views = join_all(views.map(async |view| self.with_reply(room, view).await)).await;
        views.into_iter().collect()
    }

    /// What it answers, as that stands now.
    async fn with_reply(&self, room: &RoomId, mut view: MessageView<'_>) -> Result<Value, Failure> {
        if let Some(id) = view.message.reply_to_id {
            let found = self.door.broker.ports().log.find(room, &MessageId::numbered(id)).await?;
            let answered = found.as_deref().and_then(|entry| Msg::of(room, entry));
            view.reply_to = answered.map(|answered| json!(answered));
        }
        serde_json::to_value(view).map_err(|_| Failure::refused(crate::doors::socketio::chat::texts::FAILED))
    }
}
