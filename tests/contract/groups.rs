//! Groups: who makes them, who is in them, who comes and goes.
//!
//! Each story runs on every store.

use recado_actors::clock::Timestamp;
use recado_actors::id::ClientId;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::people::{
    GroupDraft, GroupKind, GroupMember, MemberRole, Membership, People, PeopleError, Span,
};
use recado_actors::ports::{Draft, Log};

use crate::directory::{crowd, direct, group, member, number, put};
use crate::people::{NOON, message, sight, user};
use crate::race::race;

const ALL: Span = Span { skip: 0, most: 1000 };
const LATER: Timestamp = Timestamp(NOON.0 + 60_000);

async fn members(store: &impl People, id: u64) -> Vec<GroupMember> {
    store.members(number(id), ALL).await.unwrap()
}

async fn names(store: &impl People, id: u64) -> Vec<String> {
    members(store, id).await.iter().map(|member| member.user.id.to_string()).collect()
}

async fn kept(store: &impl People, id: u64, who: &str) -> Membership {
    store.membership(number(id), &user(who)).await.unwrap().unwrap()
}

pub async fn groups_are_numbered_from_1_and_read_back<S: People>(store: S) {
    crowd(&store, 3).await;
    let first = store.save_group(group("one", &["1", "3", "2"]), NOON).await.unwrap();
    assert!(first.new);
    assert_eq!((first.group.id, first.group.created_at, first.group.max_members), (number(1), NOON, 100));
    assert_eq!(store.save_group(group("two", &["1"]), NOON).await.unwrap().group.id, number(2));

    assert_eq!(store.group(number(1)).await, Ok(Some(first.group)));
    assert_eq!(store.group(number(3)).await, Ok(None));
    assert_eq!(names(&store, 1).await, ["1", "2", "3"]);
    let page = store.members(number(1), Span { skip: 1, most: 1 }).await.unwrap();
    let Membership { role, joined_at, notifications, active, .. } = page[0].membership;
    assert_eq!((role, joined_at, notifications, active), (MemberRole::Member, NOON, true, true));
    assert_eq!((page.len(), page[0].user.name.as_str()), (1, "user-2"));
    assert_eq!(kept(&store, 1, "1").await.role, MemberRole::Admin);
}

pub async fn a_group_put_by_its_number_is_as_it_was_put<S: People>(store: S) {
    crowd(&store, 3).await;
    let first = store.save_group(put(40, group("one", &["1", "2"])), NOON).await.unwrap();
    let changed = GroupDraft { name: "other".into(), active: false, ..group("", &["2", "3"]) };
    let second = store.save_group(put(40, changed.clone()), LATER).await.unwrap();
    let third = store.save_group(put(40, changed), LATER).await.unwrap();

    assert!(first.new && !second.new);
    assert_eq!(second, third);
    assert_eq!(store.group(number(40)).await, Ok(Some(second.group.clone())));
    assert_eq!((second.group.created_at, second.group.updated_at), (NOON, LATER));
    assert_eq!((second.group.name.as_str(), second.group.active), ("other", false));
    assert_eq!(names(&store, 40).await, ["2", "3"]);
    // Who stayed has been in it all the time, but has another role.
    assert_eq!((kept(&store, 40, "2").await.joined_at, kept(&store, 40, "3").await.joined_at), (NOON, LATER));
    assert_eq!(kept(&store, 40, "2").await.role, MemberRole::Admin);
    assert!(!kept(&store, 40, "1").await.active);
    assert_eq!(store.save_group(group("next", &[]), NOON).await.unwrap().group.id, number(41));
}

pub async fn a_refused_group_leaves_nothing_behind<S: People>(store: S) {
    crowd(&store, 4).await;
    store.save_group(put(1, group("one", &["1", "2"])), NOON).await.unwrap();
    let full = GroupDraft { max_members: 2, ..group("full", &["1", "2", "3"]) };
    for (draft, refusal) in [
        (group("no", &["1", "9"]), PeopleError::UnknownUser(user("9"))),
        (put(1, group("no", &["3", "9"])), PeopleError::UnknownUser(user("9"))),
        (full, PeopleError::Full { most: 2 }),
        (direct(&["1", "1"]), PeopleError::NotAPair),
        (direct(&["1"]), PeopleError::NotAPair),
        (direct(&["1", "2", "3"]), PeopleError::NotAPair),
        (direct(&["1", "9"]), PeopleError::UnknownUser(user("9"))),
    ] {
        assert_eq!(store.save_group(draft, NOON).await, Err(refusal));
    }
    assert_eq!(names(&store, 1).await, ["1", "2"]);
    assert_eq!(store.group(number(1)).await.unwrap().unwrap().name, "one");
    assert_eq!(store.group(number(2)).await, Ok(None));
    assert_eq!(store.groups_of(&user("3"), ALL).await.unwrap().total, 0);
}

