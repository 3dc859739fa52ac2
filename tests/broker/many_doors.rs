//! One room, many doors: a group is heard by chat clients, by widgets with a token for it and over HTTP, in one order.

use reqwest::Method;
use serde_json::{Value, json};

use crate::chatting::{Chatter, group, token};
use crate::house::House;
use crate::tokens::{claims_with, sign};

/// A widget's token names the whole room.
fn widget_token(user: &str, room: &str) -> String {
    sign(&claims_with(user, "none", json!({ "chatId": null, "room": room })))
}

#[actix_web::test]
async fn a_group_is_one_room_for_chat_clients_widgets_and_http() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    let mut visitor = house.enters(&widget_token("visitor", "group:1"), "&extras=1").await;
    let from_chat = ana.sends(1, "from chat").await;
    let heard = visitor.hears_among_others("message").await;
    assert_eq!((&heard["data"]["content"], &heard["data"]["id"]), (&json!("from chat"), &json!("1")));
    visitor.posts_safely("from widget", "t1").await;
    let told = ana.hears("new_message").await;
    assert_eq!(
        (&told["content"], &told["id"], &told["senderName"]),
        (&json!("from widget"), &json!(2), &json!("visitor"))
    );
    assert!(told["senderId"].is_u64());
    let posted = house.request(Method::POST, "/api/chat/groups/1/messages").bearer_auth(token(8));
    let posted: Value =
        posted.json(&json!({ "content": "by http" })).send().await.expect("sent").json().await.expect("JSON");
    assert_eq!(posted["data"]["id"], 3);
    visitor.hears_message("from widget").await;
    let heard = visitor.hears_message("by http").await;
    assert_eq!(heard["seq"], 3);
    assert_eq!(ana.hears("new_message").await["content"], "by http");
    visitor.sends(json!({ "type": "read", "seq": 3 })).await;
    for id in [&from_chat["id"], &posted["data"]["id"]] {
        let told = ana.hears("message_read").await;
        assert_eq!(&told["messageId"], id);
    }
    ana.leaves().await;
    visitor.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_comes_by_the_widget_is_called_in_the_group_what_the_directory_calls_them() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    // The token says no name.
    let nameless =
        |room: &str| sign(&claims_with("8", "none", json!({ "chatId": null, "name": null, "room": room })));
    let mut bob = house.enters(&nameless("group:1"), "").await;
    bob.sends(json!({ "type": "typing", "isTyping": true })).await;
    let told = ana.hears("user_typing").await;
    assert_eq!((&told["userId"], &told["userName"]), (&json!(8), &json!("User 8")));
    bob.sends(json!({ "type": "message", "content": "oi", "role": "USER" })).await;
    let told = ana.hears("new_message").await;
    assert_eq!((&told["senderId"], &told["senderName"]), (&json!(8), &json!("User 8")));
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}
