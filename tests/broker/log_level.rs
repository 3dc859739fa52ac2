//! Turning the log of a running node up and down, as an operator does at night.

use std::net::SocketAddr;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::house::SOON;
use crate::person::Person;
use crate::programs::Program;
use crate::tokens::{INTERNAL, SECRET, claims, sign};

/// A node that is asked over HTTP and listened to at its log.
pub struct Node {
    pub program: Program,
    pub address: SocketAddr,
}

impl Node {
    pub async fn starts(settings: &[(&str, &str)]) -> Self {
        let basics = [
            ("JWT_SECRET", SECRET),
            ("INTERNAL_API_SECRET", INTERNAL),
            ("RECADO_SERVER__PORT", "0"),
            ("RECADO_SERVER__WORKERS", "1"),
            ("RECADO_STORE__URL", "memory:"),
        ];
        let mut program = Program::recado(&["serve"], &[basics.as_slice(), settings].concat());
        let address = program.listens().await;
        Self { program, address }
    }

    /// Status and body of the internal API's answer about the level.
    async fn level(&self, method: Method, body: Value) -> (u16, Value) {
        let request = Client::new().request(method, format!("http://{}/internal/log-level", self.address));
        let request = request.header("X-Internal-Secret", INTERNAL).timeout(SOON);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    pub async fn turns(&self, body: Value) -> Value {
        let (status, answer) = self.level(Method::PUT, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub async fn connects(&self, token: &str) -> Person {
        Person::connect(&format!("ws://{}/?token={token}", self.address), &[]).await
    }

    /// Something only the debug level tells.
    pub async fn refuses_somebody(&self) {
        let forged = format!("{}x", sign(&claims("eve", "chat_1")));
        let mut eve = self.connects(&forged).await;
        assert_eq!(eve.is_closed().await.0, 4002);
    }

    /// Ends in order: everything it told.
    pub async fn ends(self) -> Vec<Value> {
        self.program.is_signalled("TERM");
        let ended = self.program.ends().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out.lines().map(|line| serde_json::from_str(line).expect("a line of json")).collect()
    }
}

fn is_refusal_told_in_detail(line: &Value) -> bool {
    line["level"] == "debug" && line["msg"] == "a widget was not let in"
}

#[actix_web::test]
async fn a_level_turned_up_for_a_second_is_told_of_and_returns_by_itself() {
    let mut node = Node::starts(&[]).await;
    node.refuses_somebody().await;
    let answer = node.turns(json!({ "level": "debug", "seconds": 1 })).await;
    assert_eq!((&answer["level"], &answer["configured"]), (&json!("debug"), &json!("info")));
    assert!(answer["until"].as_str().is_some_and(|until| until.ends_with('Z')), "{answer}");
    let line = node.program.says(|line| line["msg"] == "the log level was turned").await;
    assert_eq!(
        (&line["level"], &line["was"], &line["is"]),
        (&json!("warn"), &json!("info"), &json!("debug"))
    );
    node.refuses_somebody().await;

    let line = node.program.says(|line| line["msg"] == "the log level was turned").await;
    assert_eq!((&line["was"], &line["is"]), (&json!("debug"), &json!("info")));
    let (_, answer) = node.level(Method::GET, Value::Null).await;
    assert_eq!(answer, json!({ "level": "info", "configured": "info", "until": null }));
    node.refuses_somebody().await;
    let told = node.ends().await;
    assert_eq!(told.iter().filter(|line| is_refusal_told_in_detail(line)).count(), 1, "{told:#?}");
}

#[actix_web::test]
async fn every_part_of_the_node_is_turned() {
    let node = Node::starts(&[]).await;
    node.turns(json!({ "level": "trace" })).await;
    node.refuses_somebody().await;
    node.turns(json!({ "level": "off" })).await;
    node.refuses_somebody().await;
    let told = node.ends().await;
    assert_eq!(told.iter().filter(|line| is_refusal_told_in_detail(line)).count(), 1, "{told:#?}");
    for target in ["actix_http", "recado"] {
        let heard = |line: &Value| line["target"].as_str().is_some_and(|from| from.starts_with(target));
        assert!(told.iter().any(heard), "{target} says nothing");
    }
}

#[actix_web::test]
async fn a_level_that_makes_no_sense_is_refused_and_changes_nothing() {
    let node = Node::starts(&[]).await;
    for wrong in [
        json!({}),
        json!({ "level": "loud" }),
        json!({ "level": "DEBUG" }),
        json!({ "level": 3 }),
        json!({ "level": null }),
        json!({ "level": "debug", "seconds": 0 }),
        json!({ "level": "debug", "seconds": 604_801 }),
        json!({ "level": "debug", "seconds": -1 }),
        json!({ "level": "debug", "target": "recado" }),
        json!(["debug"]),
    ] {
        let (status, problem) = node.level(Method::PUT, wrong.clone()).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_body")), "{wrong}: {problem}");
        assert!(!problem["detail"].to_string().contains("loud"), "{problem}");
    }
    let (_, answer) = node.level(Method::GET, Value::Null).await;
    assert_eq!(answer, json!({ "level": "info", "configured": "info", "until": null }));
    let told = node.ends().await;
    assert!(!told.iter().any(|line| line["msg"] == "the log level was turned"), "{told:#?}");
}
