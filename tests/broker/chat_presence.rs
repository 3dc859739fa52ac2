//! Who is there, who types, how far everybody read: in the chat dialect's words.

use serde_json::json;

use crate::chatting::{Chatter, all_leave, direct, group};
use crate::house::House;

const SHORT_GRACE: (&str, &str) = ("RECADO_ROOMS__PRESENCE_GRACE_MS", "50");

#[actix_web::test]
async fn typing_is_told_to_the_others_with_a_name() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    group(&house, 2, &[8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    ana.emits("typing_start", json!({ "groupId": 2 })).await;
    ana.emits("typing_start", json!({ "groupId": 1 })).await;
    let told = bob.hears("user_typing").await;
    assert_eq!(
        (&told["userId"], &told["userName"], &told["groupId"]),
        (&json!(7), &json!("User 7"), &json!(1))
    );
    ana.emits("typing_stop", json!({ "groupId": 1 })).await;
    let told = bob.hears("user_stopped_typing").await;
    assert_eq!((&told["userId"], &told["groupId"]), (&json!(7), &json!(1)));
    assert!(told["timestamp"].is_i64() && told.get("userName").is_none());
    ana.has_not_heard(&["user_typing", "user_stopped_typing"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_contact_is_online_while_any_device_is() {
    let house = House::with(&[SHORT_GRACE]).await;
    direct(&house, 1, [7, 8]).await;
    group(&house, 2, &[7, 8, 9]).await;
    let (mut ana, mut carl) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 9).await);
    let (phone, laptop) = (Chatter::comes(&house, 8).await, Chatter::comes(&house, 8).await);
    let told = ana.hears("contact_status_changed").await;
    assert_eq!((&told["userId"], &told["status"]), (&json!(8), &json!("online")));
    phone.leaves().await;
    let online =
        async |ana: &mut Chatter| ana.asks("get_online_users", json!({ "groupId": 1 })).await["data"].clone();
    assert_eq!(online(&mut ana).await.as_array().map(Vec::len), Some(2));
    laptop.leaves().await;
    let told = ana.hears("contact_status_changed").await;
    assert_eq!((&told["userId"], &told["status"]), (&json!(8), &json!("offline")));
    carl.has_not_heard(&["contact_status_changed"]).await;
    all_leave([ana, carl]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_user_says_how_they_are_and_nonsense_is_ignored() {
    let house = House::start().await;
    direct(&house, 1, [7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    ana.hears("contact_status_changed").await;
    for status in ["busy", "asleep", "away", "offline", "online"] {
        bob.emits("update_status", json!({ "status": status })).await;
    }
    for status in ["busy", "away", "offline", "online"] {
        assert_eq!(ana.hears("contact_status_changed").await["status"], status);
    }
    bob.has_not_heard(&["contact_status_changed"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn only_members_see_who_is_online_in_a_group() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let mut carl = Chatter::comes(&house, 9).await;
    let answer = ana.asks("get_online_users", json!({ "groupId": 1 })).await;
    let online = answer["data"].as_array().expect("a list");
    let ids: Vec<_> = online.iter().map(|user| user["userId"].clone()).collect();
    assert_eq!(ids, [json!(7), json!(8)]);
    assert_eq!((&online[0]["status"], &online[0]["socketId"]), (&json!("online"), &json!(ana.sid)));
    assert!(online[0]["joinedAt"].is_i64() && online[0]["lastSeen"].is_i64());
    let no = carl.is_refused("get_online_users", json!({ "groupId": 1 })).await;
    assert_eq!(no, "Usuário não é membro deste grupo");
    assert_eq!(carl.is_refused("get_online_users", json!({})).await, "ID do grupo é obrigatório");
    all_leave([ana, bob, carl]).await;
    house.ends().await;
}

#[actix_web::test]
async fn coming_to_a_group_and_going_is_told_to_the_others_and_leaves_the_membership() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let answer = bob.asks("leave_group", json!({ "groupId": 1 })).await;
    assert_eq!(answer, json!({ "success": true, "message": "Saiu do grupo com sucesso" }));
    let told = ana.hears("user_left_group").await;
    assert_eq!(
        (&told["userId"], &told["userName"], &told["groupId"]),
        (&json!(8), &json!("User 8"), &json!(1))
    );
    ana.sends(1, "unheard").await;
    bob.has_not_heard(&["new_message"]).await;
    let answer = bob.asks("join_group", json!({ "groupId": 1 })).await;
    let view = json!({ "id": 1, "name": "Group 1", "type": "group", "memberCount": 2 });
    assert_eq!(answer, json!({ "success": true, "group": view, "message": "Entrou no grupo com sucesso" }));
    assert_eq!(ana.hears("user_joined_group").await["userId"], 8);
    ana.sends(1, "heard").await;
    assert_eq!(bob.hears("new_message").await["content"], "heard");
    let mut carl = Chatter::comes(&house, 9).await;
    assert_eq!(
        carl.is_refused("join_group", json!({ "groupId": 1 })).await,
        "Usuário não é membro deste grupo"
    );
    assert_eq!(carl.is_refused("join_group", json!({ "groupId": 99 })).await, "Grupo não encontrado");
    all_leave([ana, bob, carl]).await;
    house.ends().await;
}

#[actix_web::test]
async fn delivered_goes_to_the_sender_and_read_to_everyone() {
    let house = House::start().await;
    group(&house, 1, &[7, 8, 9]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let mut carl = Chatter::comes(&house, 9).await;
    let id = ana.sends(1, "oi").await["id"].clone();
    bob.hears("new_message").await;
    bob.emits("message_delivered", json!({ "messageIds": [id] })).await;
    let told = ana.hears("message_delivered").await;
    assert_eq!(
        (&told["messageId"], &told["groupId"], &told["status"]),
        (&id, &json!(1), &json!("delivered"))
    );
    bob.emits("message_read", json!({ "messageIds": [id.to_string()], "groupId": 77 })).await;
    for person in [&mut ana, &mut bob, &mut carl] {
        let told = person.hears("message_read").await;
        assert_eq!((&told["messageId"], &told["readBy"], &told["status"]), (&id, &json!(8), &json!("read")));
    }
    assert_eq!(ana.hears("message_read_by_recipient").await["readBy"], 8);
    carl.has_not_heard(&["message_delivered", "message_read_by_recipient"]).await;
    bob.emits("message_read", json!({ "messageIds": [id], "groupId": 1 })).await;
    ana.has_not_heard(&["message_read", "message_delivered"]).await;
    all_leave([ana, bob, carl]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_stranger_s_receipt_is_nobody_s_news() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut carl) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 9).await);
    let id = ana.sends(1, "oi").await["id"].clone();
    carl.emits("message_read", json!({ "messageIds": [id, 99, "x", null], "groupId": 1 })).await;
    carl.has_not_heard(&["message_read"]).await;
    ana.has_not_heard(&["message_read", "message_delivered"]).await;
    all_leave([ana, carl]).await;
    house.ends().await;
}
