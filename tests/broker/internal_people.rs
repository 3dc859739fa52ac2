//! A backend mirrors its users and groups over real HTTP.
//!
//! What it was told is there, is there after the service was started again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;
use crate::shape::{is_iso, keys};

const GROUP: &str = "createdAt description id imageUrl isActive maxMembers memberCount name type updatedAt";

async fn put(house: &House, path: &str, body: Value) -> (u16, Value) {
    house.internal(Method::PUT, path, body).await
}

async fn put_users(house: &House, ids: &[&str]) -> Vec<u16> {
    let mut answers = Vec::new();
    for id in ids {
        let user = json!({ "name": format!("User {id}"), "email": format!("{id}@example.com") });
        answers.push(put(house, &format!("/users/{id}"), user).await.0);
    }
    answers
}

fn group(kind: &str, ids: &[&str]) -> Value {
    let members: Vec<_> = ids.iter().map(|id| json!({ "userId": id, "role": "admin" })).collect();
    json!({ "name": "Comercial", "type": kind, "members": members })
}

#[actix_web::test]
async fn a_mirrored_directory_outlives_the_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("recado.db").display());
    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    assert_eq!(put_users(&house, &["7", "8"]).await, [201, 201]);
    let (status, made) = put(&house, "/groups/12", group("group", &["7", "8"])).await;
    assert_eq!((status, keys(&made).as_str(), &made["memberCount"]), (201, GROUP, &json!(2)));
    assert!(is_iso(&made["createdAt"]), "{made}");
    house.ends().await;

    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    assert_eq!(put_users(&house, &["7", "9"]).await, [200, 201]);
    let (status, again) = put(&house, "/groups/12", group("group", &["7", "9"])).await;
    assert_eq!((status, &again["createdAt"]), (200, &made["createdAt"]));
    house.ends().await;
}

#[actix_web::test]
async fn a_mirror_is_told_what_it_forgot() {
    let house = House::start().await;
    put_users(&house, &["7", "8"]).await;
    let (status, refused) = put(&house, "/groups/12", group("group", &["7", "9"])).await;
    assert_eq!((status, &refused["code"]), (422, &json!("invalid_body")));
    assert_eq!(refused["detail"], "members[1].userId: is not known; put the user first");
    let (status, refused) = put(&house, "/groups/x", group("group", &[])).await;
    assert_eq!((status, &refused["code"]), (422, &json!("invalid_path")));
    let bare = house.request(Method::PUT, "/internal/users/7").json(&json!({ "name": "x" })).send();
    assert_eq!(bare.await.expect("an answer").status().as_u16(), 401);
    house.ends().await;
}

#[actix_web::test]
async fn of_many_who_put_the_same_pair_at_once_one_is_first() {
    let house = House::start().await;
    put_users(&house, &["7", "8"]).await;
    let ways = [["7", "8"], ["8", "7"]];
    let puts = (1..=16).map(|id| {
        let house = &house;
        async move { put(house, &format!("/groups/{id}"), group("direct", &ways[id % 2])).await }
    });
    let answers = futures_util::future::join_all(puts).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1);
    let others = answers.iter().filter(|(_, body)| body["code"] == "direct_group_exists");
    assert_eq!(others.filter(|(status, _)| *status == 409).count(), 15);
    house.ends().await;
}
