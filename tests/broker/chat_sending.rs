//! Messages in groups: who hears them, in which words, and every way to be told no.

use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, group};
use crate::house::House;
use reqwest::Method;

#[actix_web::test]
async fn a_message_is_acknowledged_to_its_socket_and_new_to_all_others() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut phone) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 7).await);
    let mut bob = Chatter::comes(&house, 8).await;
    let said = json!({ "groupId": 1, "content": " oi ", "tempId": "1733000000000", "fileUrl": null });
    let answer = ana.asks("send_message", said).await;
    let message = answer["message"].clone();
    assert_eq!((&answer["success"], &answer["tempId"]), (&json!(true), &json!("1733000000000")));
    assert_eq!(ana.hears("message_sent").await, answer);
    for other in [&mut bob, &mut phone] {
        assert_eq!(other.hears("new_message").await, message);
    }
    ana.has_not_heard(&["new_message"]).await;
    let told = json!({
        "id": 1, "content": "oi", "type": "text", "senderId": 7, "senderName": "User 7", "groupId": 1,
        "replyToId": null, "fileUrl": null, "fileName": null, "fileSize": null, "status": "sent",
        "createdAt": message["createdAt"], "timestamp": message["timestamp"], "isEdited": false, "isDeleted": false,
    });
    assert_eq!(message, told);
    all_leave([ana, phone, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn media_and_replies_are_told_whole() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let first = ana.sends(1, "look").await;
    let image = json!({
        "groupId": "1", "type": "image", "content": "", "replyToId": first["id"].to_string(),
        "fileUrl": "/uploads/chat/x.png", "fileName": "x.png", "fileSize": 12,
    });
    let answer = ana.asks("send_message", image).await;
    bob.hears("new_message").await;
    let told = bob.hears("new_message").await;
    assert_eq!(told, answer["message"]);
    assert_eq!((&told["type"], &told["replyToId"]), (&json!("image"), &first["id"]));
    assert_eq!((&told["fileName"], &told["fileSize"]), (&json!("x.png"), &json!(12)));
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_retry_gets_the_first_answer_and_another_text_by_the_same_name_is_another_message() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let said = |content: &str| json!({ "groupId": 1, "content": content, "tempId": 5 });
    let first = ana.asks("send_message", said("once")).await;
    assert_eq!(ana.asks("send_message", said("once")).await, first);
    let second = ana.asks("send_message", said("twice")).await;
    assert_ne!(second["message"]["id"], first["message"]["id"]);
    assert_eq!(bob.hears("new_message").await["content"], "once");
    assert_eq!(bob.hears("new_message").await["content"], "twice");
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn all_hear_one_order_however_many_send_at_once() {
    let house = House::with(&[("RECADO_DOORS__CHAT__EVENTS_PER_MINUTE", "0")]).await;
    group(&house, 1, &[7, 8, 9]).await;
    let mut people = [Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await];
    let mut carl = Chatter::comes(&house, 9).await;
    for n in 0..100 {
        for person in &mut people {
            person.emits("send_message", json!({ "groupId": 1, "content": n.to_string() })).await;
        }
    }
    let mut heard = Vec::new();
    for _ in 0..200 {
        heard.push(carl.hears("new_message").await);
    }
    let ids: Vec<_> = heard.iter().map(|message| message["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids, (1..=200).collect::<Vec<_>>());
    for sender in [7, 8] {
        let said = heard.iter().filter(|message| message["senderId"] == sender);
        let said: Vec<_> = said.map(|message| message["content"].clone()).collect();
        assert_eq!(said, (0..100).map(|n| json!(n.to_string())).collect::<Vec<_>>());
    }
    all_leave(people).await;
    carl.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_is_said_of_a_file_is_no_way_around_the_limit_of_a_text() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let huge = "x".repeat(2_000_000);
    let image =
        |url: &str, name: &str| json!({ "groupId": 1, "type": "image", "fileUrl": url, "fileName": name });
    let no = ana.is_refused("send_message", image(&format!("https://a.example/{huge}"), "a.png")).await;
    assert_eq!(no, "URL do arquivo inválida");
    ana.asks("send_message", image("https://a.example/a.png", &format!("{huge}.png"))).await;
    let told = bob.hears("new_message").await;
    assert_eq!(told["fileName"].as_str().map(|name| name.chars().count()), Some(180));
    all_leave([ana, bob]).await;
    house.ends().await;
}

/// What is wrong with a message, and what its sender is told.
fn wrong() -> Vec<(Value, &'static str)> {
    let long = "x".repeat(4001);
    vec![
        (json!({ "content": "oi" }), "ID do grupo é obrigatório"),
        (json!({ "groupId": null, "content": "oi" }), "ID do grupo é obrigatório"),
        (json!({ "groupId": 1 }), "Conteúdo da mensagem é obrigatório"),
        (json!({ "groupId": 1, "content": "  " }), "Mensagem de texto não pode estar vazia"),
        (json!({ "groupId": 1, "content": long }), "Mensagem não pode ter mais de 4000 caracteres"),
        (json!({ "groupId": 1, "type": "image", "content": "x" }), "Mensagem de mídia deve ter um arquivo"),
        (
            json!({ "groupId": 1, "type": "file", "fileUrl": "javascript:alert(1)" }),
            "URL do arquivo inválida",
        ),
        (json!({ "groupId": 1, "type": "poem", "content": "x" }), "Tipo de mensagem inválido"),
        (json!({ "groupId": 99, "content": "x" }), "Grupo não encontrado"),
        (json!({ "groupId": 3, "content": "x" }), "Não é possível enviar mensagem para grupo inativo"),
        (json!({ "groupId": 2, "content": "x" }), "Usuário não é membro deste grupo"),
        (json!({ "groupId": 1, "content": "x", "replyToId": 99 }), "Mensagem de resposta não encontrada"),
        (
            json!({ "groupId": 1, "content": "x", "replyToId": 1 }),
            "Não é possível responder mensagem de outro grupo",
        ),
        (
            json!({ "groupId": 1, "content": "x", "replyToId": 2 }),
            "Não é possível responder mensagem deletada",
        ),
    ]
}

#[actix_web::test]
async fn whoever_may_not_send_is_told_why_by_answer_and_by_event() {
    let house = House::start().await;
    group(&house, 1, &[7]).await;
    group(&house, 2, &[8]).await;
    let closed = json!({ "name": "old", "isActive": false, "members": [{ "userId": "7" }] });
    house.internal(Method::PUT, "/groups/3", closed).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    bob.sends(2, "elsewhere").await;
    let gone = ana.sends(1, "gone").await;
    assert_eq!(ana.asks("delete_message", json!({ "messageId": gone["id"] })).await["success"], true);
    for (mut said, text) in wrong() {
        said["tempId"] = json!("t");
        let answer = ana.asks("send_message", said).await;
        assert_eq!(answer, json!({ "success": false, "error": text, "tempId": "t" }));
        let told = ana.hears("message_error").await;
        assert_eq!((&told["error"], &told["tempId"]), (&json!(text), &json!("t")));
        assert!(told["timestamp"].is_i64());
    }
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn past_its_budget_a_user_is_told_no_and_typing_is_free() {
    let house = House::with(&[("RECADO_DOORS__CHAT__EVENTS_PER_MINUTE", "3")]).await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut phone) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 7).await);
    let mut bob = Chatter::comes(&house, 8).await;
    ana.sends(1, "one").await;
    phone.sends(1, "two").await;
    ana.sends(1, "three").await;
    for device in [&mut ana, &mut phone] {
        let no = device.is_refused("send_message", json!({ "groupId": 1, "content": "four" })).await;
        assert_eq!(no, "Rate limit exceeded");
        assert_eq!(device.hears("message_error").await["error"], "Rate limit exceeded");
        assert_eq!(device.is_refused("join_group", json!({ "groupId": 1 })).await, "Rate limit exceeded");
    }
    ana.emits("typing_start", json!({ "groupId": 1 })).await;
    assert_eq!(bob.hears("user_typing").await["userId"], 7);
    bob.sends(1, "mine").await;
    all_leave([ana, phone, bob]).await;
    house.ends().await;
}