pub async fn two_users_have_one_direct_group_however_many_make_it<S: People>(store: S) {
    crowd(&store, 3).await;
    let ways = [["1", "2"], ["2", "1"]];
    let made = race(32, |racer| store.save_group(direct(&ways[racer % 2]), NOON));
    let made: Vec<_> = made.into_iter().map(|made| made.unwrap()).collect();
    assert_eq!(made.iter().filter(|made| made.new).count(), 1);
    assert!(made.iter().all(|other| other.group == made[0].group));

    assert_eq!(store.direct_group(&user("2"), &user("1")).await, Ok(Some(made[0].group.clone())));
    assert_eq!(store.direct_group(&user("1"), &user("3")).await, Ok(None));
    let other = store.save_group(direct(&["1", "3"]), NOON).await.unwrap();
    assert_eq!((other.new, other.group.id), (true, number(2)));
}

pub async fn a_put_direct_group_is_the_pair_s_only_one<S: People>(store: S) {
    crowd(&store, 3).await;
    store.save_group(put(5, direct(&["1", "2"])), NOON).await.unwrap();
    let second = store.save_group(put(6, direct(&["2", "1"])), NOON).await;
    assert_eq!(second, Err(PeopleError::PairTaken(number(5))));
    assert!(!store.save_group(put(5, direct(&["2", "1"])), NOON).await.unwrap().new);
    // What is between others now, or between nobody, leaves the pair free.
    store.save_group(put(5, direct(&["1", "3"])), NOON).await.unwrap();
    assert_eq!(store.direct_group(&user("1"), &user("2")).await, Ok(None));
    assert!(store.save_group(put(6, direct(&["2", "1"])), NOON).await.unwrap().new);
    store.save_group(put(6, group("more", &["1", "2", "3"])), NOON).await.unwrap();
    assert_eq!(store.direct_group(&user("1"), &user("2")).await, Ok(None));
    let found = store.direct_group(&user("3"), &user("1")).await.unwrap().unwrap();
    assert_eq!((found.id, found.kind), (number(5), GroupKind::Direct));
}

pub async fn members_come_and_go<S: People>(store: S) {
    crowd(&store, 4).await;
    store.save_group(GroupDraft { max_members: 3, ..group("us", &["1", "2"]) }, NOON).await.unwrap();
    let add = async |who, role| store.add_member(number(1), member(who, role), LATER).await;
    assert_eq!(add("3", MemberRole::Moderator).await.unwrap(), kept(&store, 1, "3").await);
    assert_eq!((kept(&store, 1, "3").await.joined_at, names(&store, 1).await.len()), (LATER, 3));
    assert_eq!(add("1", MemberRole::Member).await.unwrap().role, MemberRole::Admin);
    assert_eq!(add("4", MemberRole::Member).await, Err(PeopleError::Full { most: 3 }));

    assert_eq!(store.remove_member(number(1), &user("2")).await, Ok(true));
    assert_eq!(store.remove_member(number(1), &user("2")).await, Ok(false));
    assert_eq!(store.remove_member(number(1), &user("9")).await, Ok(false));
    assert_eq!(names(&store, 1).await, ["1", "3"]);
    assert_eq!(add("4", MemberRole::Member).await.unwrap().user, user("4"));
    store.remove_member(number(1), &user("4")).await.unwrap();
    let back = add("2", MemberRole::Moderator).await.unwrap();
    assert_eq!((back.role, back.joined_at, back.active), (MemberRole::Moderator, LATER, true));
}

pub async fn who_cannot_be_let_in_is_told_why<S: People>(store: S) {
    crowd(&store, 3).await;
    store.save_group(direct(&["1", "2"]), NOON).await.unwrap();
    store.save_group(group("us", &["1"]), NOON).await.unwrap();
    let add = async |id, who| store.add_member(number(id), member(who, MemberRole::Member), NOON).await;
    assert_eq!(add(9, "1").await, Err(PeopleError::UnknownGroup(number(9))));
    assert_eq!(add(2, "9").await, Err(PeopleError::UnknownUser(user("9"))));
    assert_eq!(add(1, "3").await, Err(PeopleError::MembersFixed));
    assert!(add(1, "1").await.unwrap().active);
    assert_eq!(store.remove_member(number(1), &user("1")).await, Err(PeopleError::MembersFixed));
    let nowhere = store.remove_member(number(9), &user("1")).await;
    assert_eq!(nowhere, Err(PeopleError::UnknownGroup(number(9))));
    assert_eq!(store.membership(number(2), &user("2")).await, Ok(None));
}

