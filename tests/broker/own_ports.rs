//! Doors that have a port to themselves: each is there as its original was, and nothing else is.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::chatting::{Chatter, group, token};
use crate::collab;
use crate::guests::Caller;
use crate::house::{House, SOON, free_port};
use crate::person::Person;
use crate::tokens::{claims, sign};

const DOORS: [&str; 4] = ["WIDGET", "CHAT", "ROOMS", "COLLAB"];

/// Every door open, each on a port of its own beside the shared one.
async fn apart(settings: &[(&str, &str)]) -> House {
    let own = DOORS.map(|door| (format!("RECADO_DOORS__{door}__PORT"), free_port().to_string()));
    let open = DOORS.map(|door| (format!("RECADO_DOORS__{door}__ENABLED"), "true".to_owned()));
    let all: Vec<_> = own.iter().chain(&open).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    House::with(&[&all, settings, &[("RECADO_DOORS__ROOMS__ANONYMOUS", "true")]].concat()).await
}

/// Status and body of what a port answers.
async fn asks(house: &House, door: &str, path: &str, accept: &str) -> (u16, String) {
    let request = reqwest::Client::new().get(format!("http://{}", house.own(door, path))).timeout(SOON);
    let answer = request.header(ACCEPT, accept).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

fn not_found() -> (u16, String) {
    (404, json!({ "error": "Not found" }).to_string())
}

const POLL: &str = "socket.io/?EIO=4&transport=polling";

#[actix_web::test]
async fn what_a_client_says_at_a_port_of_its_own_is_heard_at_the_shared_one() {
    let house = apart(&[]).await;
    let mut ana = Caller::dials(&format!("ws://{}", house.own("rooms", "/socket.io/"))).await;
    ana.is_let_in(Value::Null).await;
    let mut bob = Caller::enters(&house, "/rooms/socket.io/", Value::Null).await;
    for caller in [&mut ana, &mut bob] {
        caller.says("registrar", json!([])).await;
        caller.hears("registrado").await;
    }
    ana.says("messages", json!([{ "nickname": "Ana", "message": "oi" }])).await;
    for caller in [&mut ana, &mut bob] {
        assert_eq!(caller.hears("messages").await[0]["message"], "oi");
    }
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_session_that_polls_at_one_port_may_go_on_at_the_other() {
    let house = apart(&[]).await;
    let (_, opening) = asks(&house, "chat", &format!("/{POLL}"), "*/*").await;
    let opening: Value = serde_json::from_str(&opening[1..]).expect("JSON");
    let path = format!("/{POLL}&sid={}", opening["sid"].as_str().expect("an id"));
    let auth = format!("40{}", json!({ "token": token(7) }));
    let posted = house.request(Method::POST, &path).body(auth).send().await.expect("an answer");
    assert_eq!(posted.status(), 200);
    assert!(asks(&house, "chat", &path, "*/*").await.1.starts_with("40{"));
    let gone = house.request(Method::POST, &path).body("1").send().await.expect("an answer");
    assert_eq!(gone.status(), 200);
    house.ends().await;
}

#[actix_web::test]
async fn the_rooms_dialect_has_its_greeting_and_its_page_at_the_root_of_its_port() {
    let house = apart(&[]).await;
    assert_eq!(asks(&house, "rooms", "/", "*/*").await, (200, "Hello World!".to_owned()));
    assert!(asks(&house, "rooms", "/", "text/html").await.1.contains("rooms.js"));
    for file in ["/rooms.js", "/rooms.css", "/colours.css"] {
        assert_eq!(asks(&house, "rooms", file, "*/*").await.0, 200, "{file}");
    }
    for path in ["/rooms/", "/index.html", "/demo/", "/api/chat/groups", "/internal/bans", "/openapi.json"] {
        let message = format!("Cannot GET {path}");
        let body = json!({ "message": message, "error": "Not Found", "statusCode": 404 });
        let (status, told) = asks(&house, "rooms", path, "*/*").await;
        assert_eq!((status, serde_json::from_str::<Value>(&told).expect("JSON")), (404, body));
    }
    assert_eq!(asks(&house, "rooms", "/health/ready", "*/*").await.0, 200);
    house.ends().await;
}

#[actix_web::test]
async fn widgets_come_to_any_path_of_their_port_and_programs_ask_its_root_for_health() {
    let house = apart(&[]).await;
    let token = sign(&claims("ann", "chat_1"));
    for path in ["/", "/ws/any", "/socket.io/"] {
        let url = format!("ws://{}", house.own("widget", &format!("{path}?token={token}")));
        let mut ann = Person::connect(&url, &[]).await;
        ann.is_welcomed().await;
        ann.leaves().await;
    }
    for (path, accept) in [("/", "text/html"), ("/", "*/*"), ("/health", "*/*")] {
        assert!(asks(&house, "widget", path, accept).await.1.contains("\"healthy\""), "{path}");
    }
    for path in [&format!("/{POLL}"), "/rooms/", "/demo/", "/api/chat/groups", "/internal/bans", "/admin/"] {
        assert_eq!(asks(&house, "widget", path, "*/*").await, not_found(), "{path}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_chat_has_its_socket_its_rest_and_their_description_and_no_widgets() {
    let house = apart(&[]).await;
    group(&house, 1, &[7, 8]).await;
    let url = format!("http://{}", house.own("chat", "/api/chat/groups"));
    let groups = reqwest::Client::new().get(url).bearer_auth(token(7)).timeout(SOON);
    let groups: Value = groups.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(groups["data"]["groups"][0]["id"], 1, "{groups}");
    let (status, document) = asks(&house, "chat", "/openapi.json", "*/*").await;
    assert!(status == 200 && document.contains("/api/chat/uploads") && !document.contains("/internal/"));
    assert_eq!(asks(&house, "chat", "/swagger", "*/*").await.0, 200);
    assert_eq!(asks(&house, "chat", "/uploads/chat/none.png", "*/*").await.0, 401);
    for path in ["/", &format!("/rooms/{POLL}"), "/demo/", "/internal/bans", "/admin/", "/metrics"] {
        assert_eq!(asks(&house, "chat", path, "*/*").await, not_found(), "{path}");
    }
    let widget =
        format!("ws://{}", house.own("chat", &format!("/?token={}", sign(&claims("ann", "chat_1")))));
    let (status, problem) = Person::refused(&widget, &[]).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no_door")));
    house.ends().await;
}

#[actix_web::test]
async fn collab_has_its_documents_at_the_root_and_counts_clients_of_both_ports_together() {
    let house = apart(&[("RECADO_DOORS__COLLAB__MAX_CONNECTIONS", "1")]).await;
    let mut ana = Caller::dials(&format!("ws://{}", house.own("collab", "/socket.io/"))).await;
    ana.is_let_in(json!({ "token": collab::token("ana") })).await;
    assert_eq!(house.get(&format!("/collab/{POLL}")).await.0, 503);
    assert_eq!(asks(&house, "collab", "/api/document/d1", "*/*").await.0, 401);
    for path in ["/", "/collab/api/document/d1", &format!("/collab/{POLL}"), "/api/chat/groups"] {
        assert_eq!(asks(&house, "collab", path, "*/*").await, not_found(), "{path}");
    }
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn all_ports_together_hold_no_more_connections_than_one_would() {
    let house = apart(&[("RECADO_LIMITS__MAX_CONNECTIONS", "1")]).await;
    let mut ana = Caller::dials(&format!("ws://{}", house.own("rooms", "/socket.io/"))).await;
    ana.is_let_in(Value::Null).await;
    let widget = format!("/?token={}", sign(&claims("ann", "chat_1")));
    for url in [house.ws_url(&widget), format!("ws://{}", house.own("widget", &widget))] {
        assert_eq!(Person::refused(&url, &[]).await.1["code"], "connections_full");
    }
    assert_eq!(asks(&house, "chat", &format!("/{POLL}"), "*/*").await.0, 503);
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn whoever_came_by_a_port_of_its_own_is_told_goodbye_as_all_are() {
    let house = apart(&[]).await;
    let widget =
        format!("ws://{}", house.own("widget", &format!("/?token={}", sign(&claims("ann", "chat_1")))));
    let mut ann = Person::connect(&widget, &[]).await;
    ann.is_welcomed().await;
    let mut ana = Caller::dials(&format!("ws://{}", house.own("rooms", "/socket.io/"))).await;
    ana.is_let_in(Value::Null).await;
    house
        .ends_while(async {
            ann.is_sent_home().await;
            ana.ends().await;
            match Person::try_connect(&widget, &[]).await {
                Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 503),
                Err(_) => {}
                Ok(_) => panic!("let in"),
            }
        })
        .await;
}

#[actix_web::test]
async fn an_only_door_is_on_the_shared_port_as_its_original_was() {
    let shut = [("RECADO_DOORS__WIDGET__ENABLED", "false"), ("RECADO_DOORS__CHAT__ENABLED", "false")];
    let open = [("RECADO_DOORS__ROOMS__ENABLED", "true"), ("RECADO_DOORS__ROOMS__ANONYMOUS", "true")];
    let house = House::with(&[shut, open].concat()).await;
    for mount in ["/socket.io/", "/rooms/socket.io/"] {
        Caller::enters(&house, mount, Value::Null).await.leaves().await;
    }
    assert_eq!(house.get("/").await, (200, "Hello World!".to_owned()));
    assert_eq!(house.get("/health").await.0, 200);
    assert_eq!(house.internal(Method::GET, "/bans", Value::Null).await.0, 200);
    let widget = house.ws_url(&format!("/?token={}", sign(&claims("ann", "chat_1"))));
    assert_eq!(Person::refused(&widget, &[]).await.1["code"], "no_door");
    house.ends().await;
}

#[actix_web::test]
async fn people_at_a_port_of_its_own_share_their_groups_with_the_shared_port() {
    let house = apart(&[("RECADO_SERVER__WORKERS", "2")]).await;
    group(&house, 1, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    let url = format!("ws://{}", house.own("chat", "/socket.io/?EIO=4&transport=websocket"));
    let mut bob = Chatter::dials(&url, json!({ "token": token(8) })).await.expect("let in");
    bob.hears("connected").await;
    ana.sends(1, "oi").await;
    assert_eq!(bob.hears("new_message").await["content"], "oi");
    bob.sends(1, "tudo bem").await;
    assert_eq!(ana.hears("new_message").await["content"], "tudo bem");
    // A thread is one worker of the broker, whatever ports it serves.
    let actors = house.broker().vitals().actors();
    assert!(actors.contains(&("shard", 2)), "{actors:?}");
    ana.leaves().await;
    bob.leaves().await;
    house.ends().await;
}
