//! Documents several clients are in: who comes and goes, where they point, what they change, and how it stands.

use reqwest::Method;
use serde_json::{Value, json};

use crate::collab::{MOUNT, OPEN, comes, token, two};
use crate::guests::Caller;
use crate::house::House;
use crate::tokens::{claims_with, sign};

impl Caller {
    /// Is in the document for certain.
    async fn is_in(&mut self, document: &str) {
        self.says(
            "document:join",
            json!([{ "documentId": document, "userInfo": { "name": "A", "id": "eve" } }]),
        )
        .await;
        self.says("ping", json!([])).await;
        self.hears("pong").await;
    }
}

async fn two_in(house: &House, document: &str) -> (Caller, Caller) {
    let (mut ana, mut bob) = two(house).await;
    ana.is_in(document).await;
    bob.is_in(document).await;
    let told = ana.hears("user:joined-document").await;
    assert_eq!(told[0]["userId"], "bob");
    (ana, bob)
}

async fn document(house: &House, id: &str, token: &str) -> (u16, Value) {
    let request = house.request(Method::GET, &format!("/collab/api/document/{id}")).bearer_auth(token);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[actix_web::test]
async fn whoever_joins_is_introduced_by_what_was_proved_and_what_it_says_of_itself() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    ana.is_in("d1").await;
    bob.is_in("d1").await;
    let told = ana.hears("user:joined-document").await;
    let about = &told[0]["userInfo"];
    assert_eq!((&about["id"], &about["name"]), (&json!("bob"), &json!("A")));
    assert_eq!((&about["isAuthenticated"], &about["currentDocument"]), (&json!(true), &json!("d1")));
    for name in ["socketId", "connectedAt", "lastSeen"] {
        assert!(about[name].is_string(), "{name}");
    }
    bob.says("document:leave", json!([{ "documentId": "d1" }])).await;
    assert_eq!(ana.hears("user:left-document").await, json!([{ "userId": "bob" }]));
    ana.leaves().await;
    assert_eq!(bob.hears("user:disconnected").await, json!([{ "userId": "ana" }]));
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn cursors_are_seen_by_those_in_the_document_and_go_with_who_points() {
    let house = House::with(&OPEN).await;
    let (mut ana, bob) = two_in(&house, "d1").await;
    let (mut bob, cursor) = (bob, json!({ "line": 1 }));
    bob.says("cursor:update", json!([{ "documentId": "d1", "cursor": cursor }])).await;
    let told = ana.hears("cursor:updated").await;
    assert_eq!((&told[0]["userId"], &told[0]["cursor"]), (&json!("bob"), &cursor));
    assert_eq!(told[0]["userInfo"]["name"], "A");
    assert!(told[0]["timestamp"].is_string());
    bob.leaves().await;
    assert_eq!(ana.hears("cursor:removed").await, json!([{ "userId": "bob" }]));
    assert_eq!(ana.hears("user:left-document").await, json!([{ "userId": "bob" }]));
    assert_eq!(ana.hears("user:disconnected").await, json!([{ "userId": "bob" }]));
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_update_is_heard_by_the_others_with_its_version() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two_in(&house, "d1").await;
    for version in 1..=3 {
        let update = json!({
            "documentId": "d1", "operation": { "insert": "x" }, "content": { "text": version },
            "metadata": { "title": "T", "userId": "eve", "version": 99 }, "else": 1,
        });
        ana.says("document:update", json!([update])).await;
        let told = bob.hears("document:updated").await;
        let at = &told[0]["metadata"]["timestamp"];
        let metadata = json!({ "title": "T", "userId": "ana", "timestamp": at, "version": version });
        let expected = json!([{
            "documentId": "d1", "operation": { "insert": "x" }, "content": { "text": version },
            "metadata": metadata,
        }]);
        assert_eq!(told, expected);
    }
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn an_operation_is_heard_by_the_others_in_that_document_and_no_other() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two_in(&house, "d1").await;
    let mut ida = comes(&house, "ida").await;
    ida.is_in("d2").await;
    ana.says("operation:apply", json!([{ "documentId": "d1", "operation": [1, 2] }])).await;
    assert_eq!(bob.hears("user:connected").await[0]["userId"], "ida");
    let told = bob.hears("operation:received").await;
    let at = &told[0]["timestamp"];
    assert_eq!(told, json!([{ "operation": [1, 2], "userId": "ana", "timestamp": at }]));
    ida.says("ping", json!([])).await;
    ida.hears("pong").await;
    for caller in [ana, bob, ida] {
        caller.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn what_makes_no_sense_and_what_is_not_theirs_is_refused_in_words() {
    let house = House::with(&OPEN).await;
    let mut ana = comes(&house, "ana").await;
    let not_updated = json!([{ "type": "document_update_error", "message": "Falha ao atualizar documento" }]);
    let broken = json!([{ "type": "invalid_request", "message": "Requisição inválida" }]);
    for (name, args, told) in [
        ("document:update", json!([]), &not_updated),
        ("document:update", json!([{ "documentId": "never joined", "content": 1 }]), &not_updated),
        ("document:join", json!([{ "documentId": "*" }]), &broken),
        ("document:join", json!([{ "documentId": null }]), &broken),
        ("document:leave", json!(["d1"]), &broken),
        ("cursor:update", json!([{ "documentId": "never joined", "cursor": 1 }]), &broken),
        ("operation:apply", json!([{ "documentId": "never joined", "operation": 1 }]), &broken),
    ] {
        ana.says(name, args).await;
        assert_eq!(&ana.hears("error").await, told, "{name}");
    }
    ana.says("document:leave", json!([{ "documentId": "never joined" }])).await;
    ana.says("document:unknown", json!([{}])).await;
    ana.is_in("d1").await;
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_is_banned_from_a_document_is_in_it_by_no_way() {
    let house = House::with(&OPEN).await;
    let ban = recado_actors::ports::Ban {
        user: recado_actors::id::UserId::parse("eve").ok(),
        token_id: None,
        room: recado_actors::id::RoomId::parse("doc:d1").ok(),
        until: None,
    };
    let added = house.broker().warden().ask(recado_actors::warden::AddBan(ban), crate::house::SOON).await;
    assert!(matches!(added, Ok(Ok(0))));
    let mut eve = comes(&house, "eve").await;
    eve.says("document:join", json!([{ "documentId": "d1" }])).await;
    assert_eq!(eve.hears("error").await[0]["type"], "invalid_request");
    assert_eq!(document(&house, "d1", &token("eve")).await.0, 403);
    eve.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_document_is_read_as_its_newest_update_left_it_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}/recado.db", folder.path().display());
    let mut settings = OPEN.to_vec();
    settings.push(("RECADO_STORE__URL", &store));
    let house = House::with(&settings).await;
    let (mut ana, mut bob) = two_in(&house, "d1").await;
    for content in ["first", "last"] {
        ana.says("document:update", json!([{ "documentId": "d1", "content": content }])).await;
        assert_eq!(bob.hears("document:updated").await[0]["content"], content);
    }
    for number in 0..40 {
        ana.says("operation:apply", json!([{ "documentId": "d1", "operation": number }])).await;
        assert_eq!(bob.hears("operation:received").await[0]["operation"], number);
    }
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
    let house = House::with(&settings).await;
    let (status, body) = document(&house, "d1", &token("bob")).await;
    let at = &body["document"]["lastModified"];
    let document = json!({ "content": "last", "version": 2, "lastModified": at, "lastModifiedBy": "ana" });
    assert_eq!((status, &body), (200, &json!({ "success": true, "document": document })));
    house.ends().await;
}

#[actix_web::test]
async fn a_document_is_shown_to_nobody_without_a_token() {
    let house = House::with(&OPEN).await;
    let (status, problem) = document(&house, "d1", "made.up.entirely").await;
    assert_eq!((status, &problem["detail"]), (401, &json!("Authentication error")));
    assert_eq!(house.get("/collab/api/document/d1").await.0, 401);
    let visitor = sign(&claims_with("visitor", "c", json!({ "isAuthenticated": false })));
    assert_eq!(document(&house, "d1", &visitor).await.0, 401);
    let (status, problem) = document(&house, "d1", &token("ana")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_document")));
    assert_eq!(document(&house, "*", &token("ana")).await.0, 404);
    let origin =
        house.request(Method::OPTIONS, "/collab/api/document/d1").header("Origin", "http://localhost:3000");
    let answer = origin.send().await.expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "http://localhost:3000");
    house.ends().await;
}

#[actix_web::test]
async fn a_token_for_some_documents_opens_no_others_and_one_to_read_writes_none() {
    let house = House::with(&OPEN).await;
    let token = sign(&claims_with("eve", "c", json!({ "documentId": "d1", "readOnly": true })));
    let mut eve = Caller::enters(&house, MOUNT, json!({ "token": token })).await;
    eve.is_in("d1").await;
    eve.says("document:join", json!([{ "documentId": "d2" }])).await;
    assert_eq!(eve.hears("error").await[0]["type"], "invalid_request");
    eve.says("document:update", json!([{ "documentId": "d1", "content": 1 }])).await;
    assert_eq!(eve.hears("error").await[0]["type"], "document_update_error");
    eve.says("message", json!([{ "n": 1 }])).await;
    assert_eq!(eve.hears("error").await, json!([{ "message": "Error processing message" }]));
    assert_eq!((document(&house, "d1", &token).await.0, document(&house, "d2", &token).await.0), (404, 403));
    eve.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_a_client_says_of_itself_is_bounded_for_it_is_told_with_every_move() {
    let house = House::with(&OPEN).await;
    let (mut ana, mut bob) = two(&house).await;
    ana.is_in("d1").await;
    let about = json!({ "name": "x".repeat(5000) });
    bob.says("document:join", json!([{ "documentId": "d1", "userInfo": about }])).await;
    let told = ana.hears("user:joined-document").await;
    assert_eq!((&told[0]["userInfo"]["id"], &told[0]["userInfo"]["name"]), (&json!("bob"), &Value::Null));
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_door_that_is_not_enabled_shows_no_documents() {
    let house = House::start().await;
    assert_eq!(house.get("/collab/api/document/d1").await.0, 404);
    assert_eq!(house.get(&format!("{MOUNT}?EIO=4&transport=polling")).await.0, 404);
    house.ends().await;
}
