//! How chat clients come in, and what they are told first.

use recado::auth::wall_clock;
use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, group, token};
use crate::house::House;
use crate::tokens::sign;

async fn no(house: &House, auth: Value) -> Value {
    Chatter::knocks(house, auth).await.map(|_| ()).expect_err("a connect_error")
}

#[actix_web::test]
async fn whoever_shows_no_good_token_is_told_which_of_three_reasons_it_is() {
    let house = House::start().await;
    for auth in [Value::Null, json!({}), json!({ "token": "" }), json!({ "token": 7 })] {
        assert_eq!(no(&house, auth).await, json!({ "message": "Token de autenticação necessário" }));
    }
    let now = wall_clock();
    let late = sign(&json!({ "id": 7, "exp": now - 1 }));
    for bad in ["nonsense", late.as_str()] {
        assert_eq!(no(&house, json!({ "token": bad })).await, json!({ "message": "Token inválido" }));
    }
    let visitor = sign(&json!({ "userId": "v1", "chatId": "c1", "isAuthenticated": false, "exp": now + 60 }));
    assert_eq!(no(&house, json!({ "token": visitor })).await, json!({ "message": "Token inválido" }));
    let nobody = sign(&json!({ "email": "ana@example.org", "exp": now + 60 }));
    assert_eq!(no(&house, json!({ "token": nobody })).await, json!({ "message": "Usuário não encontrado" }));
    house.ends().await;
}

