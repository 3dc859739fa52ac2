//! Files that people send in one piece: taken whole, told what they are, and shown to whom they are for.

use reqwest::Method;
use serde_json::json;

use crate::house::House;
use crate::sender::{PNG, Sender, UPLOADS, answer, field_part, file_part, form, form_type, header, noise};

#[actix_web::test]
async fn a_file_comes_back_as_it_was_sent() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let bytes = [PNG, &noise(300_000)].concat();
    let (status, told) = ann.sends("holiday.png", &bytes).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(told["success"], true);
    assert_eq!((&told["fileName"], &told["fileSize"]), (&json!("holiday.png"), &json!(bytes.len())));
    assert_eq!(told["type"], "image/png");
    let url = told["fileUrl"].as_str().expect("an address");
    assert!(url.starts_with("/uploads/chat/") && url.contains("_ann_") && url.ends_with(".png"), "{url}");

    let fetched = Sender::new(&house, "bob", "chat_1").fetches(url).await;
    assert_eq!((fetched.status().as_u16(), header(&fetched, "content-type")), (200, "image/png"));
    assert!(fetched.bytes().await.expect("a body") == bytes);
    house.ends().await;
}

#[actix_web::test]
async fn a_file_is_seen_by_those_it_is_for_and_nobody_else() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.txt", b"for chat_1").await;
    let alone = Sender::of_no_room(&house, "carl");
    let own = alone.has_sent("b.txt", b"for carl").await;
    let (bob, eve) = (Sender::new(&house, "bob", "chat_1"), Sender::new(&house, "eve", "chat_2"));

    for (who, path, status) in
        [(&ann, &url, 200), (&bob, &url, 200), (&eve, &url, 404), (&alone, &own, 200), (&ann, &own, 404)]
    {
        assert_eq!(who.is_answered(path).await, status);
    }
    let stranger = house.request(Method::GET, &url).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    let embedded = house.request(Method::GET, &format!("{url}?token={}", bob.token)).send().await;
    assert_eq!(embedded.expect("an answer").status(), 200);
    let forbidden = form(&[field_part("chatId", "chat_1"), file_part("c.txt", b"from eve")]);
    let (status, told) = eve.sends_form(forbidden).await;
    assert_eq!((status, &told["code"]), (403, &json!("not_your_room")));
    house.ends().await;
}

#[actix_web::test]
async fn a_room_may_be_named_before_or_after_the_file() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let (room, file) = (field_part("chatId", "chat_1"), file_part("a.txt", b"hello"));
    for parts in [[room.clone(), file.clone()], [file.clone(), room]] {
        assert_eq!(ann.sends_form(form(&parts)).await.0, 201);
    }
    let other = field_part("groupId", "7");
    for parts in [[other.clone(), file.clone()], [file, other]] {
        assert_eq!(ann.sends_form(form(&parts)).await.0, 403);
    }
    house.ends().await;
}

#[actix_web::test]
async fn nobody_sends_without_a_token_that_holds() {
    let house = House::start().await;
    let body = form(&[file_part("a.txt", b"hello")]);
    for token in ["", "Bearer forged", "Basic YTpi", "Bearer "] {
        let request = house.request(Method::POST, UPLOADS).header("Authorization", token);
        let request = request.header("Content-Type", form_type()).body(body.clone());
        let (status, told) = answer(request.send().await.expect("an answer")).await;
        assert_eq!((status, &told["code"]), (401, &json!("unauthorized")), "{token}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn who_is_banned_sends_and_sees_nothing() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.txt", b"hello").await;
    let (status, _) = house.internal(Method::POST, "/bans", json!({ "userId": "ann" })).await;
    assert_eq!(status, 201);
    assert_eq!(ann.is_answered(&url).await, 403);
    assert_eq!(ann.sends("b.txt", b"hello").await.0, 403);
    house.ends().await;
}

#[actix_web::test]
async fn a_file_is_what_it_is_and_is_called_what_can_be_shown() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let page = b"<html><script>alert(1)</script>";
    let polyglot = [b"GIF89a\x01\0\x01\0", &page[..]].concat();
    for (name, bytes, shown, media, end) in [
        ("../../etc/passwd", &b"root"[..], "passwd", "text/plain", ".txt"),
        ("photo.png", page, "photo.png", "text/html", ".html"),
        ("photo.gif", &polyglot, "photo.gif", "application/octet-stream", ".bin"),
        ("invoice\u{202e}gpj.exe", PNG, "invoicegpj.exe", "image/png", ".png"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml", ".svg"),
        ("..", b"x", "file", "text/plain", ".txt"),
    ] {
        let (status, told) = ann.sends(name, bytes).await;
        assert_eq!((status, &told["fileName"]), (201, &json!(shown)), "{told}");
        assert_eq!(told["type"], media);
        assert!(told["fileUrl"].as_str().expect("an address").ends_with(end), "{told}");
    }
    let (_, long) = ann.sends(&format!("{}.png", "x".repeat(2000)), PNG).await;
    assert_eq!(long["fileName"].as_str().map(str::len), Some(180));
    house.ends().await;
}

#[actix_web::test]
async fn what_is_forgotten_is_gone_and_counts_no_more() {
    let settings = [("RECADO_FILES__MAX_BYTES", "1000"), ("RECADO_FILES__QUOTA_BYTES", "1500")];
    let house = House::with(&settings).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.bin", &noise(1000)).await;
    assert_eq!(ann.sends("b.bin", &noise(1000)).await.0, 413);
    let bob = Sender::new(&house, "bob", "chat_1");
    assert_eq!(bob.asks(Method::DELETE, &url).send().await.expect("an answer").status(), 403);
    assert_eq!(ann.asks(Method::DELETE, &url).send().await.expect("an answer").status(), 204);
    assert_eq!(ann.is_answered(&url).await, 404);
    ann.has_sent("b.bin", &noise(1000)).await;
    house.ends().await;
}

#[actix_web::test]
async fn pages_of_the_origins_that_are_named_send_files_and_no_others() {
    let settings = [("RECADO_SERVER__ALLOWED_ORIGINS", "https://app.example.com")];
    let house = House::with(&settings).await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.txt", b"hello").await;
    for (origin, repeated) in
        [("https://app.example.com", "https://app.example.com"), ("https://evil.example.com", "")]
    {
        let preflight = house.request(Method::OPTIONS, UPLOADS).header("Origin", origin);
        let preflight = preflight.header("Access-Control-Request-Method", "POST").send().await;
        let preflight = preflight.expect("an answer");
        assert_eq!(preflight.status(), 204);
        assert_eq!(header(&preflight, "access-control-allow-origin"), repeated);
        assert_eq!(
            header(&preflight, "access-control-allow-headers").contains("Upload-Offset"),
            !repeated.is_empty()
        );
        let fetched = ann.asks(Method::GET, &url).header("Origin", origin).send().await.expect("an answer");
        assert_eq!(header(&fetched, "access-control-allow-origin"), repeated);
        assert_eq!(header(&fetched, "vary"), "Origin");
        let refused = house.request(Method::GET, &url).header("Origin", origin).send().await;
        assert_eq!(header(&refused.expect("an answer"), "access-control-allow-origin"), repeated);
    }
    house.ends().await;
}
