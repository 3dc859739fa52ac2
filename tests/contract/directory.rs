//! The directory: users, and how they are found.
//!
//! Each story runs on every store.

use recado_actors::clock::Timestamp;
use recado_actors::id::GroupId;
use recado_actors::ports::people::{
    GroupDraft, GroupKind, MemberDraft, MemberRole, People, User, UserSearch,
};

use crate::people::{NOON, sight, user};

pub fn person(id: &str, name: &str, last_name: &str) -> User {
    User {
        id: user(id),
        name: name.into(),
        last_name: last_name.into(),
        email: Some(format!("{}@example.com", id)),
        verified: true,
        last_seen: None,
    }
}

/// Users 1 to `count`, called `user-1` and so on.
pub async fn crowd(store: &impl People, count: usize) {
    for id in 1..=count {
        assert!(store.save_user(person(&id.to_string(), &format!("user-{id}"), "X")).await.unwrap());
    }
}

pub fn number(number: u64) -> GroupId {
    GroupId::new(number).unwrap()
}

pub fn member(id: &str, role: MemberRole) -> MemberDraft {
    MemberDraft { user: user(id), role, notifications: None }
}

/// The first of them is its admin.
pub fn group(name: &str, ids: &[&str]) -> GroupDraft {
    let role = |place| if place == 0 { MemberRole::Admin } else { MemberRole::Member };
    GroupDraft {
        id: None,
        name: name.into(),
        description: Some("what for".into()),
        kind: GroupKind::Group,
        image_url: None,
        active: true,
        max_members: 100,
        members: ids.iter().enumerate().map(|(place, id)| member(id, role(place))).collect(),
    }
}

pub fn direct(ids: &[&str]) -> GroupDraft {
    GroupDraft { kind: GroupKind::Direct, max_members: 2, ..group("the two", ids) }
}

pub fn put(id: u64, draft: GroupDraft) -> GroupDraft {
    GroupDraft { id: Some(number(id)), ..draft }
}

/// Who is found by this, in order.
async fn found(store: &impl People, text: &str, most: usize) -> Vec<String> {
    let search = UserSearch { text: text.into(), group: None, most };
    let found = store.search_users(search).await.unwrap();
    found.into_iter().map(|found| found.user.id.to_string()).collect()
}

pub async fn a_user_is_put_and_read_back<S: People>(store: S) {
    let ana = User { email: None, verified: false, ..person("7", "Ana \u{1F600}", "d'Ávila \"x\"") };
    assert_eq!(store.user(&ana.id).await, Ok(None));
    assert_eq!(store.save_user(ana.clone()).await, Ok(true));
    assert_eq!(store.user(&ana.id).await, Ok(Some(ana.clone())));

    let renamed = User { last_name: "Silva".into(), ..ana };
    assert_eq!(store.save_user(renamed.clone()).await, Ok(false));
    assert_eq!(store.save_user(renamed.clone()).await, Ok(false));
    assert_eq!(store.user(&renamed.id).await, Ok(Some(renamed)));
}

pub async fn a_first_sight_overwrites_nothing<S: People>(store: S) {
    let (put, seen) = (person("7", "Ana", "Silva"), person("7", "from a token", ""));
    assert_eq!(store.meet_users(vec![seen.clone()]).await, Ok(vec![seen.clone()]));
    assert_eq!(store.save_user(put.clone()).await, Ok(false));
    let (other, again) = (person("8", "Bia", ""), person("8", "somebody else", ""));
    let met = store.meet_users(vec![other.clone(), seen, again]).await;
    assert_eq!(met, Ok(vec![other.clone(), put.clone(), other]));
    assert_eq!(store.user(&put.id).await, Ok(Some(put)));
}

pub async fn what_was_seen_only_moves_on<S: People>(store: S) {
    let seen = async || store.user(&user("1")).await.unwrap().unwrap().last_seen;
    crowd(&store, 1).await;
    assert_eq!(seen().await, None);
    store.mark_seen(vec![sight("1", None, NOON)]).await.unwrap();
    let earlier = sight("1", None, NOON.plus_ms(-5));
    store.mark_seen(vec![earlier, sight("nobody", Some(9), NOON)]).await.unwrap();
    assert_eq!(seen().await, Some(NOON));
    store.save_user(person("1", "again", "")).await.unwrap();
    assert_eq!(seen().await, Some(NOON));
    let later: Timestamp = NOON.plus_ms(5);
    store.save_user(User { last_seen: Some(later), ..person("1", "again", "") }).await.unwrap();
    assert_eq!(seen().await, Some(later));
}

pub async fn users_are_found_by_any_part_of_their_name<S: People>(store: S) {
    for (id, name, last) in [
        ("1", "João", "Conceição"),
        ("2", "Joana", "D'Arc"),
        ("3", "李小龙", "Bruce"),
        ("4", "100%", "a_b\\"),
        ("5", "joana", "D'Arc"),
    ] {
        store.save_user(person(id, name, last)).await.unwrap();
    }
    assert_eq!(found(&store, "JOA", 9).await, ["2", "5", "1"]);
    assert_eq!(found(&store, "joã", 2).await, ["2", "5"]);
    assert_eq!(found(&store, "CAO", 9).await, ["1"]);
    assert_eq!(found(&store, "小龙", 9).await, ["3"]);
    assert_eq!(found(&store, "a d'a", 9).await, ["2", "5"]);
    assert_eq!(found(&store, "3@EXAMPLE", 9).await, ["3"]);
    assert_eq!(found(&store, "0%", 9).await, ["4"]);
    assert_eq!(found(&store, "a_b\\", 9).await, ["4"]);
    for nobody in ["", "j", "%%", "__", "a_c", "\u{301}", "\" OR 1"] {
        assert_eq!(found(&store, nobody, 9).await, [""; 0], "{nobody}");
    }
    assert_eq!(found(&store, "joa", 0).await, [""; 0]);
}

pub async fn a_changed_name_is_found_and_the_old_one_is_not<S: People>(store: S) {
    store.save_user(person("1", "before", "")).await.unwrap();
    store.save_user(person("1", "after", "")).await.unwrap();
    assert_eq!(found(&store, "before", 9).await, [""; 0]);
    assert_eq!(found(&store, "after", 9).await, ["1"]);
}

pub async fn a_search_tells_who_is_in_the_group<S: People>(store: S) {
    crowd(&store, 3).await;
    store.save_group(group("us", &["1", "2"]), NOON).await.unwrap();
    store.remove_member(number(1), &user("2")).await.unwrap();
    let search = UserSearch { text: "user-".into(), group: Some(number(1)), most: 9 };
    let found = store.search_users(search).await.unwrap();
    let roles: Vec<_> = found.iter().map(|found| found.membership.as_ref().map(|kept| kept.role)).collect();
    assert_eq!(roles, [Some(MemberRole::Admin), None, None]);
}