pub async fn the_last_place_is_taken_once<S: People>(store: S) {
    crowd(&store, 16).await;
    store.save_group(GroupDraft { max_members: 3, ..group("us", &["1", "2"]) }, NOON).await.unwrap();
    let added = race(14, |racer| {
        store.add_member(number(1), member(&(racer + 3).to_string(), MemberRole::Member), NOON)
    });
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    assert_eq!(names(&store, 1).await.len(), 3);
}

pub async fn roles_change_for_those_who_are_in<S: People>(store: S) {
    crowd(&store, 3).await;
    store.save_group(group("us", &["1", "2"]), NOON).await.unwrap();
    let change = async |who| store.change_role(number(1), &user(who), MemberRole::Moderator).await;
    assert_eq!((change("2").await, change("3").await), (Ok(true), Ok(false)));
    assert_eq!(kept(&store, 1, "2").await.role, MemberRole::Moderator);
    store.remove_member(number(1), &user("2")).await.unwrap();
    assert_eq!(change("2").await, Ok(false));
}

pub async fn a_look_into_a_group_only_moves_on<S: People>(store: S) {
    crowd(&store, 2).await;
    store.save_group(group("us", &["1"]), NOON).await.unwrap();
    for ms in [5, 0, 3] {
        store.mark_seen(vec![sight("1", Some(1), NOON.plus_ms(ms))]).await.unwrap();
    }
    store.mark_seen(vec![sight("2", Some(1), NOON)]).await.unwrap();
    assert_eq!(kept(&store, 1, "1").await.last_seen, Some(NOON.plus_ms(5)));
    assert_eq!(store.user(&user("2")).await.unwrap().unwrap().last_seen, Some(NOON));
    assert_eq!(store.membership(number(1), &user("2")).await, Ok(None));
}

async fn say(store: &impl Log, id: u64, at: Timestamp) {
    let body = EntryBody::MessagePosted { message: message("m", "x") };
    let draft = Draft { room: number(id).room(), by: Some(user("1")), client_id: ClientId::fresh(), body };
    store.append(vec![draft], at).await.unwrap();
}

pub async fn the_group_that_was_spoken_in_last_comes_first<S: People + Log>(store: S) {
    crowd(&store, 3).await;
    store.save_group(group("one", &["1", "2"]), NOON).await.unwrap();
    store.save_group(direct(&["1", "3"]), NOON.plus_ms(1)).await.unwrap();
    store.save_group(GroupDraft { active: false, ..group("three", &["1"]) }, NOON.plus_ms(2)).await.unwrap();
    store.save_group(group("not mine", &["2"]), NOON).await.unwrap();
    let own = async |span| store.groups_of(&user("1"), span).await.unwrap();
    let ids = async |span| own(span).await.groups.iter().map(|own| own.group.id.number()).collect::<Vec<_>>();

    assert_eq!(ids(ALL).await, [3, 2, 1]);
    say(&store, 1, LATER).await;
    say(&store, 2, LATER.plus_ms(-1)).await;
    assert_eq!(ids(ALL).await, [1, 2, 3]);
    assert_eq!(ids(Span { skip: 1, most: 1 }).await, [2]);
    assert_eq!(ids(Span { skip: 3, most: 9 }).await, [0; 0]);

    let page = own(Span { skip: 0, most: 1 }).await;
    assert_eq!((page.total, page.active, page.direct), (3, 2, 1));
    assert_eq!((page.groups[0].members, page.groups[0].membership.role), (2, MemberRole::Admin));
    store.remove_member(number(1), &user("1")).await.unwrap();
    assert_eq!((ids(ALL).await, own(ALL).await.total), (vec![2, 3], 2));
}

pub async fn contacts_are_those_with_a_direct_group<S: People>(store: S) {
    crowd(&store, 4).await;
    store.save_group(direct(&["1", "3"]), NOON).await.unwrap();
    store.save_group(group("us", &["1", "2"]), NOON).await.unwrap();
    store.save_group(direct(&["4", "1"]), NOON).await.unwrap();
    let contacts = async |who, span| {
        let contacts = store.contacts(&user(who), span).await.unwrap();
        contacts.iter().map(|one| (one.user.id.to_string(), one.group.number())).collect::<Vec<_>>()
    };
    assert_eq!(contacts("1", ALL).await, [("4".to_owned(), 3), ("3".to_owned(), 1)]);
    assert_eq!(contacts("1", Span { skip: 1, most: 1 }).await, [("3".to_owned(), 1)]);
    assert_eq!(contacts("3", ALL).await, [("1".to_owned(), 1)]);
    assert_eq!(contacts("2", ALL).await, []);
}
