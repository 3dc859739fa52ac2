//! A disk without space for files: one clear error, nothing left behind, and it mends by itself.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::broker::{Broker, Launch};
use crate::client::token;
use crate::disk::squeeze::{SmallDisk, Squeeze};
use crate::stage::skip;

const FILE_BYTES: usize = 3 << 20;
const PATIENCE: Duration = Duration::from_secs(30);

struct Sender {
    url: String,
    http: reqwest::Client,
}

impl Sender {
    /// Sends a file: status and code.
    async fn sends(&self) -> (u16, Value) {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
        let body = [head.as_bytes(), &vec![7; FILE_BYTES], b"\r\n--b--\r\n"].concat();
        let request = self.http.post(&self.url).bearer_auth(token("ann", "cellar"));
        let request = request.header("Content-Type", "multipart/form-data; boundary=b").body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        (status, told["code"].clone())
    }
}

fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.map(|path| if path.is_dir() { files_in(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn a_full_disk_refuses_files_and_recovers() {
    let home = tempfile::tempdir().unwrap();
    let Some(mut disk) = SmallDisk::mount(&home.path().join("small")) else {
        return skip("a small disk cannot be mounted here");
    };
    let data = disk.path().to_owned();
    let broker = Broker::start_in(home, data.clone(), &Launch::Plain).await;
    let url = format!("http://127.0.0.1:{}/api/chat/uploads", broker.port());
    let ann = Sender { url, http: reqwest::Client::new() };
    assert_eq!(ann.sends().await.0, 201);

    disk.tighten();
    for _ in 0..5 {
        assert_eq!(ann.sends().await, (503, Value::from("store_full")));
    }
    disk.loosen();
    let mended = Instant::now() + PATIENCE;
    while ann.sends().await.0 != 201 {
        assert!(Instant::now() < mended, "there is space again");
    }
    while files_in(&data.join("files")) != 2 {
        assert!(Instant::now() < mended, "{} files are there", files_in(&data.join("files")));
        tokio::task::yield_now().await;
    }
}
