//! One app under test: its start, its people, its internal API, and its end.
//!
//! Ending it waits for every session and actor; whatever is still there after that fails the story.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use recado::app::{App, World};
use recado::config::{Config, Environment};
use recado_actors::broker::Broker;
use reqwest::Method;
use serde_json::{Value, json};

use crate::person::Person;
use crate::tokens::{INTERNAL, SECRET, claims, claims_with, sign};

/// How long anything that must happen may take, on a machine that has much else to do and a slow disk.
pub const SOON: Duration = Duration::from_secs(20);

/// For stories in which people say more than one ever would.
pub const UNLIMITED: [(&str, &str); 4] = [
    ("RECADO_LIMITS__CONNECTION_RATE", "0"),
    ("RECADO_LIMITS__USER_RATE", "0"),
    ("RECADO_LIMITS__ADDRESS_RATE", "0"),
    ("RECADO_LIMITS__ROOM_RATE", "0"),
];

static INJECTED_FAULTS_IN_A_LINE: Once = Once::new();

/// The thread that dies would look up its whole backtrace first, which takes a busy machine seconds.
fn tell_injected_faults_in_a_line() {
    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |report| match report.payload_as_str() {
        Some(text) if text.starts_with("injected fault") => eprintln!("{text}"),
        _ => standard(report),
    }));
}

pub struct House {
    app: Option<App>,
    http: reqwest::Client,
}

