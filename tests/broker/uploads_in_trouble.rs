//! Files that go wrong on their way: malformed, endless, silent, too large, cut off. None leaves anything behind.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{House, SOON};
use crate::raw_socket::RawSocket;
use crate::sender::{
    BOUNDARY, Sender, UPLOADS, field_part, file_part, files_in, form, form_type, house_with_a_folder, noise,
};

/// What was given up is removed by tasks of its own.
async fn is_empty_soon(folder: &TempDir) {
    let emptied = tokio::time::timeout(SOON, async {
        while files_in(folder.path()) > 0 {
            tokio::task::yield_now().await;
        }
    });
    assert!(emptied.await.is_ok(), "{} files are left", files_in(folder.path()));
}

/// The head of an upload, and how its form begins.
fn begun(token: &str, more: &str) -> String {
    format!(
        "POST {UPLOADS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: {}\r\n{more}\r\n\r\n",
        form_type()
    )
}

fn form_start() -> Vec<u8> {
    [format!("--{BOUNDARY}\r\n").as_bytes(), &file_part("a.bin", b"")].concat()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[actix_web::test]
async fn forms_that_are_none_are_told_what_is_wrong() {
    let (house, folder) = house_with_a_folder(&[]).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let file = file_part("a.txt", b"hello");
    let whole = form(std::slice::from_ref(&file));
    let cut = whole[..whole.len() - BOUNDARY.len() - 8].to_vec();
    for (body, status, code) in [
        (Vec::new(), 400, "body_broken_off"),
        (b"hello".to_vec(), 400, "body_broken_off"),
        (form(&[field_part("chatId", "chat_1")]), 422, "invalid_form"),
        (form(&[file.clone(), file.clone()]), 422, "invalid_form"),
        (form(&vec![field_part("a", "b"); 17]), 422, "invalid_form"),
        (form(&[field_part("a", &"b".repeat(5000))]), 422, "invalid_form"),
        (form(&[field_part("groupId", ""), file.clone()]), 422, "invalid_field"),
        (form(&[file_part("a.txt", b"")]), 422, "empty_file"),
        (form(&[b"No-Disposition: x\r\n\r\nhello".to_vec()]), 400, "malformed_multipart"),
        (cut, 400, "body_broken_off"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        let (found, told) = ann.sends_form(body).await;
        assert_eq!((found, &told["code"]), (status, &json!(code)), "{shown}");
    }
    is_empty_soon(&folder).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_body_of_another_kind_is_refused() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    for media in ["application/json", "text/plain", "multipart/form-data", "nonsense"] {
        let request = ann.asks(reqwest::Method::POST, UPLOADS).header("Content-Type", media).body("{}");
        let status = request.send().await.expect("an answer").status();
        assert!(matches!(status.as_u16(), 400 | 415), "{media}: {status}");
    }
    house.ends().await;
}

async fn hears_problem(socket: &mut RawSocket) -> (String, Value) {
    let (head, body) = socket.hears_answer().await;
    let status = head.split_whitespace().nth(1).expect("a status").to_owned();
    let body: Value = serde_json::from_str(&body).expect("JSON");
    (status, body["code"].clone())
}

#[actix_web::test]
async fn an_endless_upload_ends_at_the_limit() {
    let (house, folder) = house_with_a_folder(&[("RECADO_FILES__MAX_BYTES", "3000000")]).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let mut eve = RawSocket::dials(house.address()).await;
    eve.sends(begun(&ann.token, "Transfer-Encoding: chunked").as_bytes()).await;
    eve.sends(&chunk(&form_start())).await;
    let piece = chunk(&noise(100_000));
    for _ in 0..31 {
        eve.sends(&piece).await;
    }
    assert_eq!(hears_problem(&mut eve).await, ("413".to_owned(), json!("file_too_large")));
    is_empty_soon(&folder).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_announces_too_much_is_refused_before_it_is_sent() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let mut eve = RawSocket::dials(house.address()).await;
    eve.sends(begun(&ann.token, "Content-Length: 999999999999").as_bytes()).await;
    assert_eq!(hears_problem(&mut eve).await, ("413".to_owned(), json!("file_too_large")));
    house.ends().await;
}

#[actix_web::test]
async fn a_silence_in_the_middle_of_a_file_ends_it() {
    let (house, folder) = house_with_a_folder(&[("RECADO_FILES__STALL_MS", "200")]).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let mut eve = RawSocket::dials(house.address()).await;
    eve.sends(begun(&ann.token, "Content-Length: 2000000").as_bytes()).await;
    eve.sends(&[form_start(), noise(1_500_000)].concat()).await;
    assert_eq!(hears_problem(&mut eve).await, ("408".to_owned(), json!("body_stalled")));
    is_empty_soon(&folder).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_cut_upload_leaves_nothing_behind_and_costs_no_quota() {
    let settings = [("RECADO_FILES__MAX_BYTES", "3000000"), ("RECADO_FILES__QUOTA_BYTES", "3000000")];
    let (house, folder) = house_with_a_folder(&settings).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let mut cable = RawSocket::dials(house.address()).await;
    cable.sends(begun(&ann.token, "Content-Length: 2600000").as_bytes()).await;
    cable.sends(&[form_start(), noise(2_500_000)].concat()).await;
    drop(cable);
    is_empty_soon(&folder).await;
    let sent =
        tokio::time::timeout(SOON, async { while ann.sends("a.bin", &noise(2_500_000)).await.0 != 201 {} });
    assert!(sent.await.is_ok(), "the quota was not given back");
    assert_eq!(files_in(folder.path()), 1);
    house.ends().await;
}

#[actix_web::test]
async fn while_draining_nothing_new_is_taken() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    house.broker().vitals().drain();
    let (status, told) = ann.sends("a.txt", b"hello").await;
    assert_eq!((status, &told["code"]), (503, &json!("draining")));
    house.ends().await;
}
