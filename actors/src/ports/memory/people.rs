//! The directory of people in memory.
//!
//! All of it is behind one guard, for a pair, a list of members and a count change together.

use std::cmp::Reverse;

use dashmap::DashMap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::registry::Registry;
use super::{MemoryStore, Shelves};
use crate::clock::Timestamp;
use crate::folding::fold;
use crate::id::{GroupId, UserId};
use crate::ports::LogError;
use crate::ports::people::{
    Contact, FoundUser, Group, GroupDraft, GroupKind, GroupMember, MemberDraft, MemberRole, Membership,
    OwnGroup, OwnGroups, People, PeopleError, SEARCH_LEAST, SavedGroup, Seen, Span, User, UserSearch, pair,
};

type Answer<T, E = LogError> = BoxFuture<'static, Result<T, E>>;

/// One registry, and the guard of the map around it.
#[derive(Default)]
pub(super) struct Town(DashMap<(), Registry>);

impl Town {
    fn write<T>(&self, work: impl FnOnce(&mut Registry) -> T) -> T {
        work(&mut self.0.entry(()).or_default())
    }

    fn read<T: Default>(&self, work: impl FnOnce(&Registry) -> T) -> T {
        self.0.get(&()).map(|registry| work(&registry)).unwrap_or_default()
    }
}

/// The greatest id is taken.
pub(super) fn no_number_left() -> PeopleError {
    LogError::Full("no number is left for a group".to_owned()).into()
}

impl MemoryStore {
    fn in_town<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shelves) -> Result<T, PeopleError> + Send + 'static,
    ) -> Answer<T, PeopleError> {
        self.at_once(work).map(|done| done.map_err(PeopleError::from)?).boxed()
    }
}

impl Shelves {
    fn own_groups(&self, user: &UserId, span: Span) -> OwnGroups {
        let mut groups: Vec<OwnGroup> = self.town.read(|registry| {
            let own = registry.groups_of(user).map(|(group, membership)| {
                let members = registry.members(group.id).count();
                OwnGroup { group: group.clone(), membership: membership.clone(), members }
            });
            own.collect()
        });
        let total = groups.len();
        let active = groups.iter().filter(|own| own.group.active).count();
        let direct = groups.iter().filter(|own| own.group.kind == GroupKind::Direct).count();
        groups.sort_by_cached_key(|own| Reverse((self.last_said(&own.group), own.group.id)));
        let groups = groups.into_iter().skip(span.skip).take(span.most).collect();
        OwnGroups { groups, total, active, direct }
    }

    fn last_said(&self, group: &Group) -> Timestamp {
        let entries = self.rooms.get(&group.id.room());
        entries.and_then(|entries| entries.last_at()).unwrap_or(group.created_at)
    }
}

fn search(registry: &Registry, search: &UserSearch) -> Vec<FoundUser> {
    let text = fold(&search.text);
    if text.chars().count() < SEARCH_LEAST {
        return Vec::new();
    }
    let folded = registry.users.values().map(|user| (user.searchable(), user));
    let mut found: Vec<_> = folded.filter(|(searchable, _)| searchable.contains(&text)).collect();
    found.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    let found = found.into_iter().take(search.most).map(|(_, user)| {
        let membership = search.group.and_then(|group| registry.membership(group, &user.id));
        let membership = membership.filter(|membership| membership.active).cloned();
        FoundUser { user: user.clone(), membership }
    });
    found.collect()
}

fn members(registry: &Registry, group: GroupId, span: Span) -> Vec<GroupMember> {
    let mut members: Vec<_> = registry.members(group).collect();
    members.sort_by_key(|membership| (membership.joined_at, &membership.user));
    let page = members.into_iter().skip(span.skip).take(span.most);
    let known = page.filter_map(|membership| {
        let user = registry.users.get(&membership.user)?.clone();
        Some(GroupMember { user, membership: membership.clone() })
    });
    known.collect()
}

