//! Files that come in several goes, by tus 1.0: cut off, gone on with, raced for, given up and swept.

use reqwest::Method;
use serde_json::json;

use crate::house::{House, SOON};
use crate::raw_socket::RawSocket;
use crate::sender::{PNG, Sender, UPLOADS, answer, files_in, header, house_with_a_folder, noise};

const MIB: usize = 1024 * 1024;

/// The head of a PATCH that announces this many bytes.
fn patch(upload: &str, token: &str, offset: usize, length: usize) -> String {
    format!(
        "PATCH {upload} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[actix_web::test]
async fn a_file_in_several_goes_is_the_same_file() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let bytes = [PNG, &noise(2 * MIB)].concat();
    let upload = ann.opens("holiday.png", bytes.len()).await;
    for at in (0..bytes.len()).step_by(700_000) {
        assert_eq!(ann.has_come(&upload).await, at);
        let go = &bytes[at..bytes.len().min(at + 700_000)];
        let told = ann.goes_on(&upload, at, go).await;
        assert_eq!((told.status().as_u16(), header(&told, "tus-resumable")), (204, "1.0.0"));
        assert_eq!(header(&told, "upload-offset"), (at + go.len()).to_string());
    }
    assert_eq!(ann.has_come(&upload).await, bytes.len());
    let (status, told) = answer(ann.fetches(&upload).await).await;
    assert_eq!((status, &told["type"], &told["fileName"]), (200, &json!("image/png"), &json!("holiday.png")));
    let file = ann.fetches(told["fileUrl"].as_str().expect("an address")).await;
    assert!(file.bytes().await.expect("a body") == bytes);
    house.ends().await;
}

#[actix_web::test]
async fn a_cut_connection_loses_nothing_that_came() {
    let (house, folder) = house_with_a_folder(&[]).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let bytes = noise(3 * MIB);
    let upload = ann.opens("a.bin", bytes.len()).await;
    let mut cable = RawSocket::dials(house.address()).await;
    cable.sends(patch(&upload, &ann.token, 0, bytes.len()).as_bytes()).await;
    cable.sends(&bytes[..2 * MIB + 5000]).await;
    let began = tokio::time::timeout(SOON, async {
        while files_in(folder.path()) < 2 {
            tokio::task::yield_now().await;
        }
    });
    assert!(began.await.is_ok(), "two parts never came");
    drop(cable);

    // Whoever asks how it stands makes the cut one step back, so it stands still.
    let come = ann.has_come(&upload).await;
    assert!((MIB..=2 * MIB + 5000).contains(&come), "{come}");
    let done = ann.goes_on(&upload, come, &bytes[come..]).await;
    assert_eq!(done.status(), 204);
    let file = ann.fetches(header(&done, "file-url")).await;
    assert!(file.bytes().await.expect("a body") == bytes);
    house.ends().await;
}

#[actix_web::test]
async fn who_returns_on_another_connection_takes_over_from_the_dead_one() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let bytes = noise(10_000);
    let upload = ann.opens("a.bin", bytes.len()).await;
    let mut silent = RawSocket::dials(house.address()).await;
    silent.sends(patch(&upload, &ann.token, 0, bytes.len()).as_bytes()).await;
    silent.sends(&bytes[..4000]).await;

    // As tus clients do: who is told another offset asks again. The silent one may come in between, once.
    let mut come = ann.has_come(&upload).await;
    if ann.goes_on(&upload, come, &bytes[come..]).await.status() == 409 {
        come = ann.has_come(&upload).await;
        assert_eq!(ann.goes_on(&upload, come, &bytes[come..]).await.status(), 204);
    }
    assert!(come <= 4000);
    assert_eq!(ann.has_come(&upload).await, bytes.len());
    drop(silent);
    house.ends().await;
}

