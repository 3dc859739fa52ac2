//! Users as apps are told of them over HTTP: found by name, and named beside what they wrote.

use reqwest::Method;
use serde_json::{Value, json};

use crate::chat_rest::{call, get};
use crate::chatting::group;
use crate::house::House;

#[actix_web::test]
async fn users_are_found_by_name_and_whose_group_they_are_in_is_told() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    group(&house, 2, &[9]).await;
    let found = get(&house, 7, "/users/search?q=user&groupId=1").await["data"].clone();
    let ids: Vec<_> = found.as_array().expect("a list").iter().map(|user| user["id"].clone()).collect();
    assert_eq!(ids, [8, 9]);
    assert_eq!((&found[0]["membership"]["role"], &found[1]["membership"]), (&json!("member"), &Value::Null));
    assert_eq!((&found[0]["fullName"], &found[0]["canStartDirectChat"]), (&json!("User 8"), &json!(true)));
    house.ends().await;
}

#[actix_web::test]
async fn who_wrote_a_message_is_told_whole_and_as_the_directory_knows_them_today() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let named = async |name: &str| {
        let user = json!({ "name": name, "lastName": "Souza", "email": "ana@example.org" });
        house.internal(Method::PUT, "/users/7", user).await;
    };
    let whole =
        |name: &str| json!({ "id": 7, "name": name, "last_name": "Souza", "email": "ana@example.org" });
    named("Ana").await;
    let said = json!({ "content": "oi" });
    let (_, posted) = call(&house, 7, Method::POST, "/groups/1/messages", said).await;
    assert_eq!(posted["data"]["sender"], whole("Ana"));
    named("Anna").await;
    for path in ["/groups/1/messages", "/groups/1/messages/search?q=oi"] {
        assert_eq!(get(&house, 8, path).await["data"]["messages"][0]["sender"], whole("Anna"), "{path}");
    }
    house.ends().await;
}
