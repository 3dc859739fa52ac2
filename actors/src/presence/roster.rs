//! Who is where, as many nodes see it.
//!
//! Pure. Each node numbers its own view; the newer view of a node replaces the older, so merging is
//! commutative, associative and idempotent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::id::{NodeId, RoomId, SessionId, UserId};

/// What one node says about its own sessions.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct View {
    version: u64,
    sessions: BTreeMap<(RoomId, SessionId), UserId>,
}

/// Everybody's views, merged.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Roster {
    views: BTreeMap<NodeId, View>,
}

impl Roster {
    /// Notes a session; true if it was not known.
    pub fn enter(&mut self, node: &NodeId, room: &RoomId, session: SessionId, user: &UserId) -> bool {
        let view = self.views.entry(node.clone()).or_default();
        let news = view.sessions.insert((room.clone(), session), user.clone()).is_none();
        view.version = view.version.saturating_add(u64::from(news));
        news
    }

    /// Forgets a session; whose it was.
    pub fn leave(&mut self, node: &NodeId, room: &RoomId, session: SessionId) -> Option<UserId> {
        let view = self.views.get_mut(node)?;
        let user = view.sessions.remove(&(room.clone(), session))?;
        view.version = view.version.saturating_add(1);
        Some(user)
    }

    /// Forgets all of a node's sessions in a room; whose they were.
    pub fn clear_room(&mut self, node: &NodeId, room: &RoomId) -> BTreeSet<UserId> {
        let Some(view) = self.views.get_mut(node) else { return BTreeSet::new() };
        let sessions: Vec<_> = view.sessions.range(span(room)).map(|(key, _)| key.clone()).collect();
        let users = sessions.iter().filter_map(|key| view.sessions.remove(key)).collect();
        view.version = view.version.saturating_add(u64::from(!sessions.is_empty()));
        users
    }

    /// Forgets a whole node, as when it died.
    pub fn drop_node(&mut self, node: &NodeId) {
        self.views.remove(node);
    }

    pub fn merge(&mut self, other: &Self) {
        for (node, theirs) in &other.views {
            match self.views.get(node) {
                Some(ours) if ours.version >= theirs.version => {}
                _ => {
                    self.views.insert(node.clone(), theirs.clone());
                }
            }
        }
    }

    /// How many sessions a user has in a room, over all nodes.
    pub fn sessions_of(&self, room: &RoomId, user: &UserId) -> usize {
        self.in_room(room).filter(|present| *present == user).count()
    }

    /// Everybody in a room, each once.
    pub fn users(&self, room: &RoomId) -> BTreeSet<UserId> {
        self.in_room(room).cloned().collect()
    }

    fn in_room<'a>(&'a self, room: &'a RoomId) -> impl Iterator<Item = &'a UserId> {
        self.views.values().flat_map(move |view| view.sessions.range(span(room)).map(|(_, user)| user))
    }
}

/// The keys of a room's sessions.
fn span(room: &RoomId) -> RangeInclusive<(RoomId, SessionId)> {
    (room.clone(), SessionId(0))..=(room.clone(), SessionId(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(n: u8) -> NodeId {
        NodeId::parse(&format!("node-{n}")).unwrap()
    }

    fn room(n: u8) -> RoomId {
        RoomId::chat(&n.to_string()).unwrap()
    }

    fn user(n: u64) -> UserId {
        UserId::parse(&format!("user-{}", n % 3)).unwrap()
    }

    #[derive(Debug, Clone)]
    enum Step {
        Enter(u8, u64),
        Leave(u8, u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u8..2, 0u64..6).prop_map(|(r, s)| Step::Enter(r, s)),
            (0u8..2, 0u64..6).prop_map(|(r, s)| Step::Leave(r, s)),
        ];
        prop::collection::vec(step, 0..30)
    }

    fn walk(roster: &mut Roster, at: u8, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Enter(r, s) => {
                    roster.enter(&node(at), &room(*r), SessionId(*s), &user(*s));
                }
                Step::Leave(r, s) => {
                    roster.leave(&node(at), &room(*r), SessionId(*s));
                }
            }
        }
    }

    /// Views of the same nodes at different ages, as gossip delivers them.
    fn three(histories: &[Vec<Step>; 2], cuts: [usize; 3]) -> [Roster; 3] {
        cuts.map(|cut| {
            let mut roster = Roster::default();
            for (at, steps) in histories.iter().enumerate() {
                let upto = steps.len().min(cut);
                walk(&mut roster, u8::try_from(at).unwrap(), &steps[..upto]);
            }
            roster
        })
    }

    fn merged(parts: &[&Roster]) -> Roster {
        let mut all = Roster::default();
        for part in parts {
            all.merge(part);
        }
        all
    }

    proptest! {
        #[test]
        fn merging_keeps_its_laws(a in steps(), b in steps(), cuts in prop::array::uniform3(0usize..30)) {
            let [x, y, z] = three(&[a, b], cuts);
            prop_assert_eq!(merged(&[&x, &y]), merged(&[&y, &x]));
            prop_assert_eq!(merged(&[&merged(&[&x, &y]), &z]), merged(&[&x, &merged(&[&y, &z])]));
            prop_assert_eq!(merged(&[&x, &x]), merged(&[&x]));
        }

        #[test]
        fn a_user_is_there_while_any_session_is(steps in steps()) {
            let mut roster = Roster::default();
            let mut here = BTreeSet::new();
            for step in &steps {
                walk(&mut roster, 0, std::slice::from_ref(step));
                match step {
                    Step::Enter(r, s) => { here.insert((*r, *s)); }
                    Step::Leave(r, s) => { here.remove(&(*r, *s)); }
                }
            }
            for r in 0u8..2 {
                let expected: BTreeSet<UserId> = here.iter().filter(|(at, _)| *at == r).map(|(_, s)| user(*s)).collect();
                prop_assert_eq!(roster.users(&room(r)), expected);
            }
        }
    }

    #[test]
    fn a_dead_node_takes_only_its_own_sessions_along() {
        let mut roster = Roster::default();
        roster.enter(&node(0), &room(0), SessionId(1), &user(1));
        roster.enter(&node(1), &room(0), SessionId(1), &user(1));
        assert_eq!(roster.sessions_of(&room(0), &user(1)), 2);
        roster.drop_node(&node(1));
        assert_eq!(roster.sessions_of(&room(0), &user(1)), 1);
    }
}
