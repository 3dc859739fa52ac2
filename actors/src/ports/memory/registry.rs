//! Users, groups and memberships as maps. Pure: the time is told.
//!
//! Nothing is written before everything was checked, so a refusal has changed nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::clock::Timestamp;
use crate::id::{GroupId, UserId};
use crate::ports::people::{
    Group, GroupDraft, GroupKind, MemberDraft, MemberRole, Membership, Pair, PeopleError, SavedGroup, Seen,
    User,
};

#[derive(Default)]
pub(super) struct Registry {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) pairs: HashMap<Pair, GroupId>,
    /// Also of those who were members once.
    memberships: BTreeMap<(GroupId, UserId), Membership>,
    groups_of: HashMap<UserId, BTreeSet<GroupId>>,
}

impl Registry {
    pub(super) fn save_user(&mut self, mut user: User) -> bool {
        let before = self.users.get(&user.id);
        user.last_seen = user.last_seen.max(before.and_then(|before| before.last_seen));
        self.users.insert(user.id.clone(), user).is_none()
    }

    pub(super) fn meet_user(&mut self, user: User) -> User {
        self.users.entry(user.id.clone()).or_insert(user).clone()
    }

    pub(super) fn save_group(&mut self, draft: GroupDraft, at: Timestamp) -> Result<SavedGroup, PeopleError> {
        let pair = draft.pair()?;
        let taken = pair.as_ref().and_then(|pair| self.pairs.get(pair)).copied();
        match (draft.id, taken) {
            (None, Some(known)) => {
                let known = self.groups.get(&known).ok_or(PeopleError::UnknownGroup(known))?;
                return Ok(SavedGroup { group: known.clone(), new: false });
            }
            (Some(id), Some(known)) if id != known => return Err(PeopleError::PairTaken(known)),
            _ => {}
        }
        for member in &draft.members {
            self.known(&member.user)?;
        }
        let id = match draft.id {
            Some(id) => id,
            None => self.next_id()?,
        };
        let group = self.write(id, &draft, at);
        if !group.new {
            self.pairs.retain(|_, other| *other != id);
        }
        self.pairs.extend(pair.map(|pair| (pair, id)));
        self.replace_members(id, draft.members, at);
        Ok(group)
    }

    fn known(&self, user: &UserId) -> Result<(), PeopleError> {
        if self.users.contains_key(user) { Ok(()) } else { Err(PeopleError::UnknownUser(user.clone())) }
    }

    fn next_id(&self) -> Result<GroupId, PeopleError> {
        let last = self.groups.last_key_value().map_or(0, |(id, _)| id.number());
        GroupId::new(last.saturating_add(1)).map_err(|_| super::people::no_number_left())
    }

    fn write(&mut self, id: GroupId, draft: &GroupDraft, at: Timestamp) -> SavedGroup {
        let before = self.groups.get(&id);
        let group = Group {
            id,
            name: draft.name.clone(),
            description: draft.description.clone(),
            kind: draft.kind,
            image_url: draft.image_url.clone(),
            active: draft.active,
            created_at: before.map_or(at, |before| before.created_at),
            updated_at: at,
            max_members: draft.max_members,
        };
        let new = self.groups.insert(id, group.clone()).is_none();
        SavedGroup { group, new }
    }

    fn replace_members(&mut self, group: GroupId, members: Vec<MemberDraft>, at: Timestamp) {
        let staying: BTreeSet<UserId> = members.iter().map(|member| member.user.clone()).collect();
        let leaving: Vec<UserId> = self.members(group).map(|member| member.user.clone()).collect();
        for user in leaving.into_iter().filter(|user| !staying.contains(user)) {
            self.leave(group, &user);
        }
        for member in members {
            let role = member.role;
            let kept = self.enter(group, member, at);
            kept.role = role;
        }
    }

    /// Whoever is in keeps their role.
    fn enter(&mut self, group: GroupId, member: MemberDraft, at: Timestamp) -> &mut Membership {
        let MemberDraft { user, role, notifications } = member;
        self.groups_of.entry(user.clone()).or_default().insert(group);
        let fresh = Membership {
            user: user.clone(),
            group,
            role,
            joined_at: at,
            last_seen: None,
            notifications: true,
            active: true,
        };
        let kept = self.memberships.entry((group, user)).or_insert(fresh);
        if !kept.active {
            (kept.active, kept.role, kept.joined_at) = (true, role, at);
        }
        kept.notifications = notifications.unwrap_or(kept.notifications);
        kept
    }

    fn leave(&mut self, group: GroupId, user: &UserId) -> bool {
        if let Some(groups) = self.groups_of.get_mut(user) {
            groups.remove(&group);
        }
        match self.memberships.get_mut(&(group, user.clone())) {
            Some(membership) => std::mem::replace(&mut membership.active, false),
            None => false,
        }
    }

    pub(super) fn members(&self, group: GroupId) -> impl Iterator<Item = &Membership> {
        let all = (group, UserId::lowest())..;
        let of_group = self.memberships.range(all).take_while(move |((of, _), _)| *of == group);
        of_group.map(|(_, membership)| membership).filter(|membership| membership.active)
    }

    pub(super) fn membership(&self, group: GroupId, user: &UserId) -> Option<&Membership> {
        self.memberships.get(&(group, user.clone()))
    }

    /// The groups a user is in now.
    pub(super) fn groups_of(&self, user: &UserId) -> impl Iterator<Item = (&Group, &Membership)> {
        let ids = self.groups_of.get(user).into_iter().flatten();
        ids.filter_map(|id| Some((self.groups.get(id)?, self.membership(*id, user)?)))
    }

    pub(super) fn add_member(
        &mut self,
        group: GroupId,
        member: MemberDraft,
        at: Timestamp,
    ) -> Result<Membership, PeopleError> {
        let Some(Group { kind, max_members: most, .. }) = self.groups.get(&group) else {
            return Err(PeopleError::UnknownGroup(group));
        };
        let (kind, most) = (*kind, *most);
        self.known(&member.user)?;
        match self.membership(group, &member.user).filter(|membership| membership.active) {
            Some(kept) => return Ok(kept.clone()),
            None if kind == GroupKind::Direct => return Err(PeopleError::MembersFixed),
            None if self.members(group).count() >= most => return Err(PeopleError::Full { most }),
            None => {}
        }
        Ok(self.enter(group, member, at).clone())
    }

    pub(super) fn remove_member(&mut self, group: GroupId, user: &UserId) -> Result<bool, PeopleError> {
        match self.groups.get(&group) {
            None => Err(PeopleError::UnknownGroup(group)),
            Some(Group { kind: GroupKind::Direct, .. }) => Err(PeopleError::MembersFixed),
            Some(_) => Ok(self.leave(group, user)),
        }
    }

    pub(super) fn change_role(&mut self, group: GroupId, user: &UserId, role: MemberRole) -> bool {
        let found = self.memberships.get_mut(&(group, user.clone()));
        let Some(membership) = found.filter(|membership| membership.active) else { return false };
        membership.role = role;
        true
    }

    pub(super) fn mark_seen(&mut self, seen: &Seen) {
        let (user, group, at) = (&seen.user, seen.group, seen.at);
        if let Some(user) = self.users.get_mut(user) {
            user.last_seen = user.last_seen.max(Some(at));
        }
        let Some(group) = group else { return };
        if let Some(membership) = self.memberships.get_mut(&(group, user.clone())) {
            membership.last_seen = membership.last_seen.max(Some(at));
        }
    }
}
