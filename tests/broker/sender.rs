//! Somebody who sends files and fetches them, with a token of their own.
//!
//! Forms are written by hand, so that a story can write one that no browser would.

use std::path::Path;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::house::House;
use crate::tokens::{claims, claims_with, sign};

pub const BOUNDARY: &str = "a-line-that-is-in-no-file";
pub const UPLOADS: &str = "/api/chat/uploads";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

pub struct Sender<'a> {
    house: &'a House,
    pub token: String,
}

impl<'a> Sender<'a> {
    pub fn new(house: &'a House, user: &str, chat: &str) -> Self {
        Self { house, token: sign(&claims(user, chat)) }
    }

    /// Whose token is for no room.
    pub fn of_no_room(house: &'a House, user: &str) -> Self {
        let claims = claims_with(user, "none", serde_json::json!({ "chatId": null }));
        Self { house, token: sign(&claims) }
    }

    pub fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.house.request(method, path).bearer_auth(&self.token)
    }

    /// A form with this body: status and answer.
    pub async fn sends_form(&self, body: Vec<u8>) -> (u16, Value) {
        let request = self.asks(Method::POST, UPLOADS).header("Content-Type", form_type()).body(body);
        answer(request.send().await.expect("an answer")).await
    }

    pub async fn sends(&self, name: &str, bytes: &[u8]) -> (u16, Value) {
        self.sends_form(form(&[file_part(name, bytes)])).await
    }

    /// Sends it and is told where it is.
    pub async fn has_sent(&self, name: &str, bytes: &[u8]) -> String {
        let (status, answer) = self.sends(name, bytes).await;
        assert_eq!(status, 201, "{answer}");
        answer["fileUrl"].as_str().expect("an address").to_owned()
    }

    pub async fn fetches(&self, path: &str) -> Response {
        self.asks(Method::GET, path).send().await.expect("an answer")
    }

    /// The status that fetching it has.
    pub async fn is_answered(&self, path: &str) -> u16 {
        self.fetches(path).await.status().as_u16()
    }

    /// Opens an upload in several goes; where it is.
    pub async fn opens(&self, name: &str, length: usize) -> String {
        let opened = self.offers(name, length).await;
        assert_eq!(opened.status(), 201);
        header(&opened, "location").to_owned()
    }

    pub async fn offers(&self, name: &str, length: usize) -> Response {
        use base64::Engine;
        let name = base64::engine::general_purpose::STANDARD.encode(name);
        let request = self
            .asks(Method::POST, UPLOADS)
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Length", length.to_string())
            .header("Upload-Metadata", format!("filename {name}"));
        request.send().await.expect("an answer")
    }

    pub async fn goes_on(&self, upload: &str, offset: usize, bytes: &[u8]) -> Response {
        let request = self
            .asks(Method::PATCH, upload)
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset.to_string())
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes.to_vec());
        request.send().await.expect("an answer")
    }

    /// How much of it came, as the server has it.
    pub async fn has_come(&self, upload: &str) -> usize {
        let told = self.asks(Method::HEAD, upload).send().await.expect("an answer");
        assert_eq!(told.status(), 200);
        header(&told, "upload-offset").parse().expect("a number")
    }
}

/// A house whose files are in a folder that the story can look into.
pub async fn house_with_a_folder(settings: &[(&str, &str)]) -> (House, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a plain path").to_owned();
    let house = House::with(&[&[("RECADO_FILES__URL", path.as_str())], settings].concat()).await;
    (house, folder)
}

/// Whole files, parts, and what is being written.
pub fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.map(|path| if path.is_dir() { files_in(&path) } else { 1 }).sum()
}

pub async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("plain text"))
}

pub fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

pub fn file_part(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), bytes].concat()
}

pub fn field_part(name: &str, value: &str) -> Vec<u8> {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}").into_bytes()
}

pub fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Bytes of which no page is like another.
pub fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).expect("a byte")).collect()
}
