//! Stories of a backend that mirrors its users and groups.
//!
//! What it put is what there is, however often it puts it.

use recado_actors::id::{GroupId, UserId};
use recado_actors::ports::LogError;
use recado_actors::ports::people::{MemberRole, People, Span, UserSearch};
use serde_json::{Value, json};

use super::people::Shorthand;
use super::stage::Stage;

const GROUP: &str = "/internal/groups/12";
const ALL: Span = Span { skip: 0, most: 100 };

fn ana() -> Value {
    json!({"name": "Ana", "lastName": "Souza", "email": "ana@example.com", "verified": true})
}

fn group(members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|user| json!({"userId": user})).collect();
    json!({"name": "Comercial", "members": members})
}

async fn with_users(users: &[&str]) -> Stage {
    let next = Stage::new().await;
    for user in users {
        next.put(&format!("/internal/users/{user}"), ana()).await.good(201);
    }
    next
}

fn number(number: u64) -> GroupId {
    GroupId::new(number).unwrap()
}

async fn members(next: &Stage) -> Vec<(String, MemberRole)> {
    let members = next.store.members(number(12), ALL).await.unwrap();
    members.into_iter().map(|member| (member.user.id.to_string(), member.membership.role)).collect()
}

#[actix_web::test]
async fn a_user_is_made_known_and_then_replaced() {
    let next = Stage::new().await;
    let view =
        json!({"id": "7", "name": "Ana", "lastName": "Souza", "email": "ana@example.com", "verified": true});
    assert_eq!(next.put("/internal/users/7", ana()).await.good(201), view);
    assert_eq!(next.put("/internal/users/7", ana()).await.good(200), view);
    let bare = next.put("/internal/users/7", json!({"name": "Ana", "email": null, "verified": null})).await;
    assert_eq!(
        bare.good(200),
        json!({"id": "7", "name": "Ana", "lastName": "", "email": null, "verified": false})
    );
    let kept = next.store.user(&UserId::parse("7").unwrap()).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), kept.email, kept.verified), ("Ana", None, false));
    let search = UserSearch { text: "souza".into(), group: None, most: 9 };
    assert_eq!(next.store.search_users(search).await.unwrap(), []);
}

#[actix_web::test]
async fn a_group_is_what_was_put_last() {
    let next = with_users(&["7", "8", "9"]).await;
    let made = next.put(GROUP, group(&["7", "8"])).await.good(201);
    assert_eq!(
        made,
        json!({"id": 12, "name": "Comercial", "description": null, "type": "group", "imageUrl": null,
            "isActive": true, "maxMembers": 100, "memberCount": 2, "createdAt": made["createdAt"],
            "updatedAt": made["createdAt"]})
    );
    let mut other = group(&["8", "9"]);
    other["members"][0] = json!({"userId": "8", "role": "moderator", "notifications": false});
    other["isActive"] = json!(false);
    other["maxMembers"] = json!(2);
    let turned = next.put(GROUP, other.clone()).await.good(200);
    assert_eq!((&turned["isActive"], &turned["maxMembers"]), (&json!(false), &json!(2)));
    assert_eq!(next.put(GROUP, other).await.good(200), turned);
    let listed = [("8".to_owned(), MemberRole::Moderator), ("9".to_owned(), MemberRole::Member)];
    assert_eq!(members(&next).await, listed);
    let eight = next.store.membership(number(12), &UserId::parse("8").unwrap()).await.unwrap().unwrap();
    assert!(!eight.notifications);
}

#[actix_web::test]
async fn a_direct_group_is_the_only_one_of_its_two() {
    let next = with_users(&["7", "8", "9"]).await;
    let direct = |users: &[&str]| {
        let mut body = group(users);
        body["type"] = json!("direct");
        body
    };
    assert_eq!(next.put(GROUP, direct(&["7", "8"])).await.good(201)["maxMembers"], 2);
    let second = next.put("/internal/groups/13", direct(&["8", "7"])).await;
    assert!(second.body()["detail"].as_str().unwrap().contains("group 12"), "{}", second.text);
    assert_eq!(second.problem(409), "direct_group_exists");
    for users in [&["7"][..], &["7", "8", "9"], &[]] {
        let refused = next.put("/internal/groups/14", direct(users)).await;
        assert_eq!(refused.body()["detail"], "members: a direct group has exactly two members");
        assert_eq!(refused.problem(422), "invalid_body");
    }
}

