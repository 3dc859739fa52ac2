//! Groups and messages over HTTP: in the original's shapes, and heard at every door.

use reqwest::Method;
use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, direct, group, token};
use crate::house::House;

/// Calls the chat's API as this user: status and body.
pub async fn call(house: &House, user: u64, method: Method, path: &str, body: Value) -> (u16, Value) {
    let request = house.request(method, &format!("/api/chat{path}")).bearer_auth(token(user));
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

pub async fn get(house: &House, user: u64, path: &str) -> Value {
    let (status, body) = call(house, user, Method::GET, path, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[actix_web::test]
async fn without_a_good_token_the_answer_is_an_empty_401() {
    let house = House::start().await;
    for path in ["/groups", "/groups/1/messages", "/users/search?q=ana", "/users/contacts"] {
        for bearer in [None, Some("nonsense")] {
            let request = house.request(Method::GET, &format!("/api/chat{path}"));
            let request =
                bearer.map_or(request.try_clone().expect("again"), |bearer| request.bearer_auth(bearer));
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 401);
            assert_eq!(answer.text().await.expect("a body"), "");
        }
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_user_s_groups_are_listed_with_what_is_unread_and_what_was_said_last() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    direct(&house, 2, [7, 8]).await;
    let mut bob = Chatter::comes(&house, 8).await;
    bob.sends(1, "one").await;
    let last = bob.sends(1, "two").await;
    let body = get(&house, 7, "/groups?page=1&limit=1").await;
    assert_eq!(body["message"], "Grupos recuperados com sucesso");
    let listed = &body["data"]["groups"][0];
    assert_eq!(
        (&listed["id"], &listed["unreadCount"], &listed["memberCount"]),
        (&json!(1), &json!(2), &json!(2))
    );
    assert_eq!((&listed["memberRole"], &listed["type"]), (&json!("admin"), &json!("group")));
    assert_eq!(
        (&listed["lastMessage"]["id"], &listed["lastMessage"]["senderName"]),
        (&last["id"], &json!("User 8"))
    );
    let may = json!({ "canSendMessages": true, "canManageMembers": true, "canEditGroup": true, "canDeleteGroup": true });
    assert_eq!(listed["permissions"], may);
    let pages =
        json!({ "currentPage": 1, "totalPages": 2, "totalGroups": 2, "hasNext": true, "hasPrevious": false });
    assert_eq!(body["data"]["pagination"], pages);
    let summary = json!({ "totalGroups": 2, "totalUnreadMessages": 2, "activeGroups": 2, "directChats": 1, "groups": 1 });
    assert_eq!(body["data"]["summary"], summary);
    bob.asks("delete_message", json!({ "messageId": last["id"] })).await;
    let body = get(&house, 7, "/groups").await;
    let listed = &body["data"]["groups"][0];
    assert_eq!(listed["lastMessage"]["content"], "[Mensagem deletada]");
    // What is gone is nothing to read.
    assert_eq!(
        (&listed["unreadCount"], &body["data"]["summary"]["totalUnreadMessages"]),
        (&json!(1), &json!(1))
    );
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn messages_are_paged_from_the_newest_and_shown_oldest_first() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    for n in 0..5 {
        ana.sends(1, &format!("m{n}")).await;
    }
    let reply = json!({ "groupId": 1, "content": "indeed", "replyToId": 5 });
    bob.asks("send_message", reply).await;
    bob.emits("message_read", json!({ "messageIds": [4], "groupId": 1 })).await;
    bob.emits("message_delivered", json!({ "messageIds": [5], "groupId": 1 })).await;
    for _ in 0..5 {
        ana.hears("message_delivered").await;
    }
    let page =
        async |page| get(&house, 7, &format!("/groups/1/messages?page={page}&limit=3")).await["data"].clone();
    let (first, second) = (page(1).await, page(2).await);
    let contents = |page: &Value| {
        let messages = page["messages"].as_array().expect("messages");
        messages
            .iter()
            .map(|message| message["content"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (contents(&first), contents(&second)),
        (vec!["m3".into(), "m4".into(), "indeed".into()], vec!["m0".into(), "m1".into(), "m2".into()])
    );
    let pages = json!({ "currentPage": 2, "totalPages": 2, "totalMessages": 6, "hasNext": false, "hasPrevious": true });
    assert_eq!(second["pagination"], pages);
    assert_eq!(page(3).await["messages"], json!([]));
    let statuses: Vec<_> =
        first["messages"].as_array().expect("messages").iter().map(|m| m["status"].clone()).collect();
    assert_eq!(statuses, ["read", "delivered", "sent"]);
    assert_eq!(first["messages"][0]["reads"], json!([{ "userId": 8 }]));
    assert_eq!(
        (&first["messages"][0]["canEdit"], &first["messages"][2]["canEdit"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&first["messages"][2]["canDelete"], &first["messages"][2]["replyTo"]["content"]),
        (&json!(true), &json!("m4"))
    );
    assert_eq!(first["groupInfo"]["canManageMembers"], true);
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_is_sent_over_http_is_heard_like_any_other_message_and_once() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let said = json!({ "content": " oi ", "tempId": "t1" });
    let (status, body) = call(&house, 7, Method::POST, "/groups/1/messages", said.clone()).await;
    assert_eq!((status, &body["message"]), (201, &json!("Mensagem enviada com sucesso")));
    for person in [&mut ana, &mut bob] {
        let told = person.hears("new_message").await;
        assert_eq!((&told["id"], &told["content"]), (&body["data"]["id"], &json!("oi")));
    }
    let (_, again) = call(&house, 7, Method::POST, "/groups/1/messages", said).await;
    assert_eq!(again["data"]["id"], body["data"]["id"]);
    bob.has_not_heard(&["new_message"]).await;
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_may_not_be_said_or_seen_is_refused_in_the_original_s_words() {
    let house = House::start().await;
    group(&house, 1, &[8]).await;
    let failed = |text| json!({ "message": "Erro interno do servidor", "error": text });
    let invalid = |text| json!({ "message": "Dados inválidos", "error": text });
    let get = async |path| call(&house, 7, Method::GET, path, Value::Null).await;
    let stranger = (500, failed("Usuário não é membro deste grupo"));
    assert_eq!(get("/groups/1/messages").await, stranger);
    assert_eq!(get("/groups/1/messages/search?q=x").await, stranger);
    assert_eq!(get("/groups/99/messages").await, (500, failed("Grupo não encontrado")));
    assert_eq!(get("/groups/x/messages").await, (500, failed("Grupo não encontrado")));
    assert_eq!(get("/users/search").await, (400, invalid("Parâmetro de busca \"q\" é obrigatório")));
    assert_eq!(get("/users/search?q=a").await.0, 400);
    let (status, body) = get("/groups?page=0").await;
    assert_eq!((status, &body["details"]), (400, &json!([{ "field": "page" }])));
    for twice in ["/groups?page=1&page=2", "/groups/1/messages/search?q=a&q=b"] {
        let (status, body) = get(twice).await;
        assert_eq!((status, &body["message"]), (400, &json!("Dados inválidos")), "{twice}");
    }
    let post = async |body| call(&house, 7, Method::POST, "/groups/1/messages", body).await;
    assert_eq!(post(json!({ "content": "x" })).await, stranger);
    assert_eq!(post(json!({})).await, (400, invalid("Conteúdo da mensagem é obrigatório")));
    assert_eq!(post(json!([1])).await.0, 400);
    let long = invalid("Mensagem não pode ter mais de 4000 caracteres");
    let said = json!({ "content": "x".repeat(4001) });
    assert_eq!(call(&house, 8, Method::POST, "/groups/1/messages", said).await, (400, long));
    let answer = house.request(Method::DELETE, "/api/chat/groups").bearer_auth(token(7)).send().await;
    assert_eq!(answer.expect("an answer").status(), 405);
    house.ends().await;
}

#[actix_web::test]
async fn a_new_group_is_its_maker_s_and_heard_by_who_is_there_already() {
    let house = House::start().await;
    group(&house, 1, &[7, 8, 9]).await;
    let (mut ana, mut bob) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 8).await);
    let new = json!({ "name": "Comercial", "description": null, "memberIds": [8, "9", 7] });
    let (status, body) = call(&house, 7, Method::POST, "/groups", new).await;
    assert_eq!((status, &body["message"]), (201, &json!("Grupo criado com sucesso")));
    let made = &body["data"];
    assert_eq!(
        (&made["memberRole"], &made["memberCount"], &made["name"]),
        (&json!("admin"), &json!(3), &json!("Comercial"))
    );
    let id = made["id"].as_u64().expect("a number");
    ana.sends(id, "welcome").await;
    assert_eq!(bob.hears("new_message").await["groupId"], id);
    all_leave([ana, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn two_users_have_one_direct_chat_called_by_both_names() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let wish = |other: u64| json!({ "type": "direct", "memberIds": [other] });
    let (status, first) = call(&house, 7, Method::POST, "/groups", wish(8)).await;
    assert_eq!((status, &first["message"]), (201, &json!("Chat direto criado com sucesso")));
    assert_eq!(
        (&first["data"]["name"], &first["data"]["type"]),
        (&json!("User 7 & User 8"), &json!("direct"))
    );
    let (_, second) = call(&house, 8, Method::POST, "/groups", wish(7)).await;
    assert_eq!(second["data"]["id"], first["data"]["id"]);
    let contacts = get(&house, 7, "/users/contacts").await["data"].clone();
    assert_eq!((&contacts[0]["id"], &contacts[0]["chatGroupId"]), (&json!(8), &first["data"]["id"]));
    for (wrong, status) in [
        (json!({ "type": "direct", "memberIds": [] }), 400),
        (json!({ "type": "direct", "memberIds": [7] }), 400),
        (json!({ "name": "x", "memberIds": [8] }), 400),
        (json!({ "name": "ok", "memberIds": ["../8"] }), 400),
        (json!({ "name": "ok", "memberIds": [99] }), 500),
        (json!({ "name": "ok", "type": "crowd", "memberIds": [8] }), 400),
        (json!({ "name": "ok", "description": "x".repeat(501), "memberIds": [8] }), 400),
    ] {
        assert_eq!(call(&house, 7, Method::POST, "/groups", wrong.clone()).await.0, status, "{wrong}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn messages_are_found_whatever_their_accents_and_in_part() {
    let house = House::start().await;
    group(&house, 1, &[7]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    for content in ["Ação imediata", "nada", "reação", "会議は明日です"] {
        ana.sends(1, content).await;
    }
    let find = async |q: &str| {
        let found =
            get(&house, 7, &format!("/groups/1/messages/search?q={q}&limit=10")).await["data"].clone();
        let messages = found["messages"].as_array().expect("messages").clone();
        messages
            .iter()
            .map(|message| message["content"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(find("ACAO").await, ["Ação imediata", "reação"]);
    assert_eq!(find("会議").await, ["会議は明日です"]);
    assert_eq!(find("nope").await, Vec::<String>::new());
    let first = get(&house, 7, "/groups/1/messages/search?q=acao&limit=1").await["data"].clone();
    assert_eq!((&first["hasMore"], &first["messages"][0]["content"]), (&json!(true), &json!("reação")));
    let rest = format!("/groups/1/messages/search?q=acao&before={}", first["nextBefore"]);
    assert_eq!(get(&house, 7, &rest).await["data"]["messages"][0]["content"], "Ação imediata");
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn every_path_of_this_api_is_in_the_document_with_an_example() {
    let house = House::start().await;
    for page in ["/swagger", "/swagger/"] {
        let (status, body) = house.get(page).await;
        assert!(status == 200 && body.contains("swagger"), "{page}: {status}");
    }
    let (_, document) = house.get("/openapi.json").await;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    for (path, method, status) in [
        ("/api/chat/groups", "get", "200"),
        ("/api/chat/groups", "post", "201"),
        ("/api/chat/groups/{groupId}/messages", "get", "200"),
        ("/api/chat/groups/{groupId}/messages", "post", "201"),
        ("/api/chat/groups/{groupId}/messages/search", "get", "200"),
        ("/api/chat/users/search", "get", "200"),
        ("/api/chat/users/contacts", "get", "200"),
    ] {
        let operation = &document["paths"][path][method];
        assert_eq!(operation["security"], json!([{ "token": [] }]), "{method} {path}");
        let content = &operation["responses"][status]["content"]["application/json"];
        assert!(content["example"]["data"] != Value::Null, "{method} {path}: {content}");
        assert_eq!(operation["responses"]["401"]["content"], Value::Null, "{method} {path}");
    }
    let posting = &document["paths"]["/api/chat/groups/{groupId}/messages"]["post"]["responses"];
    let error = &posting["429"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(error, "#/components/schemas/ChatError");
    house.ends().await;
}
