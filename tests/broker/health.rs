//! What operators ask: health in the seed's own shape, readiness, documents, and how the house says goodbye.
//!
//! No answer names a user or a whole chat.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::house::House;
use crate::person::Person;
use crate::shape::{is_iso, keys};

const EMPTY: &str =
    "connections.byChat connections.total memory.percentage memory.total memory.used status timestamp uptime";

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.expect("a body") }
}

/// The original let any page read its answers.
fn is_open(headers: &HeaderMap) -> bool {
    [("origin", "*"), ("methods", "GET, OPTIONS"), ("headers", "Content-Type")].iter().all(|(name, value)| {
        headers.get(format!("access-control-allow-{name}")).is_some_and(|told| told == value)
    })
}

#[actix_web::test]
async fn health_has_exactly_the_shape_of_the_seed() {
    let house = House::start().await;
    for path in ["/health", "/health?verbose=1", "/", "/?x=1"] {
        let told = answer(house.request(Method::GET, path)).await;
        assert_eq!((told.status, &told.headers["content-type"]), (200, &"application/json".parse().unwrap()));
        assert!(is_open(&told.headers), "{path}: {:?}", told.headers);
        assert!(
            told.body.starts_with("{\n  \"status\": \"healthy\",\n"),
            "two spaces, as told: {}",
            told.body
        );
        let health = told.json();
        assert_eq!(keys(&health), EMPTY, "{path}");
        assert_eq!(health["connections"], json!({ "total": 0, "byChat": [] }));
        assert!(health["uptime"].is_f64() && is_iso(&health["timestamp"]), "{health}");
        let [used, total, percentage] = ["used", "total", "percentage"]
            .map(|name| health["memory"][name].as_u64().expect("a whole number"));
        assert!(0 < used && used <= total && percentage == used * 100 / total, "{health}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn health_counts_connections_by_chats_whose_ids_are_cut() {
    let house = House::start().await;
    let mut people = Vec::new();
    for (user, chat) in
        [("ann", "chat_long_id"), ("bob", "chat_long_id"), ("eve", "ação_é_ouro"), ("joe", "c1")]
    {
        let mut person = house.widget(user, chat).await;
        person.settles().await;
        people.push(person);
    }
    let told = answer(house.request(Method::GET, "/health")).await;
    let connections = &told.json()["connections"];
    assert_eq!(connections["total"], 4);
    let mut chats: Vec<_> = connections["byChat"].as_array().expect("a list").clone();
    assert_eq!(chats.remove(0), json!({ "chatId": "chat_lon...", "count": 2 }));
    chats.sort_by_key(Value::to_string);
    assert_eq!(
        chats,
        [json!({ "chatId": "ação_é_o...", "count": 1 }), json!({ "chatId": "c1...", "count": 1 })]
    );
    for secret in ["long_id", "ouro", "ann", "bob"] {
        assert!(!told.body.contains(secret), "{}", told.body);
    }
    for person in people {
        person.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_root_is_a_page_for_browsers_and_health_for_programs() {
    let house = House::start().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = answer(house.request(Method::GET, "/").header("Accept", browser)).await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    assert!(page.body.contains("<html") && page.body.contains("Recado"), "{}", page.body);
    for accept in ["*/*", "application/json", ""] {
        let told = answer(house.request(Method::GET, "/").header("Accept", accept)).await;
        assert_eq!((told.status, &told.json()["status"]), (200, &json!("healthy")), "{accept}");
    }
    let always = answer(house.request(Method::GET, "/health").header("Accept", browser)).await;
    assert_eq!(always.json()["status"], "healthy");
    house.ends().await;
}

#[actix_web::test]
async fn other_paths_are_not_found_in_the_words_of_the_original() {
    let house = House::start().await;
    for path in ["/nothing", "/ws", "/healthy", "/health/", "/chats/chat_1", "/demo/../../etc/passwd", "/%00"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let told = answer(house.request(method, path)).await;
            assert_eq!((told.status, told.json()), (404, json!({ "error": "Not found" })), "{path}");
            assert!(is_open(&told.headers), "{path}");
        }
    }
    house.ends().await;
}

#[actix_web::test]
async fn options_are_granted_on_every_path() {
    let house = House::start().await;
    for path in ["/", "/health", "/health/ready", "/ws", "/nothing/here"] {
        let told = answer(house.request(Method::OPTIONS, path)).await;
        assert_eq!(told.status, 200, "{path}");
        assert!(is_open(&told.headers), "{path}: {:?}", told.headers);
    }
    house.ends().await;
}

#[actix_web::test]
async fn the_internal_api_is_documented_and_the_demo_is_served() {
    let house = House::start().await;
    let document = answer(house.request(Method::GET, "/openapi.json")).await;
    assert_eq!(document.status, 200);
    let document = document.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    for path in ["/internal/chats/{chatId}/messages", "/internal/bans", "/internal/tickets"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    for path in ["/swagger/", "/swagger", "/demo/", "/demo"] {
        let page = answer(house.request(Method::GET, path)).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")),
            "{path}"
        );
    }
    house.ends().await;
}

#[actix_web::test]
async fn everyone_hears_of_the_end_and_nobody_new_comes_in() {
    let house = House::start().await;
    assert_eq!(answer(house.request(Method::GET, "/health/live")).await.json(), json!({ "status": "alive" }));
    assert_eq!(
        answer(house.request(Method::GET, "/health/ready")).await.json(),
        json!({ "status": "ready" })
    );
    let mut ann = house.widget("ann", "chat_1").await;
    let bob = house.widget_with_extras("bob", "chat_2").await;
    ann.posts("good night").await;
    ann.hears_message("good night").await;

    let [ready, live] = ["ready", "live"].map(|what| house.request(Method::GET, &format!("/health/{what}")));
    let door = house.ws_url("/?token=any");
    house
        .ends_while(async {
            // They have not read the goodbye yet, so the house still waits for them.
            let told = answer(ready).await;
            assert_eq!((told.status, &told.json()["reasons"]), (503, &json!(["draining"])));
            assert_eq!(answer(live).await.status, 200);
            assert_eq!(Person::refused(&door, &[]).await.0, 503);
            for mut person in [ann, bob] {
                person.is_sent_home().await;
                person.leaves().await;
            }
        })
        .await;
}
