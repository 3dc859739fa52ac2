//! Who there is, and who is in which group: the directory behind conversations.
//!
//! One pair of users has one direct group, however many make it at once; a user is in a group once.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;

use super::LogError;
use crate::clock::Timestamp;
use crate::id::{GroupId, UserId};

/// The shortest text that users are searched by, in characters.
pub const SEARCH_LEAST: usize = 2;

/// Why the directory could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error(transparent)]
    Store(#[from] LogError),
    #[error("there is no user {0}")]
    UnknownUser(UserId),
    #[error("there is no group {0}")]
    UnknownGroup(GroupId),
    #[error("a group of at most {most} members is full")]
    Full { most: usize },
    #[error("a direct group has exactly two members")]
    NotAPair,
    /// Direct groups alone: two users have one.
    #[error("these two have the direct group {0}")]
    PairTaken(GroupId),
    #[error("the members of a direct group stay the same")]
    MembersFixed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub verified: bool,
    /// Only ever moves on.
    pub last_seen: Option<Timestamp>,
}

impl User {
    /// What a search looks at.
    pub fn searchable(&self) -> String {
        let email = self.email.as_deref().unwrap_or_default();
        crate::folding::fold(&format!("{} {} {email}", self.name, self.last_name))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    Group,
    /// Two users, and nobody else ever.
    Direct,
}

impl GroupKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Direct => "direct",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Group, Self::Direct].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub description: Option<String>,
    pub kind: GroupKind,
    pub image_url: Option<String>,
    pub active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub max_members: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    Admin,
    Moderator,
    Member,
}

impl MemberRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Moderator => "moderator",
            Self::Member => "member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Moderator, Self::Member].into_iter().find(|role| role.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub user: UserId,
    pub group: GroupId,
    pub role: MemberRole,
    /// When they last came in, having not been in.
    pub joined_at: Timestamp,
    /// Only ever moves on.
    pub last_seen: Option<Timestamp>,
    pub notifications: bool,
    /// False: they were in it once.
    pub active: bool,
}

/// Somebody who is to be in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDraft {
    pub user: UserId,
    pub role: MemberRole,
    /// None: as it was, and on at first.
    pub notifications: Option<bool>,
}

/// A group as it is to be, with all who are to be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDraft {
    /// None: the store numbers it, from 1.
    pub id: Option<GroupId>,
    pub name: String,
    pub description: Option<String>,
    pub kind: GroupKind,
    pub image_url: Option<String>,
    pub active: bool,
    pub max_members: usize,
    pub members: Vec<MemberDraft>,
}

/// Two users, whoever is named first.
pub type Pair = (UserId, UserId);

/// The one order of two users.
pub fn pair(one: UserId, other: UserId) -> Pair {
    if one <= other { (one, other) } else { (other, one) }
}

impl GroupDraft {
    /// Whom a direct group is between. Refuses more members than there is room for, and a pair that is none.
    pub fn pair(&self) -> Result<Option<Pair>, PeopleError> {
        let users: BTreeSet<&UserId> = self.members.iter().map(|member| &member.user).collect();
        if self.kind == GroupKind::Direct {
            let mut users = users.into_iter().cloned();
            return match (users.next(), users.next(), users.next()) {
                (Some(one), Some(other), None) => Ok(Some(pair(one, other))),
                _ => Err(PeopleError::NotAPair),
            };
        }
        if users.len() > self.max_members {
            return Err(PeopleError::Full { most: self.max_members });
        }
        Ok(None)
    }
}

/// What became of a [`GroupDraft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedGroup {
    pub group: Group,
    /// False: it was there before.
    pub new: bool,
}

/// Which part of a list to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub skip: usize,
    pub most: usize,
}

/// A group as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnGroup {
    pub group: Group,
    pub membership: Membership,
    pub members: usize,
}

/// Some of a user's groups, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnGroups {
    pub groups: Vec<OwnGroup>,
    pub total: usize,
    pub active: usize,
    pub direct: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSearch {
    /// Somewhere in name, last name or email; case and accents make no difference.
    pub text: String,
    /// Whose members are told apart.
    pub group: Option<GroupId>,
    pub most: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    pub user: User,
    /// In the group that was asked about, if they are in it.
    pub membership: Option<Membership>,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    pub user: User,
    pub membership: Membership,
}

/// Somebody one has a direct group with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub user: User,
    pub group: GroupId,
}

/// A user was there, and looked into this group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub user: UserId,
    pub group: Option<GroupId>,
    pub at: Timestamp,
}

type Answer<T, E = LogError> = BoxFuture<'static, Result<T, E>>;

/// Users, groups, and who is in which. Lists hold who is in a group now; [`People::membership`] knows who was.
pub trait People: Send + Sync + 'static {
    /// Puts a user in place of what was known; true if they are new.
    fn save_user(&self, user: User) -> Answer<bool>;

    /// First sights of users, in one transaction: keeps what is known already, and answers what is kept of each.
    fn meet_users(&self, users: Vec<User>) -> Answer<Vec<User>>;

    fn user(&self, id: &UserId) -> Answer<Option<User>>;

    /// By name, from A to Z. Fewer than [`SEARCH_LEAST`] characters find nobody.
    fn search_users(&self, search: UserSearch) -> Answer<Vec<FoundUser>>;

    /// Makes a group, or puts it and its whole list of members in place of what was known by its id, in one
    /// transaction. A direct group without an id that its pair has already is that one, as it is.
    fn save_group(&self, draft: GroupDraft, at: Timestamp) -> Answer<SavedGroup, PeopleError>;

    fn group(&self, id: GroupId) -> Answer<Option<Group>>;

    fn direct_group(&self, one: &UserId, other: &UserId) -> Answer<Option<Group>>;

    /// Where something was said last comes first; where nothing was, its making counts.
    fn groups_of(&self, user: &UserId, span: Span) -> Answer<OwnGroups>;

    /// In the order they came in.
    fn members(&self, group: GroupId, span: Span) -> Answer<Vec<GroupMember>>;

    fn membership(&self, group: GroupId, user: &UserId) -> Answer<Option<Membership>>;

    /// Lets a user in; whoever is in stays as they are.
    fn add_member(
        &self,
        group: GroupId,
        member: MemberDraft,
        at: Timestamp,
    ) -> Answer<Membership, PeopleError>;

    /// False: they are not in it.
    fn remove_member(&self, group: GroupId, user: &UserId) -> Answer<bool, PeopleError>;

    /// False: they are not in it.
    fn change_role(&self, group: GroupId, user: &UserId, role: MemberRole) -> Answer<bool>;

    /// These users were there, all of them in one transaction.
    fn mark_seen(&self, seen: Vec<Seen>) -> Answer<()>;

    /// With whom this user has a direct group, the newest group first.
    fn contacts(&self, user: &UserId, span: Span) -> Answer<Vec<Contact>>;
}
