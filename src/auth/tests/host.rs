//! A small HTTP server on loopback that publishes whatever a story tells it to.
//!
//! It counts the requests it answered and is gone when dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::mint::Told;

pub struct Host {
    pub url: String,
    answer: Arc<ArcSwap<String>>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Host {
    pub async fn publishing(jwks: &[String]) -> Told<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/jwks.json", listener.local_addr()?);
        let answer = Arc::new(ArcSwap::from_pointee(String::new()));
        let asked = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(listener, answer.clone(), asked.clone()));
        let host = Self { url, answer, asked, task };
        host.publishes(jwks);
        Ok(host)
    }

    pub fn publishes(&self, jwks: &[String]) {
        self.answers("200 OK", &format!(r#"{{"keys":[{}]}}"#, jwks.join(",")));
    }

    pub fn answers(&self, status: &str, body: &str) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        self.answer.store(Arc::new(head + body));
    }

    pub fn redirects_to(&self, url: &str) {
        self.answers(&format!("302 Found\r\nlocation: {url}"), "");
    }

    pub fn was_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, answer: Arc<ArcSwap<String>>, asked: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        asked.fetch_add(1, Ordering::SeqCst);
        // A client that hangs up early is part of some stories.
        drop(reply(stream, &answer.load_full()).await);
    }
}

async fn reply(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
