//! A hundred thousand letters that nobody takes, seen from outside the process.
//!
//! They lie in the store: the process holds only those under way.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use recado::backend::webhook::{SigningKey, WebhookCarrier, WebhookSettings};
use recado::store::sqlite::SqliteStore;
use recado_actors::clock::{Clock, Timestamp};
use recado_actors::id::{ClientId, RoomId};
use recado_actors::message::room::EntryBody;
use recado_actors::ports::letters::Letters;
use recado_actors::ports::{Draft, Log};
use serde_json::{Value, json};

use crate::programs::Program;
use crate::receivers::{KEY, Receiver};
use crate::tokens::{INTERNAL, SECRET};

const ROOMS: usize = 1000;
const EACH: usize = 100;
const MIB: u64 = 1024;

/// A file in which so much is owed to this address in each of a thousand rooms.
async fn owes(file: &Path, url: &str, each: usize) {
    let store = SqliteStore::open(file, 1).expect("a store");
    let allowed = Arc::new(|_: IpAddr| true);
    let settings = WebhookSettings {
        urls: vec![url.to_owned()],
        keys: vec![SigningKey::parse(KEY).expect("a key")],
        timeout: Duration::from_secs(1),
        allowed,
        clock: Clock::system(),
    };
    let carrier = WebhookCarrier::new(settings).expect("a carrier");
    store.owe(carrier.endpoints().into_iter().map(|endpoint| endpoint.id).collect()).await.expect("books");
    for _ in 0..each {
        let draft = |room| Draft {
            room: RoomId::chat(&format!("chat_{room}")).expect("a chat"),
            by: None,
            client_id: ClientId::fresh(),
            body: EntryBody::RoomReopened,
        };
        store.append((0..ROOMS).map(draft).collect(), Timestamp(1)).await.expect("a past");
    }
    assert!(store.close().await);
}

/// The most memory it ever took, in KiB, once it has counted what is pending and its hands are full.
async fn costs(each: usize) -> Option<u64> {
    let mut app = Receiver::starts().await?;
    app.turns(json!({ "mode": "hang" })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("recado.db");
    owes(&file, &app.url(), each).await;
    let store = format!("sqlite:{}", file.display());
    let settings = [
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__WORKERS", "1"),
        ("RECADO_STORE__URL", &store),
        ("RECADO_BACKEND__MODE", "notify"),
        ("RECADO_WEBHOOKS__URLS", &app.url()),
        ("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.1"),
        ("WEBHOOK_SECRET", KEY),
    ];
    let mut recado = Program::recado(&[], &settings);
    let url = format!("http://{}/internal/webhooks", recado.listens().await);
    for _ in 0..16 {
        app.is_told().await;
    }
    app.turns(json!({ "mode": "ok" })).await;
    for _ in 0..each.min(10) {
        app.is_told().await;
    }
    let asked = reqwest::Client::new().get(&url).header("X-Internal-Secret", INTERNAL).send().await;
    let stands: Value = asked.expect("an answer").json().await.expect("JSON");
    let pending = stands["endpoints"][0]["pending"].as_u64().expect("a count");
    assert!(pending + 2000 >= u64::try_from(ROOMS * each).expect("a number"), "{stands}");
    Some(recado.memory("VmHWM"))
}

#[actix_web::test]
async fn a_hundred_thousand_pending_cost_no_more_than_a_thousand() {
    let (Some(few), Some(many)) = (costs(1).await, costs(EACH).await) else { return };
    eprintln!("at most {few} KiB with a thousand pending, {many} KiB with a hundred thousand");
    assert!(many <= few + 8 * MIB, "{many} KiB instead of {few} KiB");
}
