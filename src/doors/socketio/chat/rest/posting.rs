//! A message sent over HTTP, for when a socket cannot be had.

use actix_web::{HttpResponse, web};
use recado_actors::id::ClientId;
use recado_actors::id::MessageId;
use recado_actors::message::client::{Right, Words};
use recado_actors::message::room::{EntryBody, NewEntry, Role};
use serde_json::{Map, Value, json};

use super::answer::{Failure, created, link};
use super::body::Body;
use super::caller::Caller;
use super::views::MessageView;
use crate::doors::socketio::chat::asked::{self, Asked, Heard, Letter};
use crate::doors::socketio::chat::sending::client_id;
use crate::doors::socketio::chat::texts;
use crate::doors::socketio::chat::words::Msg;

/// Send a message
///
/// As `send_message` over a socket: everybody in the group hears it, at every door. With a `tempId` it can be sent
/// again without being said twice.
#[utoipa::path(
    post,
    path = "/api/chat/groups/{groupId}/messages",
    tag = "chat",
    params(("groupId" = u64, Path, example = 12)),
    request_body(content = Value, example = json!({ "content": "oi", "type": "text", "tempId": "1733000000000" })),
    responses(
        (status = 201, description = "The message", body = Value, example = json!({
            "message": "Mensagem enviada com sucesso",
            "data": { "id": 90, "content": "oi", "type": "text", "senderId": 7, "groupId": 12, "status": "sent" },
            "links": []
        })),
        (status = 400, description = "Something about it makes no sense"),
        (status = 429, description = "Too many in this minute"),
        (status = 500, description = "It may not be said there"),
    ),
)]
pub async fn post_message(
    caller: Caller,
    group: web::Path<String>,
    Body(mut fields): Body<Map<String, Value>>,
) -> Result<HttpResponse, Failure> {
    fields.insert("groupId".to_owned(), json!(*group));
    let args = [Value::Object(fields)];
    let letter = match asked::read("send_message", &args) {
        Heard::Asked(Asked::Send(letter)) => letter,
        Heard::Refused(text) => return Err(Failure::invalid(text)),
        Heard::Asked(_) | Heard::Ignored => return Err(Failure::invalid(texts::FAILED)),
    };
    caller.pays()?;
    let client_id = asked::temp_id(&args).map_or_else(ClientId::fresh, |temp_id| client_id(temp_id, &letter));
    let member = caller.enters(&group).await?;
    let (broker, room) = (&caller.door.broker, &member.room);
    let Letter { kind, content, reply_to, file, .. } = letter;
    let reply_to = reply_to.map(MessageId::numbered);
    let words = Words { kind, attachment: file, reply_to, ..Words::text(content) };
    let message = broker.compose(&caller.identity, words, Role::User)?;
    if let Some(id) = &message.reply_to {
        broker.check_reply(room, id).await?;
    }
    // Read before it is stored: after that nothing may fail.
    let known = broker.ports().people.user(&caller.identity.user).await?;
    let (by, body) = (Some(caller.identity.user.clone()), EntryBody::MessagePosted { message });
    let entry = NewEntry { by, right: Right::Member, session: None, client_id, body };
    let posted = broker.add_entry(room, &entry).await?;
    let said = Msg::of(room, &posted.entry).ok_or(Failure::refused(texts::SEND_FAILED))?;
    let who = (&caller.identity.user, member.standing.role);
    let view = MessageView::of(said, &posted.entry, who, &[], known.as_ref());
    let links = vec![link("group_messages", "GET", member.messages())];
    Ok(created("Mensagem enviada com sucesso", view, links))
}
