//! What the archive writes down about users and groups.
//!
//! Each is written at once and answered when it is durable; a refusal is no trouble of the store.

use actix::{Handler, Message, ResponseFuture};

use super::{Archive, note};
use crate::clock::Timestamp;
use crate::id::{GroupId, UserId};
use crate::ports::LogError;
use crate::ports::people::{GroupDraft, MemberDraft, MemberRole, Membership, PeopleError, SavedGroup, User};

/// Command: put a user in place of what was known; true if they are new.
#[derive(Message)]
#[rtype(result = "Result<bool, LogError>")]
pub struct SaveUser(pub User);

/// Command: make a group, or put it in place of what was known by its id.
#[derive(Message)]
#[rtype(result = "Result<SavedGroup, PeopleError>")]
pub struct SaveGroup(pub GroupDraft);

/// Command: let a user into a group.
#[derive(Message)]
#[rtype(result = "Result<Membership, PeopleError>")]
pub struct AddMember {
    pub group: GroupId,
    pub member: MemberDraft,
}

/// Command: take a user out of a group; false if they are not in it.
#[derive(Message)]
#[rtype(result = "Result<bool, PeopleError>")]
pub struct RemoveMember {
    pub group: GroupId,
    pub user: UserId,
}

/// Command: give a member another role; false if they are none.
#[derive(Message)]
#[rtype(result = "Result<bool, LogError>")]
pub struct ChangeRole {
    pub group: GroupId,
    pub user: UserId,
    pub role: MemberRole,
}

/// What failures of these are counted as.
const OP: &str = "people";

impl Archive {
    fn now(&self) -> Timestamp {
        self.broker.clock().now()
    }

    /// Writes, and tells of it the group that `whose` finds in what was written, and who is in it.
    fn decided<T: 'static>(
        &self,
        written: impl Future<Output = Result<T, PeopleError>> + 'static,
        whose: impl FnOnce(&T) -> Option<(GroupId, Vec<UserId>)> + 'static,
    ) -> ResponseFuture<Result<T, PeopleError>> {
        let broker = self.broker.clone();
        Box::pin(async move {
            let result = written.await;
            match &result {
                Ok(written) => {
                    if let Some((group, users)) = whose(written) {
                        broker.group_changed(group, users).await?;
                    }
                }
                Err(PeopleError::Store(error)) => note(broker.vitals(), OP, error),
                Err(_) => {}
            }
            result
        })
    }
}

impl Handler<SaveUser> for Archive {
    type Result = ResponseFuture<Result<bool, LogError>>;

    fn handle(&mut self, SaveUser(user): SaveUser, _: &mut Self::Context) -> Self::Result {
        self.noted(OP, self.broker.ports().people.save_user(user))
    }
}

impl Handler<SaveGroup> for Archive {
    type Result = ResponseFuture<Result<SavedGroup, PeopleError>>;

    fn handle(&mut self, SaveGroup(draft): SaveGroup, _: &mut Self::Context) -> Self::Result {
        let users: Vec<UserId> = draft.members.iter().map(|member| member.user.clone()).collect();
        let saved = self.broker.ports().people.save_group(draft, self.now());
        self.decided(saved, move |saved| Some((saved.group.id, users)))
    }
}

impl Handler<AddMember> for Archive {
    type Result = ResponseFuture<Result<Membership, PeopleError>>;

    fn handle(&mut self, AddMember { group, member }: AddMember, _: &mut Self::Context) -> Self::Result {
        let user = member.user.clone();
        let added = self.broker.ports().people.add_member(group, member, self.now());
        self.decided(added, move |_| Some((group, vec![user])))
    }
}

impl Handler<RemoveMember> for Archive {
    type Result = ResponseFuture<Result<bool, PeopleError>>;

    fn handle(&mut self, RemoveMember { group, user }: RemoveMember, _: &mut Self::Context) -> Self::Result {
        let removed = self.broker.ports().people.remove_member(group, &user);
        self.decided(removed, move |removed| removed.then(|| (group, Vec::new())))
    }
}

impl Handler<ChangeRole> for Archive {
    type Result = ResponseFuture<Result<bool, LogError>>;

    fn handle(
        &mut self,
        ChangeRole { group, user, role }: ChangeRole,
        _: &mut Self::Context,
    ) -> Self::Result {
        let changed = self.noted(OP, self.broker.ports().people.change_role(group, &user, role));
        let broker = self.broker.clone();
        Box::pin(async move {
            let changed = changed.await?;
            if changed {
                broker.group_changed(group, Vec::new()).await?;
            }
            Ok(changed)
        })
    }
}
