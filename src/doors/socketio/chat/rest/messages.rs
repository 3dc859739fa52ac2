//! A group's messages, page by page from the newest back.

use actix_web::{HttpResponse, web};
use recado_actors::archive::NoteSeen;
use serde_json::json;

use super::answer::{Failure, Link, link, ok};
use super::caller::Caller;
use super::views::{Cut, PageQuery, group_brief};

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
    let member = caller.enters(&group).await?;
    let total = member.log().count_posted(&member.room).await?;
    let entries = match member.log().nth_newest(&member.room, cut.skip()).await? {
        Some(newest) => {
            let most = usize::try_from(cut.limit).unwrap_or(1);
            member.log().messages(&member.room, newest.next(), most).await?.entries
        }
        None => Vec::new(),
    };
    let views = member.views(&entries).await?;
    let (user, id) = (caller.identity.user.clone(), member.standing.group.id);
    caller.door.broker.archive().tell(NoteSeen { user, group: Some(id) });
    let listed = json!({
        "messages": views, "pagination": cut.pagination("totalMessages", total),
        "groupInfo": group_brief(&member.standing.group, member.standing.role),
    });
    Ok(ok("Mensagens recuperadas com sucesso", listed, links(&member.messages(), cut, total)))
}

fn links(messages: &str, cut: Cut, total: u64) -> Vec<Link> {
    let page = |page: u64| format!("{messages}?page={page}&limit={}", cut.limit);
    let mut links = vec![link("self", "GET", page(cut.page)), link("send_message", "POST", messages)];
    if cut.skip().saturating_add(cut.limit) < total {
        links.push(link("next", "GET", page(cut.page.saturating_add(1))));
    }
    if cut.page > 1 {
        links.push(link("previous", "GET", page(cut.page.saturating_sub(1))));
    }
    links
}
