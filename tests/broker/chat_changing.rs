//! Messages that are edited, deleted and recalled, and who may.

use recado_actors::clock::{Clock, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use crate::chatting::{Chatter, all_leave, group};
use crate::house::House;
use recado::app::World;
use recado::auth::wall_clock;

#[actix_web::test]
async fn an_edit_is_told_to_the_whole_group_by_both_names_of_the_message() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let id = ana.sends(1, "teh").await["id"].clone();
    let answer = ana.asks("edit_message", json!({ "messageId": id, "content": " the " })).await;
    assert_eq!((&answer["success"], &answer["message"]["id"]), (&json!(true), &id));
    for person in [&mut ana, &mut bob] {
        let told = person.hears("message_edited").await;
        assert_eq!((&told["id"], &told["messageId"], &told["groupId"]), (&id, &id, &json!(1)));
        assert_eq!((&told["content"], &told["isEdited"]), (&json!("the"), &json!(true)));
        assert_eq!(told["editedAt"], answer["message"]["editedAt"]);
    }
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn who_may_not_change_a_message_is_told_why() {
    let house = House::start().await;
    group(&house, 1, &[9, 7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let id = ana.sends(1, "mine").await["id"].clone();
    let edit = |id: &Value| json!({ "messageId": id, "content": "x" });
    let only = |id: &Value| json!({ "messageId": id });
    assert_eq!(bob.is_refused("edit_message", edit(&id)).await, "Apenas o autor pode editar a mensagem");
    assert_eq!(bob.is_refused("delete_message", only(&id)).await, "Sem permissão para deletar esta mensagem");
    let no = bob.is_refused("recall_message", only(&id)).await;
    assert_eq!(no, "Apenas o remetente pode cancelar a mensagem");
    for event in ["edit_message", "delete_message", "recall_message"] {
        let unknown = json!({ "messageId": 99, "content": "x" });
        assert_eq!(ana.is_refused(event, unknown).await, "Mensagem não encontrada");
    }
    for event in ["delete_message", "recall_message"] {
        assert_eq!(ana.is_refused(event, json!({})).await, "ID da mensagem é obrigatório");
    }
    let no = ana.is_refused("edit_message", only(&id)).await;
    assert_eq!(no, "ID da mensagem e conteúdo são obrigatórios");
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn only_texts_that_stand_are_edited() {
    let house = House::start().await;
    group(&house, 1, &[7]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    let gone = ana.sends(1, "gone").await["id"].clone();
    ana.asks("delete_message", json!({ "messageId": gone })).await;
    let image = json!({ "groupId": 1, "type": "image", "fileUrl": "/uploads/chat/x.png" });
    let image = ana.asks("send_message", image).await["message"]["id"].clone();
    for id in [gone, image] {
        let no = ana.is_refused("edit_message", json!({ "messageId": id, "content": "x" })).await;
        assert_eq!(no, "Apenas mensagens de texto não deletadas podem ser editadas");
    }
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_admin_deletes_anybody_s_message_and_its_content_is_gone() {
    let house = House::start().await;
    group(&house, 1, &[9, 7]).await;
    let (mut ana, mut admin) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 9).await);
    let id = ana.sends(1, "a secret").await["id"].clone();
    let answer = admin.asks("delete_message", json!({ "messageId": id })).await;
    assert_eq!(answer, json!({ "success": true, "message": "Mensagem deletada com sucesso" }));
    for person in [&mut ana, &mut admin] {
        let told = person.hears("message_deleted").await;
        assert_eq!((&told["id"], &told["messageId"], &told["deletedBy"]), (&id, &id, &json!(9)));
        assert_eq!(told["isDeleted"], true);
        assert!(told["deletedAt"].is_string());
    }
    let (_, history) = house.internal(reqwest::Method::GET, "/groups/1/messages", Value::Null).await;
    assert!(!history.to_string().contains("a secret"), "{history}");
    all_leave([ana, admin]).await;
    house.ends().await;
}

/// A house whose clock a story turns, in milliseconds.
async fn house_with_clock() -> (House, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let by = ahead.clone();
    let clock = Clock::from_fn(move || Timestamp(wall_clock() * 1000 + by.load(Relaxed)));
    (House::in_world(&[], World { clock, ..World::default() }).await, ahead)
}

#[actix_web::test]
async fn a_message_is_recalled_within_five_minutes_and_unread_only() {
    let (house, ahead) = house_with_clock().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let mut ids = Vec::new();
    for content in ["read", "unread", "late"] {
        ids.push(ana.sends(1, content).await["id"].clone());
    }
    bob.emits("message_read", json!({ "messageIds": [ids[0]], "groupId": 1 })).await;
    ana.hears("message_read").await;
    let recall = |id: &Value| json!({ "messageId": id });
    let no = ana.is_refused("recall_message", recall(&ids[0])).await;
    assert_eq!(no, "Não é possível cancelar mensagem já lida");
    let answer = ana.asks("recall_message", recall(&ids[1])).await;
    assert_eq!(answer, json!({ "success": true, "message": "Mensagem cancelada com sucesso" }));
    let told = bob.hears("message_recalled").await;
    assert_eq!((&told["messageId"], &told["recalledBy"], &told["groupId"]), (&ids[1], &json!(7), &json!(1)));
    bob.has_not_heard(&["message_deleted"]).await;
    ahead.store(302_000, Relaxed);
    let no = ana.is_refused("recall_message", recall(&ids[2])).await;
    assert_eq!(no, "Tempo limite para cancelar a mensagem expirou");
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_is_no_member_any_more_changes_nothing_and_hears_nothing() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let id = bob.sends(1, "mine").await["id"].clone();
    group(&house, 1, &[7]).await;
    let no = bob.is_refused("edit_message", json!({ "messageId": id, "content": "x" })).await;
    assert_eq!(no, "Mensagem não encontrada");
    let no = bob.is_refused("send_message", json!({ "groupId": 1, "content": "x" })).await;
    assert_eq!(no, "Usuário não é membro deste grupo");
    ana.sends(1, "between us").await;
    bob.has_not_heard(&["new_message"]).await;
    group(&house, 1, &[7, 8]).await;
    ana.sends(1, "welcome back").await;
    assert_eq!(bob.hears("new_message").await["content"], "welcome back");
    all_leave([ana, bob]).await;
    house.ends().await;
}
