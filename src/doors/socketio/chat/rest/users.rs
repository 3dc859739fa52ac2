//! Whom one can talk to: users by name, and those one has a direct chat with.

use actix_web::{HttpResponse, web};
use recado_actors::id::GroupId;
use recado_actors::ports::people::{Contact, FoundUser, Membership, SEARCH_LEAST, Span, User, UserSearch};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::answer::{Failure, link, ok};
use super::caller::Caller;
use super::views::{full_name, whole};
use crate::doors::socketio::chat::words::number;

/// Whom to look for.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// At least two characters, anywhere in name, last name or email.
    #[param(example = "ana")]
    q: Option<String>,
    /// Who of them is in this group of mine.
    #[param(value_type = Option<u64>, example = 12)]
    group_id: Option<String>,
    /// At most 100.
    #[param(value_type = Option<u64>, example = 10)]
    limit: Option<String>,
}

/// Search users
#[utoipa::path(
    get,
    path = "/api/chat/users/search",
    tag = "chat",
    params(UserQuery),
    responses(
        (status = 200, description = "By name, myself left out", body = Value, example = json!({
            "message": "Usuários encontrados",
            "data": [{ "id": 8, "name": "Ana", "lastName": "Souza", "fullName": "Ana Souza", "membership": null, "canStartDirectChat": true }],
            "links": []
        })),
        (status = 400, description = "Nothing to look for", body = super::answer::ErrorBody, example = json!({
            "message": "Dados inválidos", "error": "Parâmetro de busca \"q\" é obrigatório"
        })),
    ),
)]
pub async fn search_users(caller: Caller, query: web::Query<UserQuery>) -> Result<HttpResponse, Failure> {
    let text = query.q.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Err(Failure::invalid(r#"Parâmetro de busca "q" é obrigatório"#));
    }
    if text.chars().count() < SEARCH_LEAST {
        return Err(Failure::invalid("Busca deve ter pelo menos 2 caracteres"));
    }
    let group: Option<GroupId> = match query.group_id.as_deref().filter(|group| !group.is_empty()) {
        Some(group) => Some(caller.standing(group).await?.group.id),
        None => None,
    };
    let limit = most(query.limit.as_deref())?;
    // One more, for the caller may be among them.
    let search = UserSearch { text: text.to_owned(), group, most: limit.saturating_add(1) };
    let found = caller.door.broker.ports().people.search_users(search).await?;
    let others = found.iter().filter(|found| found.user.id != caller.identity.user).take(limit);
    let others: Vec<Value> = others.map(found_view).collect();
    Ok(ok("Usuários encontrados", others, vec![link("contacts", "GET", "/api/chat/users/contacts")]))
}

fn most(limit: Option<&str>) -> Result<usize, Failure> {
    Ok(usize::try_from(whole("limit", limit, 10)?.min(100)).unwrap_or(10))
}

fn found_view(found: &FoundUser) -> Value {
    let links = json!([link("start_direct_chat", "POST", "/api/chat/groups")]);
    let membership = found.membership.as_ref().map(membership_view);
    Value::Object(user_view(&found.user, [("membership", json!(membership)), ("links", links)]))
}

fn membership_view(membership: &Membership) -> Value {
    json!({
        "role": membership.role.as_str(), "joinedAt": membership.joined_at.to_string(),
        "isActive": membership.active,
    })
}

fn user_view<const N: usize>(user: &User, more: [(&str, Value); N]) -> Map<String, Value> {
    let own = [
        ("id", json!(number(&user.id))),
        ("name", json!(user.name)),
        ("lastName", json!(user.last_name)),
        ("email", json!(user.email)),
        ("verified", json!(user.verified)),
        ("fullName", json!(full_name(user))),
        ("canStartDirectChat", json!(true)),
    ];
    own.into_iter().chain(more).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// How many contacts to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContactQuery {
    /// At most 100.
    #[param(value_type = Option<u64>, example = 10)]
    limit: Option<String>,
}

/// List my contacts
#[utoipa::path(
    get,
    path = "/api/chat/users/contacts",
    tag = "chat",
    params(ContactQuery),
    responses((status = 200, description = "With whom I have a direct chat, the newest first", body = Value, example = json!({
        "message": "Contatos recuperados com sucesso",
        "data": [{ "id": 8, "name": "Ana", "fullName": "Ana Souza", "chatGroupId": 12, "lastSeenAt": null, "canStartDirectChat": true }],
        "links": []
    }))),
)]
pub async fn list_contacts(caller: Caller, query: web::Query<ContactQuery>) -> Result<HttpResponse, Failure> {
    let span = Span { skip: 0, most: most(query.limit.as_deref())? };
    let contacts = caller.door.broker.ports().people.contacts(&caller.identity.user, span).await?;
    let views: Vec<Value> = contacts.iter().map(contact_view).collect();
    Ok(ok(
        "Contatos recuperados com sucesso",
        views,
        vec![link("search_users", "GET", "/api/chat/users/search")],
    ))
}

fn contact_view(contact: &Contact) -> Value {
    let links = json!([link("messages", "GET", format!("/api/chat/groups/{}/messages", contact.group))]);
    let seen = json!(contact.user.last_seen.map(|at| at.to_string()));
    let group = json!(contact.group.number());
    let more = [("chatGroupId", group), ("lastSeenAt", seen), ("links", links)];
    Value::Object(user_view(&contact.user, more))
}
