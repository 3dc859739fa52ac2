//! The groups a user is in, as their app lists them.

use actix_web::{HttpResponse, web};
use futures_util::future::join_all;
use recado_actors::archive::NoteSeen;
use recado_actors::id::{RoomId, Seq, UserId};
use recado_actors::message::receipt::ListReceipts;
use recado_actors::ports::people::{GroupKind, MemberRole, OwnGroup, OwnGroups, Span};
use serde_json::{Value, json};

use super::answer::{Failure, link, ok};
use super::caller::Caller;
use super::views::{Cut, PageQuery, keeps_order};
use crate::doors::socketio::chat::words::Msg;

/// What stands in place of a deleted message.
const DELETED: &str = "[Mensagem deletada]";

/// List my groups
///
/// Where something was said last comes first. The counts of `summary` are of all groups, whatever the page.
#[utoipa::path(
    get,
    path = "/api/chat/groups",
    tag = "chat",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of them", body = Value, example = json!({
            "message": "Grupos recuperados com sucesso",
            "data": {
                "groups": [{
                    "id": 12, "name": "Comercial", "description": null, "type": "group", "imageUrl": null,
                    "isActive": true, "memberRole": "admin", "memberCount": 3, "unreadCount": 1,
                    "lastMessage": { "id": 90, "content": "oi", "type": "text", "senderId": 7, "senderName": "Ana" }
                }],
                "pagination": { "currentPage": 1, "totalPages": 1, "totalGroups": 1, "hasNext": false, "hasPrevious": false },
                "summary": { "totalGroups": 1, "totalUnreadMessages": 1, "activeGroups": 1, "directChats": 0, "groups": 1 }
            },
            "links": [{ "rel": "self", "href": "/api/chat/groups", "method": "GET" }]
        })),
    ),
)]
pub async fn list_groups(caller: Caller, query: web::Query<PageQuery>) -> Result<HttpResponse, Failure> {
    let cut = query.cut(20)?;
    let broker = &caller.door.broker;
    let all = Span { skip: 0, most: broker.settings().rooms_per_session };
    let own = broker.ports().people.groups_of(&caller.identity.user, all).await?;
    let unread = join_all(own.groups.iter().map(|group| caller.unread(group))).await;
    let unread = unread.into_iter().collect::<Result<Vec<u64>, _>>()?;
    let page = own.groups.iter().zip(&unread);
    let page = page.skip(size(cut.skip())).take(size(cut.limit));
    let groups = join_all(page.map(|(own, unread)| caller.view(own, *unread))).await;
    let groups = groups.into_iter().collect::<Result<Vec<_>, _>>()?;
    broker.archive().tell(NoteSeen { user: caller.identity.user.clone(), group: None });
    let listed = json!({
        "groups": groups, "pagination": cut.pagination("totalGroups", count(own.total)),
        "summary": summary(&own, unread.iter().sum()),
    });
    Ok(ok("Grupos recuperados com sucesso", listed, links(cut)))
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn summary(own: &OwnGroups, unread: u64) -> Value {
    json!({
        "totalGroups": own.total, "totalUnreadMessages": unread, "activeGroups": own.active,
        "directChats": own.direct, "groups": own.total.saturating_sub(own.direct),
    })
}

fn links(cut: Cut) -> Vec<super::answer::Link> {
    let Cut { page, limit } = cut;
    vec![
        link("self", "GET", format!("/api/chat/groups?page={page}&limit={limit}")),
        link("create_group", "POST", "/api/chat/groups"),
        link("search_users", "GET", "/api/chat/users/search"),
    ]
}

impl Caller {
    async fn unread(&self, own: &OwnGroup) -> Result<u64, Failure> {
        let (broker, room) = (&self.door.broker, own.group.id.room());
        let read = self.read_until(&room).await?;
        Ok(broker.ports().log.count_unread(&room, read, &self.identity.user).await?)
    }

    async fn read_until(&self, room: &RoomId) -> Result<Seq, Failure> {
        let (broker, user): (_, &UserId) = (&self.door.broker, &self.identity.user);
        let wait = broker.settings().command_timeout;
        let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, wait).await??;
        let mine = receipts.iter().find(|receipt| receipt.user == *user);
        Ok(mine.map_or(Seq::START, |receipt| receipt.mark.read))
    }

    pub(super) async fn view(&self, own: &OwnGroup, unread: u64) -> Result<Value, Failure> {
        let OwnGroup { group, membership, members } = own;
        let last = self.last_message(&group.id.room()).await?;
        let (id, role) = (group.id.number(), membership.role);
        let messages = format!("/api/chat/groups/{id}/messages");
        Ok(json!({
            "id": id, "name": group.name, "description": group.description, "type": group.kind.as_str(),
            "imageUrl": group.image_url, "createdAt": group.created_at.to_string(),
            "updatedAt": group.updated_at.to_string(), "isActive": group.active, "memberRole": role.as_str(),
            "joinedAt": membership.joined_at.to_string(),
            "lastSeenAt": membership.last_seen.map(|at| at.to_string()),
            "notifications": membership.notifications, "memberCount": members, "unreadCount": unread,
            "lastMessage": last, "permissions": permissions(group.active, group.kind, role),
            "links": [link("messages", "GET", messages.as_str()), link("send_message", "POST", messages.as_str())],
        }))
    }

    async fn last_message(&self, room: &RoomId) -> Result<Option<Value>, Failure> {
        let page = self.door.broker.ports().log.messages(room, Seq(u64::MAX), 1).await?;
        let Some(msg) = page.entries.first().and_then(|entry| Msg::of(room, entry)) else { return Ok(None) };
        Ok(Some(json!({
            "id": msg.id, "content": msg.content.unwrap_or(DELETED), "type": msg.r#type, "senderId": msg.sender_id,
            "senderName": msg.sender_name, "createdAt": msg.created_at, "isDeleted": msg.is_deleted,
        })))
    }
}

fn permissions(active: bool, kind: GroupKind, role: MemberRole) -> Value {
    let keeps_order = keeps_order(role) && kind == GroupKind::Group;
    json!({
        "canSendMessages": active, "canManageMembers": keeps_order, "canEditGroup": keeps_order,
        "canDeleteGroup": role == MemberRole::Admin && kind == GroupKind::Group,
    })
}
