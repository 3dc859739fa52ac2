//! The group whose room it is: who is in it, and what that lets them do here.
//!
//! What a member may is decided by the group as it stands: a change of it is read before the next command is heard.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, WrapFuture};

use crate::id::{GroupId, SessionId, UserId};
use crate::message::client::Right;
use crate::message::room::{GetStanding, LeaveRoom, LookAtGroup, Standing};
use crate::ports::LogError;
use crate::ports::people::{Group, GroupKind, MemberRole, People, Span};
use crate::refusal::{GroupRefusal, Refusal};
use crate::room::Room;
use crate::shard::ExpelMember;

/// A group and who is in it now.
pub(super) struct Roster {
    group: Arc<Group>,
    roles: HashMap<UserId, MemberRole>,
}

impl Roster {
    /// None: there is no such group, or the room is none of one.
    pub(super) async fn read(
        people: Arc<dyn People>,
        group: Option<GroupId>,
    ) -> Result<Option<Self>, LogError> {
        let Some(id) = group else { return Ok(None) };
        let Some(group) = people.group(id).await? else { return Ok(None) };
        let all = Span { skip: 0, most: group.max_members };
        let members = people.members(id, all).await?;
        let roles = members.into_iter().map(|member| (member.user.id, member.membership.role)).collect();
        Ok(Some(Self { group: Arc::new(group), roles }))
    }

    pub(super) fn is_between_two(&self) -> bool {
        self.group.kind == GroupKind::Direct
    }
}

impl Room {
    /// What this user is in the group; the room of no group has no members.
    pub(super) fn role_of(&self, user: &UserId) -> Result<MemberRole, Refusal> {
        let roster = self.roster.as_ref().ok_or(Refusal::Group(GroupRefusal::Unknown))?;
        roster.roles.get(user).copied().ok_or(Refusal::Group(GroupRefusal::NotAMember))
    }

    /// May whoever comes by this right speak here now?
    pub(super) fn may_speak(&self, right: Right, by: Option<&UserId>) -> Result<(), Refusal> {
        if right == Right::Granted {
            return Ok(());
        }
        if self.roster.as_ref().is_some_and(|roster| !roster.group.active) {
            return Err(Refusal::Group(GroupRefusal::Inactive));
        }
        self.may_hear(right, by)
    }

    /// May whoever comes by this right hear what is said here?
    pub(super) fn may_hear(&self, right: Right, by: Option<&UserId>) -> Result<(), Refusal> {
        match (right, by) {
            (Right::Granted, _) => Ok(()),
            (Right::Member, Some(user)) => self.role_of(user).map(drop),
            (Right::Member, None) => Err(Refusal::Group(GroupRefusal::NotAMember)),
        }
    }

    /// Reads the group anew; commands wait in the mailbox meanwhile.
    pub(super) fn look_at_group(&mut self, ctx: &mut Context<Self>) {
        let people = self.broker.ports().people.clone();
        let roster = Roster::read(people, GroupId::of_room(&self.id)).into_actor(self);
        let looked = roster.map(|roster, room, ctx| match roster {
            Ok(roster) => {
                room.roster = roster;
                room.let_go_of_strangers(ctx);
            }
            Err(error) => {
                log::error!("a room cannot read its group: {error}");
                room.broker.vitals().counts.store_errors.count("read");
                ctx.run_later(room.broker.settings().store_probe, |room, ctx| room.look_at_group(ctx));
            }
        });
        looked.wait(ctx);
    }

    /// Whoever was a member and is none any more hears nothing more.
    fn let_go_of_strangers(&mut self, ctx: &mut Context<Self>) {
        let stranger = |room: &Self, session: &SessionId| {
            let member = room.members.get(session)?;
            room.may_hear(member.right, Some(&member.user)).is_err().then_some((member.shard, *session))
        };
        let strangers: Vec<_> = self.members.keys().filter_map(|session| stranger(self, session)).collect();
        for (shard, session) in strangers {
            if let Some(link) = self.broker.shard(shard) {
                link.tell(ExpelMember { room: self.id.clone(), session });
            }
            ctx.notify(LeaveRoom { session });
        }
    }
}

impl Handler<LookAtGroup> for Room {
    type Result = ();

    fn handle(&mut self, _: LookAtGroup, ctx: &mut Self::Context) {
        self.look_at_group(ctx);
    }
}

impl Handler<GetStanding> for Room {
    type Result = Result<Standing, Refusal>;

    fn handle(&mut self, GetStanding { user }: GetStanding, _: &mut Self::Context) -> Self::Result {
        let role = self.role_of(&user)?;
        let roster = self.roster.as_ref().ok_or(Refusal::Group(GroupRefusal::Unknown))?;
        Ok(Standing { group: roster.group.clone(), role, members: roster.roles.len() })
    }
}
