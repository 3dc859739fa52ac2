//! Two people in a chat: the seed's own flow.

use serde_json::json;

use crate::house::House;

#[actix_web::test]
async fn a_message_reaches_everyone_in_the_chat_and_its_sender_once() {
    let house = House::start().await;
    let mut ann = house.visitor("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    let mut eve = house.widget("eve", "chat_2").await;

    ann.posts("hello").await;
    let heard = bob.hears_message("hello").await;
    assert_eq!(heard["role"], "user");
    assert_eq!(heard["sender"], json!({ "id": "ann", "name": "ann", "email": null, "avatar": null }));
    ann.hears_message("hello").await;

    ann.hears_nothing_more().await;
    bob.hears_nothing_more().await;
    eve.hears_nothing_more().await;
    for person in [ann, bob, eve] {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn typing_is_told_to_the_others_only() {
    let house = House::start().await;
    let mut ann = house.widget("ann", "chat_1").await;
    let mut bob = house.widget("bob", "chat_1").await;
    bob.settles().await;

    ann.sends(json!({ "type": "typing", "isTyping": true })).await;
    assert_eq!(bob.hears("typing").await["data"], json!({ "userId": "ann", "isTyping": true }));
    ann.posts("done").await;
    ann.hears_message("done").await;
    bob.hears_message("done").await;

    ann.leaves().await;
    assert_eq!(bob.hears("typing").await["data"], json!({ "userId": "ann", "isTyping": false }));
    bob.leaves().await;
    house.ends().await;
}
