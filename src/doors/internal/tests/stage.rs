//! The stage of these stories: a broker in memory, the API over it, and a backend that calls it.
//!
//! Every call is bounded in time, and the broker ends with the stage.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use actix_http::Request;
use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use futures_util::future::LocalBoxFuture;
use log::LevelFilter;
use recado_actors::broker::{Broker, Plan};
use recado_actors::clock::{Clock, Timestamp};
use recado_actors::dialect::Dialects;
use recado_actors::id::{Epoch, NodeId};
use recado_actors::limiter::Rate;
use recado_actors::ports::Ports;
use recado_actors::ports::memory::MemoryStore;
use recado_actors::settings::Settings;
use recado_actors::vitals::Vitals;
use serde_json::Value;

use super::people::Shorthand;
use crate::auth::{InternalSecrets, Tickets};
use crate::doors::internal::{InternalDoor, configure, configure_docs, openapi};
use crate::doors::socket::gate::{Gate, GateRules};
use crate::telemetry::Dial;

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const OLDER_SECRET: &str = "fedcba9876543210fedcba9876543210";
pub const BODY_BYTES: usize = 32 << 10;
/// Wrong secrets an address may show in a minute.
pub const GUESSES: u64 = 60;
/// 2025-01-01T00:00:00Z.
pub const NEW_YEAR: i64 = 1_735_689_600_000;
const PATIENCE: Duration = Duration::from_secs(10);

type Call = dyn Fn(Request) -> LocalBoxFuture<'static, Answer>;

/// A backend with the secret, and what it talks to.
#[derive(Clone)]
pub struct Stage {
    call: Rc<Call>,
    pub broker: Broker,
    pub store: MemoryStore,
    now: Arc<AtomicI64>,
    _end: Rc<End>,
}

struct End(Broker);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of a success.
    pub fn good(self, status: u16) -> Value {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, Some("application/json")),
            "{}",
            self.text
        );
        self.body()
    }

    /// The code of a problem, which must be whole.
    pub fn problem(self, status: u16) -> String {
        let body = self.body();
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, Some("application/problem+json")),
            "{body}"
        );
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(
            (&body["status"], &body["type"]),
            (&status.into(), &format!("/problems/{code}").into()),
            "{body}"
        );
        assert!(
            body["title"].is_string() && body["detail"].is_string() && body["retry"].is_boolean(),
            "{body}"
        );
        assert_eq!(self.header("retry-after").is_some(), body["retry"] == true, "{body}");
        code
    }
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(true, BODY_BYTES).await
    }

    pub async fn without_tickets() -> Self {
        Self::with(false, BODY_BYTES).await
    }

    async fn with(tickets: bool, body_bytes: usize) -> Self {
        let (store, now) = (MemoryStore::new(Epoch(7)), Arc::new(AtomicI64::new(NEW_YEAR)));
        let broker = broker(&store, &now);
        broker.launch();
        tokio::time::timeout(PATIENCE, all_there(&broker)).await.expect("a broker in time");
        let secrets = Arc::new(InternalSecrets::new(vec![SECRET.to_owned(), OLDER_SECRET.to_owned()]));
        let life = Duration::from_secs(60);
        let tickets = tickets.then(|| Arc::new(Tickets::new(SECRET.as_bytes(), life, life)));
        let gate = Gate::new(GateRules {
            auth_failures: Rate::per_minute(GUESSES),
            buckets: 10,
            ..GateRules::default()
        });
        let log_level = Dial::new(LevelFilter::Info);
        let door = InternalDoor { broker: broker.clone(), secrets, gate, tickets, log_level, body_bytes };
        let app = Rc::new(
            init_service(App::new().configure(configure(door)).configure(configure_docs(vec![openapi()])))
                .await,
        );
        let call = move |request| -> LocalBoxFuture<'static, Answer> {
            let app = app.clone();
            Box::pin(async move {
                let answered = tokio::time::timeout(PATIENCE, call_service(&*app, request));
                let response = answered.await.expect("an answer in time");
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
                Answer { status, headers, text }
            })
        };
        Self { call: Rc::new(call), now, store, _end: Rc::new(End(broker.clone())), broker }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: TestRequest) -> Answer {
        (self.call)(request.to_request()).await
    }

    /// A request with the secret.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::default().method(method).uri(path).insert_header(("X-Internal-Secret", SECRET))
    }

    pub fn passes(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), SeqCst);
    }
}

impl Shorthand for Stage {
    fn request(&self, method: Method, path: &str) -> TestRequest {
        Stage::request(self, method, path)
    }

    async fn send(&self, request: TestRequest) -> Answer {
        Stage::send(self, request).await
    }
}

/// The children start on the loop's next turns.
async fn all_there(broker: &Broker) {
    while broker.warden().addr().is_none() {
        tokio::task::yield_now().await;
    }
}

fn broker(store: &MemoryStore, now: &Arc<AtomicI64>) -> Broker {
    let port = Arc::new(store.clone());
    let clock = now.clone();
    Broker::new(Plan {
        node: NodeId::fresh("stage"),
        settings: Settings {
            batch_wait: Duration::ZERO,
            command_timeout: Duration::from_secs(5),
            ..Settings::default()
        },
        ports: Ports {
            log: port.clone(),
            receipts: port.clone(),
            book: port.clone(),
            people: port,
            backplane: None,
            backend: None,
            webhooks: None,
        },
        dialects: Dialects::new(vec![Arc::new(super::people::Plain)]),
        library: None,
        clock: Clock::from_fn(move || Timestamp(clock.load(SeqCst))),
        vitals: Vitals::new(|reason| panic!("fatal: {reason}")),
    })
}
