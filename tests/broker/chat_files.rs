//! Files inside events, and who sees them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, group, token};
use crate::house::House;

/// A picture of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async fn fetch(house: &House, user: u64, url: &str) -> (StatusCode, Vec<u8>) {
    let answer = house.request(Method::GET, url).bearer_auth(token(user)).send().await.expect("an answer");
    (answer.status(), answer.bytes().await.expect("a body").to_vec())
}

fn upload(file: Value, name: &str) -> Value {
    json!({ "fileName": name, "file": file, "fileSize": 70, "groupId": 1 })
}

#[actix_web::test]
async fn a_file_comes_as_base64_as_data_url_or_as_attachment_and_members_see_it() {
    let house = House::start().await;
    group(&house, 1, &[7, 8]).await;
    let mut ana = Chatter::comes(&house, 7).await;
    let url = format!("data:image/png;base64,{PIXEL}");
    let mut urls = Vec::new();
    for file in [json!(PIXEL), json!(url)] {
        let answer = ana.asks("upload_file", upload(file, "../../pixel.png")).await;
        assert_eq!(
            (&answer["success"], &answer["message"]),
            (&json!(true), &json!("Arquivo enviado com sucesso"))
        );
        urls.push(answer["fileUrl"].as_str().expect("an address").to_owned());
    }
    let event = json!(["upload_file", upload(json!({ "_placeholder": true, "num": 0 }), "pixel.png")]);
    ana.says(&format!("451-7{event}")).await;
    let (_, bytes) = fetch(&house, 7, &urls[0]).await;
    ana.attaches(bytes.clone()).await;
    let answer = ana.is_answered(7).await;
    assert_eq!(answer["fileSize"], bytes.len());
    urls.push(answer["fileUrl"].as_str().expect("an address").to_owned());
    for url in &urls {
        assert!(url.starts_with("/uploads/chat/") && url.ends_with(".png") && !url.contains(".."), "{url}");
        assert_eq!(fetch(&house, 8, url).await, (StatusCode::OK, bytes.clone()));
        assert_eq!(fetch(&house, 9, url).await.0, StatusCode::NOT_FOUND);
    }
    ana.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_is_no_file_or_nobody_s_business_is_refused_in_words() {
    let house = House::start().await;
    group(&house, 1, &[7]).await;
    let (mut ana, mut carl) = (Chatter::comes(&house, 7).await, Chatter::comes(&house, 9).await);
    for wrong in [
        json!({ "fileName": "x.png", "file": PIXEL, "groupId": 1 }),
        upload(json!(null), "x.png"),
        upload(json!("%%%"), "x.png"),
        upload(json!(""), "x.png"),
        upload(json!(7), "x.png"),
    ] {
        assert_eq!(ana.is_refused("upload_file", wrong).await, "Dados do arquivo incompletos");
    }
    let mut giant = upload(json!(PIXEL), "x.png");
    giant["fileSize"] = json!(104_857_601);
    assert_eq!(ana.is_refused("upload_file", giant).await, "Arquivo muito grande. Máximo 100MB");
    let no = carl.is_refused("upload_file", upload(json!(PIXEL), "x.png")).await;
    assert_eq!(no, "Usuário não é membro deste grupo");
    all_leave([ana, carl]).await;
    house.ends().await;
}