#[actix_web::test]
async fn only_the_directory_s_users_come_in_where_that_is_asked_for() {
    let house = House::with(&[("RECADO_DOORS__CHAT__KNOWN_USERS_ONLY", "true")]).await;
    let unknown = json!({ "message": "Usuário não encontrado" });
    assert_eq!(no(&house, json!({ "token": token(7) })).await, unknown);
    group(&house, 1, &[7]).await;
    Chatter::comes(&house, 7).await.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_client_is_welcomed_by_its_number_wherever_its_token_stands() {
    let house = House::start().await;
    let path = format!("/socket.io/?EIO=4&transport=websocket&token={}", token(7));
    let mut by_query = Chatter::knocks_at(&house, &path, Value::Null).await.expect("let in");
    let welcome = by_query.hears("connected").await;
    assert_eq!(welcome["message"], "Conectado com sucesso ao chat");
    assert_eq!(welcome["userId"], 7);
    assert!(welcome["timestamp"].is_string() && welcome["serverTime"].is_i64());
    let sub = sign(&json!({ "sub": "8", "exp": wall_clock() + 60 }));
    let mut by_sub = Chatter::knocks(&house, json!({ "token": sub })).await.expect("let in");
    assert_eq!(by_sub.hears("connected").await["userId"], 8);
    all_leave([by_query, by_sub]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_a_client_says_before_it_is_welcomed_is_heard() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let mut bob = Chatter::comes(&house, 8).await;
    let mut ana = Chatter::knocks(&house, json!({ "token": token(7) })).await.expect("let in");
    let id = ana.begins("send_message", json!({ "groupId": 1, "content": "early" })).await;
    assert_eq!(bob.hears("new_message").await["content"], "early");
    assert_eq!(ana.is_answered(id).await["success"], true);
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_was_away_is_told_what_was_said_and_the_senders_that_it_arrived() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    group(&house, 2, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    for n in 0..60 {
        ana.sends(1 + n % 2, &format!("m{n}")).await;
    }
    let mut bob = Chatter::comes(&house, 8).await;
    let (first, second) = (bob.hears("pending_messages").await, bob.hears("pending_messages").await);
    assert_eq!((&first["count"], &first["hasMore"]), (&json!(50), &json!(true)));
    assert_eq!((&second["count"], &second["hasMore"]), (&json!(10), &json!(false)));
    let all = [first, second].map(|told| told["messages"].as_array().expect("messages").clone()).concat();
    let contents: Vec<_> = all.iter().map(|message| message["content"].clone()).collect();
    assert_eq!(contents, (0..60).map(|n| json!(format!("m{n}"))).collect::<Vec<_>>());
    for message in &all {
        let told = ana.hears("message_delivered").await;
        assert_eq!((&told["messageId"].is_u64(), &told["status"]), (&true, &json!("delivered")));
        assert!(message["id"].is_u64());
    }
    bob.leaves().await;
    let mut bob = Chatter::comes(&house, 8).await;
    bob.has_not_heard(&["pending_messages"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

/// What they were told of when they came in.
async fn is_told(device: &mut Chatter, contents: &[&str]) {
    let told = device.hears("pending_messages").await;
    let said =
        told["messages"].as_array().expect("messages").iter().map(|message| message["content"].clone());
    assert_eq!(said.collect::<Vec<_>>(), contents.to_vec());
}

#[actix_web::test]
async fn of_two_devices_that_come_back_together_each_is_told_what_was_said() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    ana.sends(1, "one").await;
    let mut phone = Chatter::comes(&house, 8).await;
    is_told(&mut phone, &["one"]).await;
    ana.hears("message_delivered").await;
    ana.sends(1, "two").await;
    phone.hears("new_message").await;
    let mut laptop = Chatter::comes(&house, 8).await;
    is_told(&mut laptop, &["one", "two"]).await;
    ana.sends(1, "three").await;
    assert_eq!(laptop.hears("new_message").await["content"], "three");
    all_leave([ana, phone, laptop]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_device_that_was_away_is_told_what_was_said_while_another_was_there() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    group(&house, 2, &[7, 8]).await;
    let (mut ana, mut laptop) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let mut phone = Chatter::comes(&house, 8).await;
    ana.sends(1, "heard").await;
    phone.hears("new_message").await;
    phone.leaves().await;
    house.is_down_to(2).await;
    let missed = ana.sends(1, "missed").await;
    laptop.hears_content("missed").await;
    laptop.emits("message_delivered", json!({ "messageIds": [missed["id"]] })).await;
    ana.hears("message_delivered").await;
    let mut phone = Chatter::comes(&house, 8).await;
    // Times are in milliseconds: what was said in the one in which it left is told again.
    let told = phone.hears("pending_messages").await["messages"].clone();
    assert_eq!(told.as_array().and_then(|told| told.last()).expect("a message")["content"], "missed");
    all_leave([ana, laptop, phone]).await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_joins_a_group_later_is_not_told_its_past_as_news() {
    let house = House::start().await;
    group(&house, 1, &[7, 9]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    ana.sends(1, "before bob").await;
    group(&house, 1, &[7, 9, 8]).await;
    let mut bob = Chatter::comes(&house, 8).await;
    bob.has_not_heard(&["pending_messages"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn another_namespace_is_no_chat() {
    let house = House::start().await;
    let mut ana = Chatter::comes(&house, 7).await;
    ana.says(r#"40/other,{"token":"x"}"#).await;
    assert_eq!(ana.reads_bare().await, r#"44/other,{"message":"Invalid namespace"}"#);
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_client_that_left_the_namespace_may_come_again_on_the_same_socket() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    for n in 0..3 {
        bob.says("41").await;
        bob.says(&format!("40{}", json!({ "token": token(8) }))).await;
        assert!(bob.reads_bare().await.starts_with("40{"), "let in again");
        bob.hears("connected").await;
        ana.sends(1, &format!("m{n}")).await;
        assert_eq!(bob.hears("new_message").await["content"], format!("m{n}"));
    }
    bob.has_not_heard(&["new_message"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_client_that_comes_again_while_its_message_is_on_its_way_hears_what_follows() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    for n in 0..10 {
        bob.emits("send_message", json!({ "groupId": 1, "content": format!("b{n}") })).await;
        bob.says("41").await;
        bob.says(&format!("40{}", json!({ "token": token(8) }))).await;
        while !bob.reads_bare().await.starts_with("40{") {}
        bob.hears("connected").await;
        assert_eq!(ana.hears("new_message").await["content"], format!("b{n}"));
        ana.sends(1, &format!("a{n}")).await;
        assert_eq!(bob.hears_content(&format!("a{n}")).await, json!(format!("a{n}")));
    }
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_number_names_the_user_by_whichever_claim() {
    let house = House::start().await;
    for claim in ["id", "userId", "sub"] {
        for named in [json!(7), json!("7")] {
            let token = sign(&json!({ claim: named, "exp": wall_clock() + 3600 }));
            let mut ana = Chatter::knocks(&house, json!({ "token": token })).await.expect("let in");
            assert_eq!(ana.hears("connected").await["userId"], 7, "{claim}");
            ana.leaves().await;
        }
    }
    house.ends().await;
}