impl House {
    /// An app as it comes, on memory and a free port.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings changed, as in `("RECADO_ROOMS__IDLE_MS", "50")`.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::in_world(settings, World::default()).await
    }

    pub async fn in_world(settings: &[(&str, &str)], world: World) -> Self {
        INJECTED_FAULTS_IN_A_LINE.call_once(tell_injected_faults_in_a_line);
        let app = App::build(config(settings), world).await.expect("the app starts");
        Self { app: Some(app), http: reqwest::Client::new() }
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("the app has not ended")
    }

    pub fn broker(&self) -> Broker {
        self.app().broker().clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.app().address()
    }

    pub fn http_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app().address())
    }

    pub fn ws_url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.app().address())
    }

    /// On the port that a door has to itself, without a scheme.
    pub fn own(&self, door: &str, path: &str) -> String {
        let mut own = self.app().own_addresses().iter();
        let (_, address) = own.find(|(name, _)| *name == door).expect("the door has a port of its own");
        format!("{address}{path}")
    }

    /// A stock widget client that has been let in.
    pub async fn widget(&self, user: &str, chat: &str) -> Person {
        self.enters(&sign(&claims(user, chat)), "").await
    }

    /// The same for someone the token calls a visitor.
    pub async fn visitor(&self, user: &str, chat: &str) -> Person {
        self.enters(&sign(&claims_with(user, chat, json!({ "isAuthenticated": false }))), "").await
    }

    /// A widget that asked to be told everything.
    pub async fn widget_with_extras(&self, user: &str, chat: &str) -> Person {
        self.enters(&sign(&claims(user, chat)), "&extras=1").await
    }

    /// One that returns: `since` and `epoch` are what it knew.
    pub async fn widget_since(&self, user: &str, chat: &str, since: u64, epoch: &str) -> Person {
        self.enters(&sign(&claims(user, chat)), &format!("&since={since}&epoch={epoch}")).await
    }

    /// Connects with this token and query and is welcomed.
    pub async fn enters(&self, token: &str, more: &str) -> Person {
        let mut person = self.connects(&format!("/?token={token}{more}")).await;
        person.is_welcomed().await;
        person
    }

    /// Opens a socket, whatever comes of it.
    pub async fn connects(&self, path: &str) -> Person {
        Person::connect(&self.ws_url(path), &[]).await
    }

    pub async fn connects_with(&self, path: &str, headers: &[(&str, &str)]) -> Person {
        Person::connect(&self.ws_url(path), headers).await
    }

    /// Calls the internal API with the right secret: status and body.
    pub async fn internal(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, self.http_url(&format!("/internal{path}")));
        let request = request.header("X-Internal-Secret", INTERNAL);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.expect("the internal API answers");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Any HTTP request to the shared port, to be completed by the story.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.http_url(path)).timeout(SOON)
    }

    /// The same to the internal API's own port.
    pub fn internal_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = self.app().internal_address().expect("the internal API has a port of its own");
        self.http.request(method, format!("http://{address}{path}")).timeout(SOON)
    }

    /// On the port that Prometheus reads.
    pub fn metrics_url(&self, path: &str) -> String {
        let address = self.app().metrics_address().expect("metrics have a port");
        format!("http://{address}{path}")
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let response = self.http.get(self.http_url(path)).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a body"))
    }

    /// Waits until this many people are left.
    pub async fn is_down_to(&self, sessions: i64) {
        self.until("the others are gone", |broker| broker.vitals().sessions.load(Relaxed) == sessions).await;
    }

    /// Makes the actor of this kind panic and waits until it lives again.
    pub async fn dies(&self, kind: &str) {
        let broker = self.broker();
        let before = broker.vitals().restarts_of(kind);
        // The mailbox of a dead room may stay open for an instant.
        let doomed = if kind == "room" { broker.rooms().all() } else { Vec::new() };
        let alive = |broker: &Broker| {
            broker.vitals().actors().iter().any(|(living, _)| *living == kind)
                && broker.rooms().all().iter().all(|room| room.connected() && !doomed.contains(room))
        };
        broker.injure(kind);
        self.until("it was seen to die", |broker| broker.vitals().restarts_of(kind) > before).await;
        self.until("it lives again", alive).await;
    }

    /// Waits until something about the broker holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Broker) -> bool) {
        let broker = self.broker();
        let waited = tokio::time::timeout(SOON, async {
            while !holds(&broker) {
                // There is no event to wait for: vitals are read, not sent.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "not in time: {what}");
    }

    /// Ends the app: everybody must have left, nothing may be left behind.
    pub async fn ends(self) {
        self.until("all sessions end", |broker| {
            broker.vitals().actors().iter().all(|(kind, _)| *kind != "session")
        })
        .await;
        self.ends_while(std::future::ready(())).await;
    }

    /// Ends the app while people are still there; `story` is what they live through meanwhile.
    pub async fn ends_while(mut self, story: impl Future<Output = ()>) {
        let broker = self.broker();
        let app = self.app.take().expect("the app has not ended");
        tokio::join!(app.stop(std::future::pending()), story);
        let gone = tokio::time::timeout(SOON, async {
            while !broker.vitals().actors().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(gone.await.is_ok(), "left behind: {:?}", broker.vitals().actors());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        assert!(self.app.is_none() || std::thread::panicking(), "a story must end its house");
    }
}

/// The configuration of a test: memory, a free port, one worker, and what the story changes.
pub fn config(settings: &[(&str, &str)]) -> Config {
    let mut env = Environment::new();
    for (name, value) in [
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("RECADO_SERVER__PORT", "0"),
        ("RECADO_SERVER__WORKERS", "1"),
        ("RECADO_SERVER__DRAIN_MS", "2000"),
        ("RECADO_STORE__URL", "memory:"),
    ]
    .iter()
    // Stories talk faster than people; those of the limits set their own.
    .chain(&UNLIMITED)
    .chain(settings)
    {
        env.insert((*name).to_owned(), (*value).to_owned());
    }
    Config::load(None, &env).expect("the settings of the story are valid")
}

/// Below the range that outgoing connections are given, so that nobody takes it before the house does.
pub fn free_port() -> u16 {
    // Stories of one process may ask at the same moment.
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_add(ASKED.fetch_add(100, Relaxed)) % 8000;
    let start = u16::try_from(start).expect("a small number");
    let mut ports = (0..8000).map(|offset| 11_000 + (start + offset) % 8000);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free port")
}