#[actix_web::test]
async fn a_go_that_does_not_fit_changes_nothing() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let upload = ann.opens("a.bin", 10).await;
    assert_eq!(ann.goes_on(&upload, 0, b"hello").await.status(), 204);
    let (status, told) = answer(ann.goes_on(&upload, 0, b"hello").await).await;
    assert_eq!((status, &told["code"]), (409, &json!("other_offset")));
    assert_eq!(ann.goes_on(&upload, 6, b"hell").await.status(), 409);
    assert_eq!(ann.goes_on(&upload, 5, b"too long").await.status(), 413);
    let typed = ann.asks(Method::PATCH, &upload).header("Upload-Offset", "5").body("hello");
    assert_eq!(typed.send().await.expect("an answer").status(), 415);
    let eve = Sender::new(&house, "eve", "chat_1");
    assert_eq!(eve.goes_on(&upload, 5, b"hello").await.status(), 404);
    let other = ann.asks(Method::HEAD, &upload).header("Tus-Resumable", "0.2.2").send().await;
    assert_eq!(other.expect("an answer").status(), 412);
    assert_eq!(ann.has_come(&upload).await, 5);
    house.ends().await;
}

#[actix_web::test]
async fn what_is_given_up_or_ends_is_gone() {
    let house = House::with(&[("RECADO_FILES__EXPIRY_SECONDS", "1")]).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let (given_up, left) = (ann.opens("a.bin", 10).await, ann.opens("b.bin", 10).await);
    let gone = ann.asks(Method::DELETE, &given_up).send().await.expect("an answer");
    assert_eq!(gone.status(), 204);
    assert_eq!(ann.goes_on(&given_up, 0, b"hello").await.status(), 404);
    let swept = tokio::time::timeout(SOON, async {
        while ann.is_answered(&left).await != 404 {
            tokio::task::yield_now().await;
        }
    });
    assert!(swept.await.is_ok(), "it was not swept");
    house.ends().await;
}

#[actix_web::test]
async fn only_so_many_uploads_are_open_and_only_so_much_is_set_aside() {
    let settings = [
        ("RECADO_FILES__MAX_BYTES", "1000"),
        ("RECADO_FILES__QUOTA_BYTES", "2500"),
        ("RECADO_FILES__MAX_OPEN_UPLOADS", "3"),
    ];
    let house = House::with(&settings).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let first = ann.opens("a.bin", 1000).await;
    ann.opens("b.bin", 1000).await;
    for (length, status, code) in
        [(1001, 413, "file_too_large"), (0, 422, "empty_file"), (501, 413, "quota_exceeded")]
    {
        let (found, told) = answer(ann.offers("c.bin", length).await).await;
        assert_eq!((found, &told["code"]), (status, &json!(code)));
    }
    ann.opens("c.bin", 500).await;
    let (status, told) = answer(ann.offers("d.bin", 1).await).await;
    assert_eq!((status, &told["code"], &told["retry"]), (429, &json!("too_many_uploads"), &json!(true)));
    Sender::new(&house, "bob", "chat_1").opens("d.bin", 1000).await;
    ann.asks(Method::DELETE, &first).send().await.expect("an answer");
    assert_eq!(ann.sends("d.bin", &noise(1000)).await.0, 201);
    house.ends().await;
}

#[actix_web::test]
async fn a_client_behind_an_old_proxy_says_what_it_means() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let upload = ann.opens("a.txt", 5).await;
    let request = ann
        .asks(Method::POST, &upload)
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Content-Type", "application/offset+octet-stream")
        .header("Upload-Offset", "0")
        .body("hello");
    assert_eq!(request.send().await.expect("an answer").status(), 204);
    let told = house.request(Method::OPTIONS, UPLOADS).send().await.expect("an answer");
    assert_eq!(header(&told, "tus-version"), "1.0.0");
    assert_eq!(header(&told, "tus-extension"), "creation,expiration,termination");
    assert_eq!(header(&told, "tus-max-size"), "104857600");
    house.ends().await;
}
