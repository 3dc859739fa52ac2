//! The OpenAPI document, held against the routes that are mounted and against itself.
//!
//! Every route is documented, every documented operation is mounted, and nothing it refers to is missing.

use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use serde_json::Value;

use super::stage::Stage;
use crate::doors::internal::{ROOT, openapi, routes};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{path} has {method}");
            found.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    found
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(array) => array.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn what_is_mounted_is_documented_and_nothing_else() {
    let documented: BTreeSet<_> =
        operations(&document()).into_iter().map(|(path, method, _)| (path, method)).collect();
    let mounted: BTreeSet<_> = routes()
        .into_iter()
        .flat_map(|(path, routes)| {
            routes
                .into_iter()
                .map(move |(method, _)| (format!("{ROOT}{path}"), method.as_str().to_lowercase()))
        })
        .collect();
    assert_eq!(documented, mounted);
}

#[actix_web::test]
async fn every_documented_operation_answers_and_no_other_does() {
    let next = Stage::new().await;
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{chatId}", "c").replace("{id}", "m").replace("{endpoint}", "0");
        for method in METHODS {
            let answer = next.send(next.request(method.to_uppercase().parse().unwrap(), &path)).await;
            let mounted = answer.status != 405 && !answer.text.contains("unknown_route");
            assert_eq!(mounted, item.get(method).is_some(), "{method} {path}: {}", answer.text);
        }
    }
}

#[test]
fn it_refers_to_nothing_that_is_missing() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Problem"));
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{schema}")), "{schema} is used nowhere");
    }
}

#[test]
fn every_operation_says_who_may_call_it_and_how_it_fails() {
    let document = document();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(
        (&schemes["secret"]["name"], &schemes["bearer"]["scheme"]),
        (&"X-Internal-Secret".into(), &"bearer".into())
    );
    assert_eq!(document["security"], serde_json::json!([{"secret": []}, {"bearer": []}]));
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{method} {path} shares its id"
        );
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("401") && responses.contains_key("503"), "{method} {path}");
        if !operation["requestBody"].is_null() {
            for status in ["400", "408", "413", "422"] {
                assert!(responses.contains_key(status), "{method} {path} without {status}");
            }
        }
        problems_are_problems(&document, responses);
    }
}

fn problems_are_problems(document: &Value, responses: &serde_json::Map<String, Value>) {
    for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
        let response = match response["$ref"].as_str() {
            Some(reference) => document.pointer(&reference[1..]).unwrap(),
            None => response,
        };
        let content = &response["content"]["application/problem+json"];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{status}: {response}");
    }
}

#[test]
fn a_problem_is_what_the_document_says() {
    let schema = document()["components"]["schemas"]["Problem"].clone();
    let problem = crate::doors::problem::Problem::new(409, "room_closed", "the room is closed").body();
    let documented: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(documented, problem.as_object().unwrap().keys().collect());
    assert_eq!(schema["required"].as_array().unwrap().len(), documented.len());
}

#[actix_web::test]
async fn the_document_and_its_page_are_served_without_the_secret() {
    let next = Stage::new().await;
    let served = next.send(TestRequest::get().uri("/openapi.json")).await.good(200);
    assert_eq!(served, document());
    let page = next.send(TestRequest::get().uri("/swagger/")).await;
    assert!(page.status == 200 && page.text.contains("swagger-ui"), "{}", page.status);
    let script = next.send(TestRequest::get().uri("/swagger/swagger-initializer.js")).await;
    assert!(script.text.contains("/openapi.json") && script.text.contains("\"none\""), "{}", script.text);
    let bare = next.send(TestRequest::get().uri("/swagger")).await;
    assert_eq!((bare.status, bare.header("location")), (307, Some("/swagger/")));
}
