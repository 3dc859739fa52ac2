//! A backend's groups with their members, put here as a whole.
//!
//! What is put is what is there: who is not in the list is not in the group any more.

use std::collections::HashSet;

use actix_web::{HttpResponse, web};
use recado_actors::archive::SaveGroup;
use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::people::{Group, GroupDraft, GroupKind, MemberDraft, MemberRole, PeopleError};
use recado_actors::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::fields::FieldError;
use super::path::GroupInPath;
use super::{InternalDoor, problems, words};
use crate::doors::problem::Problem;

/// The most members of a group.
const MOST_MEMBERS: usize = 100;

/// A group as your application knows it, with all who are in it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "name": "Comercial", "description": "Pedidos e entregas",
    "members": [{ "userId": "7", "role": "admin" }, { "userId": "8" }]
}))]
pub struct PutGroup {
    #[serde(deserialize_with = "words::name")]
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default, deserialize_with = "words::maybe_description")]
    #[schema(max_length = 500)]
    description: Option<String>,
    #[serde(default, rename = "type")]
    #[schema(inline, default = "group")]
    kind: Option<Kind>,
    #[serde(default, deserialize_with = "words::maybe_url")]
    #[schema(max_length = 2048)]
    image_url: Option<String>,
    /// Nothing new is said in a group that is not. It is, unless told.
    #[serde(default)]
    #[schema(default = true)]
    is_active: Option<bool>,
    /// A direct group has 2, any other 100 unless told.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[schema(minimum = 1, maximum = 100)]
    max_members: Option<u64>,
    /// All of them, each once; of a direct group exactly two. They must be known.
    #[schema(max_items = 100)]
    members: Vec<PutMember>,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Group,
    Direct,
}

/// Somebody in a group.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutMember {
    #[serde(deserialize_with = "words::user")]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    user_id: UserId,
    #[serde(default)]
    #[schema(inline, default = "member")]
    role: Option<Role>,
    /// As before, and on at first, unless told.
    #[serde(default)]
    notifications: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    Admin,
    Moderator,
    Member,
}

/// The group as stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Group)]
pub struct GroupView {
    #[schema(example = 12)]
    id: u64,
    #[schema(example = "Comercial")]
    name: String,
    #[schema(required, example = "Pedidos e entregas")]
    description: Option<String>,
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Kind,
    #[schema(required)]
    image_url: Option<String>,
    is_active: bool,
    #[schema(example = 100)]
    max_members: usize,
    /// How many are in it.
    #[schema(example = 2)]
    member_count: usize,
    #[schema(format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2024-01-15T10:30:00.000Z")]
    updated_at: String,
}

impl GroupView {
    fn of(group: Group, member_count: usize) -> Self {
        let kind = match group.kind {
            GroupKind::Group => Kind::Group,
            GroupKind::Direct => Kind::Direct,
        };
        Self {
            id: group.id.number(),
            name: group.name,
            description: group.description,
            kind,
            image_url: group.image_url,
            is_active: group.active,
            max_members: group.max_members,
            member_count,
            created_at: group.created_at.to_string(),
            updated_at: group.updated_at.to_string(),
        }
    }
}

impl PutGroup {
    fn into_draft(self, id: GroupId) -> Result<GroupDraft, Problem> {
        let kind = match self.kind {
            None | Some(Kind::Group) => GroupKind::Group,
            Some(Kind::Direct) => GroupKind::Direct,
        };
        let max_members = room_for(kind, self.max_members)?;
        if self.members.len() > MOST_MEMBERS {
            return Err(refused("members", format!("has more than {MOST_MEMBERS} items")));
        }
        let mut seen = HashSet::new();
        if let Some(place) = self.members.iter().position(|member| !seen.insert(&member.user_id)) {
            return Err(problems::invalid_member(place, "is in the list already"));
        }
        let members = self.members.into_iter().map(MemberDraft::from).collect();
        Ok(GroupDraft {
            id: Some(id),
            name: self.name,
            description: self.description,
            kind,
            image_url: self.image_url,
            active: self.is_active.unwrap_or(true),
            max_members,
            members,
        })
    }
}

fn room_for(kind: GroupKind, said: Option<u64>) -> Result<usize, Problem> {
    let most = if kind == GroupKind::Direct { 2 } else { MOST_MEMBERS };
    let said = said.map_or(Ok(most), usize::try_from).unwrap_or(usize::MAX);
    match kind {
        GroupKind::Direct if said != 2 => Err(refused("maxMembers", "a direct group has 2".to_owned())),
        GroupKind::Group if !(1..=most).contains(&said) => {
            Err(refused("maxMembers", format!("must be 1 to {most}")))
        }
        GroupKind::Group | GroupKind::Direct => Ok(said),
    }
}

impl From<PutMember> for MemberDraft {
    fn from(member: PutMember) -> Self {
        let role = match member.role {
            Some(Role::Admin) => MemberRole::Admin,
            Some(Role::Moderator) => MemberRole::Moderator,
            Some(Role::Member) | None => MemberRole::Member,
        };
        Self { user: member.user_id, role, notifications: member.notifications }
    }
}

fn refused(field: &str, text: String) -> Problem {
    problems::invalid_body(&FieldError::of(field, text))
}

/// Why a group cannot be so, told of the list that was sent.
fn problem(error: PeopleError, users: &[UserId]) -> Problem {
    match error {
        PeopleError::Store(error) => Refusal::from(error).into(),
        PeopleError::UnknownUser(user) => {
            let place = users.iter().position(|other| *other == user).unwrap_or_default();
            problems::invalid_member(place, "is not known; put the user first")
        }
        PeopleError::PairTaken(group) => problems::pair_taken(group),
        error @ (PeopleError::Full { .. }
        | PeopleError::NotAPair
        | PeopleError::MembersFixed
        | PeopleError::UnknownGroup(_)) => refused("members", error.to_string()),
    }
}

/// Put a group
///
/// Makes it known, or replaces it and its whole list of members. Who joined before keeps that date; who is not in the
/// list is not in the group any more.
#[utoipa::path(
    put,
    path = "/internal/groups/{id}",
    tag = "people",
    params(("id" = u64, Path, description = "Its number", example = 12, minimum = 1, maximum = 9007199254740991u64)),
    request_body = PutGroup,
    responses(
        (status = 200, description = "It was known, and is so now", body = GroupView),
        (status = 201, description = "It is known from now on", body = GroupView),
        (
            status = 409,
            description = "The two users of this direct group have another one",
            body = crate::doors::problem::ProblemBody,
            content_type = "application/problem+json",
        ),
    ),
)]
pub async fn put_group(
    door: web::Data<InternalDoor>,
    GroupInPath(id): GroupInPath,
    JsonBody { said, .. }: JsonBody<PutGroup>,
) -> Result<HttpResponse, Problem> {
    let draft = said.into_draft(id)?;
    let users: Vec<UserId> = draft.members.iter().map(|member| member.user.clone()).collect();
    let wait = door.broker.settings().command_timeout;
    let saved = door.broker.archive().ask(SaveGroup(draft), wait).await?;
    let saved = saved.map_err(|error| problem(error, &users))?;
    let mut answer = if saved.new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(GroupView::of(saved.group, users.len())))
}
