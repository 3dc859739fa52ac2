//! How files are served: in ranges, not again when known, and never so that a browser would run them.

use reqwest::Method;

use crate::house::House;
use crate::sender::{PNG, Sender, header, noise};

#[actix_web::test]
async fn ranges_are_served_as_the_standard_has_them() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let bytes = noise(1000);
    let url = ann.has_sent("a.bin", &bytes).await;
    for (range, status, told, part) in [
        ("bytes=0-9", 206, "bytes 0-9/1000", &bytes[..10]),
        ("bytes=990-", 206, "bytes 990-999/1000", &bytes[990..]),
        ("bytes=-5", 206, "bytes 995-999/1000", &bytes[995..]),
        ("bytes=500-5000", 206, "bytes 500-999/1000", &bytes[500..]),
        ("bytes=9-2", 200, "", &bytes[..]),
        ("lines=1-2", 200, "", &bytes[..]),
    ] {
        let request = ann.asks(Method::GET, &url).header("Range", range);
        let answer = request.send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (status, told), "{range}");
        assert_eq!(answer.bytes().await.expect("a body"), part, "{range}");
    }
    let beyond = ann.asks(Method::GET, &url).header("Range", "bytes=1000-").send().await.expect("an answer");
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-range")), (416, "bytes */1000"));
    house.ends().await;
}

#[actix_web::test]
async fn a_head_tells_all_but_the_bytes() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a b.png", PNG).await;
    let head = ann.asks(Method::HEAD, &url).send().await.expect("an answer");
    assert_eq!(
        (head.status().as_u16(), header(&head, "content-length")),
        (200, PNG.len().to_string().as_str())
    );
    assert_eq!(header(&head, "accept-ranges"), "bytes");
    assert_eq!(header(&head, "x-content-type-options"), "nosniff");
    assert!(header(&head, "cache-control").starts_with("private"));
    assert_eq!(header(&head, "content-disposition"), "inline; filename=\"a b.png\"");
    assert!(head.bytes().await.expect("no body").is_empty());
    house.ends().await;
}

#[actix_web::test]
async fn what_the_asker_has_is_not_sent_again() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.bin", &noise(1000)).await;
    let first = ann.fetches(&url).await;
    let (tag, date) = (header(&first, "etag").to_owned(), header(&first, "last-modified").to_owned());
    for (name, value, range, status) in [
        ("If-None-Match", tag.as_str(), "", 304),
        ("If-None-Match", "\"other\"", "", 200),
        ("If-Modified-Since", date.as_str(), "", 304),
        ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", "", 200),
        ("If-Range", tag.as_str(), "bytes=0-1", 206),
        ("If-Range", date.as_str(), "bytes=0-1", 206),
        ("If-Range", "\"other\"", "bytes=0-1", 200),
    ] {
        let request = ann.asks(Method::GET, &url).header(name, value).header("Range", range);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{name} {value}");
    }
    house.ends().await;
}

#[actix_web::test]
async fn what_a_browser_could_run_is_saved_and_never_shown() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    for (name, bytes, disposition) in [
        ("a.html", &b"<!doctype html><script>1</script>"[..], "attachment"),
        ("a.svg", b"<svg onload='1'/>", "attachment"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "attachment"),
        ("a.js", b"alert(1)", "attachment"),
        ("a.pdf", b"%PDF-1.7\n", "attachment"),
        ("a.bin", b"\0\x01\x02", "attachment"),
        ("a.txt", b"hello", "inline"),
        ("a.png", PNG, "inline"),
    ] {
        let url = ann.has_sent(name, bytes).await;
        let answer = ann.fetches(&url).await;
        assert_eq!(header(&answer, "content-disposition"), format!("{disposition}; filename=\"{name}\""));
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "content-security-policy"), "default-src 'none'; sandbox");
    }
    house.ends().await;
}

#[actix_web::test]
async fn names_that_are_none_lead_nowhere() {
    let house = House::start().await;
    let ann = Sender::new(&house, "ann", "chat_1");
    let url = ann.has_sent("a.txt", b"hello").await;
    let bare = url.strip_suffix(".txt").expect("its extension");
    for path in [
        bare.to_owned(),
        format!("{bare}.html"),
        format!("{url}.txt"),
        "/uploads/chat/..%2f..%2fetc%2fpasswd".to_owned(),
        "/uploads/chat/%2e%2e".to_owned(),
        "/uploads/chat/a%00b".to_owned(),
        format!("/uploads/chat/{}", "x".repeat(4000)),
    ] {
        assert_eq!(ann.is_answered(&path).await, 404, "{path}");
    }
    assert_eq!(ann.asks(Method::PUT, &url).send().await.expect("an answer").status(), 405);
    house.ends().await;
}

#[actix_web::test]
async fn the_description_of_the_api_tells_of_files_and_lacks_nothing() {
    let house = House::start().await;
    let (status, document) = house.get("/openapi.json").await;
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(status, 200);
    for (path, methods) in [
        ("/api/chat/uploads", vec!["post"]),
        ("/api/chat/uploads/{id}", vec!["head", "patch", "delete", "get"]),
        ("/uploads/chat/{name}", vec!["get", "delete"]),
        ("/internal/bans", vec!["get", "post", "delete"]),
    ] {
        for method in methods {
            let responses = &document["paths"][path][method]["responses"];
            assert!(responses["401"].is_object(), "{method} {path}");
        }
    }
    let upload = &document["paths"]["/api/chat/uploads"]["post"];
    let quota = &upload["responses"]["413"]["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(quota, "#/components/schemas/Problem");
    assert_eq!(upload["security"], serde_json::json!([{ "token": [] }]));
    for name in ["secret", "bearer", "token"] {
        assert!(document["components"]["securitySchemes"][name].is_object(), "{name}");
    }
    for name in ["Problem", "Uploaded", "Banned"] {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    house.ends().await;
}