fn contacts(registry: &Registry, user: &UserId, span: Span) -> Vec<Contact> {
    let direct = registry.groups_of(user).filter(|(group, _)| group.kind == GroupKind::Direct);
    let mut ids: Vec<GroupId> = direct.map(|(group, _)| group.id).collect();
    ids.reverse();
    let contacts = ids.into_iter().skip(span.skip).take(span.most).filter_map(|group| {
        let other = registry.members(group).find(|membership| membership.user != *user)?;
        Some(Contact { user: registry.users.get(&other.user)?.clone(), group })
    });
    contacts.collect()
}

impl People for MemoryStore {
    fn save_user(&self, user: User) -> Answer<bool> {
        self.at_once(|shelves| shelves.town.write(|registry| registry.save_user(user)))
    }

    fn meet_users(&self, users: Vec<User>) -> Answer<Vec<User>> {
        self.at_once(|shelves| {
            shelves.town.write(|registry| users.into_iter().map(|user| registry.meet_user(user)).collect())
        })
    }

    fn user(&self, id: &UserId) -> Answer<Option<User>> {
        let id = id.clone();
        self.at_once(move |shelves| shelves.town.read(|registry| registry.users.get(&id).cloned()))
    }

    fn search_users(&self, wanted: UserSearch) -> Answer<Vec<FoundUser>> {
        self.at_once(move |shelves| shelves.town.read(|registry| search(registry, &wanted)))
    }

    fn save_group(&self, draft: GroupDraft, at: Timestamp) -> Answer<SavedGroup, PeopleError> {
        self.in_town(move |shelves| shelves.town.write(|registry| registry.save_group(draft, at)))
    }

    fn group(&self, id: GroupId) -> Answer<Option<Group>> {
        self.at_once(move |shelves| shelves.town.read(|registry| registry.groups.get(&id).cloned()))
    }

    fn direct_group(&self, one: &UserId, other: &UserId) -> Answer<Option<Group>> {
        let pair = pair(one.clone(), other.clone());
        self.at_once(move |shelves| {
            shelves.town.read(|registry| registry.groups.get(registry.pairs.get(&pair)?).cloned())
        })
    }

    fn groups_of(&self, user: &UserId, span: Span) -> Answer<OwnGroups> {
        let user = user.clone();
        self.at_once(move |shelves| shelves.own_groups(&user, span))
    }

    fn members(&self, group: GroupId, span: Span) -> Answer<Vec<GroupMember>> {
        self.at_once(move |shelves| shelves.town.read(|registry| members(registry, group, span)))
    }

    fn membership(&self, group: GroupId, user: &UserId) -> Answer<Option<Membership>> {
        let user = user.clone();
        self.at_once(move |shelves| shelves.town.read(|registry| registry.membership(group, &user).cloned()))
    }

    fn add_member(
        &self,
        group: GroupId,
        member: MemberDraft,
        at: Timestamp,
    ) -> Answer<Membership, PeopleError> {
        self.in_town(move |shelves| shelves.town.write(|registry| registry.add_member(group, member, at)))
    }

    fn remove_member(&self, group: GroupId, user: &UserId) -> Answer<bool, PeopleError> {
        let user = user.clone();
        self.in_town(move |shelves| shelves.town.write(|registry| registry.remove_member(group, &user)))
    }

    fn change_role(&self, group: GroupId, user: &UserId, role: MemberRole) -> Answer<bool> {
        let user = user.clone();
        self.at_once(move |shelves| shelves.town.write(|registry| registry.change_role(group, &user, role)))
    }

    fn mark_seen(&self, seen: Vec<Seen>) -> Answer<()> {
        self.at_once(move |shelves| {
            shelves.town.write(|registry| seen.iter().for_each(|seen| registry.mark_seen(seen)));
        })
    }

    fn contacts(&self, user: &UserId, span: Span) -> Answer<Vec<Contact>> {
        let user = user.clone();
        self.at_once(move |shelves| shelves.town.read(|registry| contacts(registry, &user, span)))
    }
}