#[actix_web::test]
async fn what_is_wrong_in_a_list_is_named_by_its_place() {
    let next = with_users(&["7", "8"]).await;
    let cases: [(Value, &str); 12] = [
        (json!(null), "members: expected an array, found null"),
        (json!({"hush": 1}), "members: expected an array, found an object"),
        (json!(["hush"]), "members[0]: expected an object, found a string"),
        (json!([[1]]), "members[0]: expected an object, found an array"),
        (json!([{"userId": "7"}, {}]), "members[1].userId: is missing"),
        (json!([{"userId": 7}]), "members[0].userId: expected a string, found a number"),
        (
            json!([{"userId": "7", "role": "hush"}]),
            "members[0].role: expected one of admin, moderator, member",
        ),
        (
            json!([{"userId": "7", "hush": 1}]),
            "members[0].hush: is not known here; known are userId, role, notifications",
        ),
        (
            json!([{"userId": "7"}, {"userId": "8"}, {"userId": "7"}]),
            "members[2].userId: is in the list already",
        ),
        (json!([{"userId": "7"}, {"userId": "hush"}]), "members[1].userId: is not known; put the user first"),
        (json!(vec![json!({"userId": "7"}); 101]), "members: has more than 100 items"),
        (
            json!([{"userId": "7", "notifications": "hush"}]),
            "members[0].notifications: expected a boolean, found a string",
        ),
    ];
    for (list, detail) in cases {
        let mut body = group(&[]);
        body["members"] = list;
        let answer = next.put(GROUP, body).await;
        assert_eq!(answer.body()["detail"], detail);
        assert_eq!(answer.problem(422), "invalid_body");
    }
    assert_eq!(next.store.group(number(12)).await, Ok(None));
}

#[actix_web::test]
async fn what_is_wrong_with_a_user_or_group_is_named() {
    let next = with_users(&["7", "8"]).await;
    let wrong = |field: &str, value: Value| {
        let mut body = group(&["7", "8"]);
        body[field] = value;
        body
    };
    for (body, detail) in [
        (wrong("name", json!(" ")), "name: is empty"),
        (wrong("name", json!("x".repeat(257))), "name: has more than 256 characters"),
        (wrong("description", json!("x".repeat(501))), "description: has more than 500 characters"),
        (wrong("type", json!("crowd")), "type: expected one of group, direct"),
        (wrong("maxMembers", json!(101)), "maxMembers: must be 1 to 100"),
        (wrong("maxMembers", json!(0)), "maxMembers: must be 1 to 100"),
        (wrong("maxMembers", json!(1)), "members: a group of at most 1 members is full"),
        (wrong("maxMembers", json!(-1)), "maxMembers: expected a whole number from 0"),
        (json!({"name": "x"}), "members: is missing"),
    ] {
        assert_eq!(next.put(GROUP, body).await.body()["detail"], detail);
    }
    let user = next.put("/internal/users/7", json!({"name": "x", "email": "x".repeat(321)})).await;
    assert_eq!(user.body()["detail"], "email: has more than 320 characters");
    for id in ["0", "x", "01", "9007199254740992", "1%00"] {
        let answer = next.put(&format!("/internal/groups/{id}"), group(&[])).await;
        assert_eq!(answer.problem(422), "invalid_path", "{id}");
    }
    let long = next.put(&format!("/internal/users/{}", "x".repeat(129)), ana()).await;
    assert_eq!(long.body()["detail"], "id: has more than 128 characters");
}

#[actix_web::test]
async fn a_store_that_is_down_takes_no_users_and_says_so() {
    let next = with_users(&["7"]).await;
    next.store.break_with(Some(LogError::Unavailable("on purpose".into())));
    assert_eq!(next.put("/internal/users/7", ana()).await.problem(503), "store_down");
    assert_eq!(next.put(GROUP, group(&["7"])).await.problem(503), "store_down");
    assert!(next.broker.vitals().store_is_down());
    next.store.break_with(None);
    next.put(GROUP, group(&["7"])).await.good(201);
}
