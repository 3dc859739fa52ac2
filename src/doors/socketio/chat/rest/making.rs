//! A new group, or the one direct chat that two users have.

use actix_web::HttpResponse;
use recado_actors::archive::SaveGroup;
use recado_actors::id::UserId;
use recado_actors::ports::people::{
    GroupDraft, GroupKind, MemberDraft, MemberRole, OwnGroup, PeopleError, SavedGroup,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::{Failure, created, link};
use super::body::Body;
use super::caller::Caller;
use crate::doors::socketio::chat::asked::is_address;
use crate::doors::socketio::chat::texts;

/// The most whom one may add; with its maker, a group has a hundred.
const MOST_ADDED: usize = 99;
const LONGEST_NAME: usize = 256;
const LONGEST_DESCRIPTION: usize = 500;

/// A group as an app asks for it. Nulls count as left out.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatNewGroup, example = json!({ "name": "Comercial", "type": "group", "memberIds": [8, 9] }))]
pub struct NewGroup {
    /// From 2 to 256 characters; a direct chat is called by the names of both.
    name: Option<String>,
    /// At most 500 characters.
    description: Option<String>,
    /// `group` or `direct`.
    r#type: Option<String>,
    /// On the web, or a path of this server.
    image_url: Option<String>,
    /// Whole numbers, also written as text; of a direct chat exactly one.
    #[schema(value_type = Vec<u64>)]
    member_ids: Option<Vec<Value>>,
}

fn wrong(field: &str, error: &'static str) -> Failure {
    Failure::Invalid { error: error.into(), details: vec![json!({ "field": field, "message": error })] }
}

/// What was asked for, once it makes sense by itself.
struct Wish {
    kind: GroupKind,
    name: String,
    others: Vec<UserId>,
}

impl NewGroup {
    fn wish(&self, maker: &UserId) -> Result<Wish, Failure> {
        let kind = match self.r#type.as_deref() {
            None => GroupKind::Group,
            Some(text) => GroupKind::parse(text).ok_or_else(|| wrong("type", "Tipo de grupo inválido"))?,
        };
        let name = self.name.as_deref().unwrap_or_default().trim().to_owned();
        if kind == GroupKind::Group && name.chars().count() < 2 {
            return Err(wrong("name", "Nome do grupo deve ter pelo menos 2 caracteres"));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(wrong("name", "Nome do grupo não pode ter mais de 256 caracteres"));
        }
        if self.description.as_ref().is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
            return Err(wrong("description", "Descrição não pode ter mais de 500 caracteres"));
        }
        if self.image_url.as_deref().is_some_and(|url| !is_address(url)) {
            return Err(wrong("imageUrl", "URL da imagem inválida"));
        }
        let others = self.others(maker)?;
        match (kind, others.len()) {
            (GroupKind::Direct, 1) | (GroupKind::Group, 1..=MOST_ADDED) => Ok(Wish { kind, name, others }),
            (GroupKind::Direct, _) => Err(wrong("memberIds", "Chat direto deve ter exatamente um membro")),
            (GroupKind::Group, 0) => Err(wrong("memberIds", "Pelo menos um membro é obrigatório")),
            (GroupKind::Group, _) => Err(wrong("memberIds", "Grupo não pode ter mais de 99 membros")),
        }
    }

    /// Each once, and the maker not among them.
    fn others(&self, maker: &UserId) -> Result<Vec<UserId>, Failure> {
        let invalid = || wrong("memberIds", "IDs dos membros devem ser números inteiros");
        let mut others: Vec<UserId> = Vec::new();
        for id in self.member_ids.iter().flatten() {
            let number = match id {
                Value::Number(number) => number.as_u64().map(|number| number.to_string()),
                Value::String(text) => Some(text.clone()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            };
            let number =
                number.and_then(|text| recado_actors::id::GroupId::parse(&text).ok()).ok_or_else(invalid)?;
            let user = UserId::parse(&number.to_string()).map_err(|_| invalid())?;
            if user != *maker && !others.contains(&user) {
                others.push(user);
            }
        }
        Ok(others)
    }
}

/// Make a group
///
/// Its maker is its admin. Two users have one direct chat: asked for again, it is answered as it is.
#[utoipa::path(
    post,
    path = "/api/chat/groups",
    tag = "chat",
    request_body = NewGroup,
    responses(
        (status = 201, description = "The group", body = Value, example = json!({
            "message": "Grupo criado com sucesso", "data": { "id": 12, "name": "Comercial", "type": "group" }, "links": []
        })),
        (status = 400, description = "Something about it makes no sense"),
        (status = 500, description = "A member is unknown"),
    ),
)]
pub async fn make_group(caller: Caller, Body(body): Body<NewGroup>) -> Result<HttpResponse, Failure> {
    let wish = body.wish(&caller.identity.user)?;
    caller.pays()?;
    let name = match wish.kind {
        GroupKind::Group => wish.name,
        GroupKind::Direct => caller.name_with(wish.others.first()).await?,
    };
    let draft = GroupDraft {
        id: None,
        name,
        description: body.description.clone(),
        kind: wish.kind,
        image_url: body.image_url.clone(),
        active: true,
        max_members: if wish.kind == GroupKind::Direct { 2 } else { MOST_ADDED.saturating_add(1) },
        members: members(&caller.identity.user, &wish.others),
    };
    let size = draft.members.len();
    let broker = &caller.door.broker;
    let saved = broker.archive().ask(SaveGroup(draft), broker.settings().command_timeout).await?;
    let SavedGroup { group, .. } = saved.map_err(|error| match error {
        PeopleError::UnknownUser(_) => Failure::refused(texts::USER_UNKNOWN),
        PeopleError::Store(error) => error.into(),
        other => Failure::invalid(other.to_string()),
    })?;
    let membership = broker.ports().people.membership(group.id, &caller.identity.user).await?;
    let membership = membership.ok_or(Failure::refused(texts::FAILED))?;
    let message = match group.kind {
        GroupKind::Group => "Grupo criado com sucesso",
        GroupKind::Direct => "Chat direto criado com sucesso",
    };
    let links = vec![link("messages", "GET", format!("/api/chat/groups/{}/messages", group.id))];
    let view = caller.view(&OwnGroup { group, membership, members: size }, 0).await?;
    Ok(created(message, view, links))
}

fn members(maker: &UserId, others: &[UserId]) -> Vec<MemberDraft> {
    let member = |user: &UserId, role| MemberDraft { user: user.clone(), role, notifications: None };
    std::iter::once(member(maker, MemberRole::Admin))
        .chain(others.iter().map(|user| member(user, MemberRole::Member)))
        .collect()
}

impl Caller {
    /// What a direct chat is called.
    async fn name_with(&self, other: Option<&UserId>) -> Result<String, Failure> {
        let people = &self.door.broker.ports().people;
        let other = match other {
            Some(other) => people.user(other).await?,
            None => None,
        };
        let other = other.ok_or(Failure::refused(texts::USER_UNKNOWN))?;
        let own = self.identity.name.as_deref().unwrap_or(self.identity.user.as_str()).to_owned();
        Ok(format!("{own} & {}", other.name))
    }
}
