//! A hundred mebibytes through the product as it ships: up, down and in goes, in flat memory.

use std::net::SocketAddr;

use crate::programs::Program;
use crate::raw_socket::RawSocket;
use crate::sender::{BOUNDARY, UPLOADS, file_part, form_type, noise};
use crate::tokens::{INTERNAL, SECRET, claims, sign};

const MIB: usize = 1024 * 1024;
const SIZE: usize = 100 * MIB;
/// Half of one file: threads and their pages come and go with the pace of the disk, a file that is held does not fit.
const MOST_KIB: u64 = 50 * 1024;

/// The product with its files beside its database, and where it listens.
async fn product() -> (Program, SocketAddr) {
    let settings = [
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__WORKERS", "1"),
    ];
    let mut recado = Program::recado(&[], &settings);
    let address = recado.listens().await;
    (recado, address)
}

/// Sends the same piece until so much was sent.
async fn pours(socket: &mut RawSocket, piece: &[u8]) {
    for _ in 0..SIZE / piece.len() {
        socket.sends(piece).await;
    }
}

async fn sends(address: SocketAddr, token: &str, piece: &[u8]) -> String {
    let start = [format!("--{BOUNDARY}\r\n").as_bytes(), &file_part("big.bin", b"")].concat();
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let length = start.len() + SIZE + end.len();
    let mut ann = RawSocket::dials(address).await;
    let head = format!(
        "POST {UPLOADS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: {}\r\n\
         Content-Length: {length}\r\n\r\n",
        form_type()
    );
    ann.sends(&[head.as_bytes(), &start].concat()).await;
    pours(&mut ann, piece).await;
    ann.sends(end.as_bytes()).await;
    let (head, body) = ann.hears_answer().await;
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}{body}");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["fileSize"], SIZE);
    body["fileUrl"].as_str().expect("an address").to_owned()
}

async fn fetches(address: SocketAddr, token: &str, url: &str, piece: &[u8]) {
    let url = format!("http://{address}{url}");
    let mut answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, u64::try_from(SIZE).ok()));
    let mut at = 0;
    while let Some(bytes) = answer.chunk().await.expect("a body") {
        for byte in bytes {
            assert_eq!(byte, piece[at % piece.len()], "at {at}");
            at += 1;
        }
    }
    assert_eq!(at, SIZE);
}

async fn sends_in_goes(address: SocketAddr, token: &str, piece: &[u8]) -> String {
    let client = reqwest::Client::new();
    let open = client.post(format!("http://{address}{UPLOADS}")).bearer_auth(token);
    let opened = open.header("Upload-Length", SIZE.to_string()).send().await.expect("an answer");
    let upload = opened.headers()["location"].to_str().expect("an address").to_owned();
    let mut ann = RawSocket::dials(address).await;
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {SIZE}\r\n\r\n"
    );
    ann.sends(head.as_bytes()).await;
    pours(&mut ann, piece).await;
    let (head, _) = ann.hears_answer().await;
    assert!(head.starts_with("HTTP/1.1 204 "), "{head}");
    crate::raw_socket::header(&head, "file-url").expect("it is done").to_owned()
}

#[actix_web::test]
async fn a_hundred_mebibytes_come_and_go_in_flat_memory() {
    let (recado, address) = product().await;
    let token = sign(&claims("ann", "chat_1"));
    let piece = noise(MIB);
    let before = recado.memory("VmHWM");
    let sent = sends(address, &token, &piece).await;
    fetches(address, &token, &sent, &piece).await;
    let resumed = sends_in_goes(address, &token, &piece).await;
    fetches(address, &token, &resumed, &piece).await;
    let grown = recado.memory("VmHWM") - before;
    assert!(grown <= MOST_KIB, "grew by {grown} KiB");
}
