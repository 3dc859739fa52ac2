//! Carries letters to webhook endpoints, as Standard Webhooks 1.0 says.
//!
//! Every attempt ends within its time, reads a bounded answer, follows no redirect and asks no proxy. It reaches only
//! addresses that are public or expressly allowed, and each is the very address that was checked.

mod body;
mod guard;
mod resolver;
mod signing;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use recado_actors::clock::Clock;
use recado_actors::ports::letters::{Carrier, Endpoint, EndpointId, Letter, Reception};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use url::{Host, Url};

pub use guard::Allowed;
pub use signing::{SigningKey, SigningKeyError};

use guard::Guard;
use resolver::CheckedResolver;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Node closes idle connections after 5 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The most of an answer that is read; its status has said everything.
const ANSWER_BYTES: usize = 64 * 1024;
const AGENT: &str = concat!("recado/", env!("CARGO_PKG_VERSION"));

pub struct WebhookSettings {
    pub urls: Vec<String>,
    /// Every attempt is signed with each of these.
    pub keys: Vec<SigningKey>,
    /// For a whole attempt, from looking the name up to the last byte of the answer.
    pub timeout: Duration,
    /// Addresses that may be reached although they are private.
    pub allowed: Allowed,
    pub clock: Clock,
}

/// Why no letter can ever be carried with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookSetupError {
    #[error("webhook address {0} must be http:// or https:// with a host")]
    Address(usize),
    #[error("webhook client cannot be made: {0}")]
    Client(String),
}

/// One endpoint, with connections of its own.
struct Route {
    endpoint: Endpoint,
    url: Url,
    client: Client,
    guard: Guard,
}

/// Clones share their connections.
#[derive(Clone)]
pub struct WebhookCarrier(Arc<Bag>);

struct Bag {
    routes: Vec<Route>,
    keys: Vec<SigningKey>,
    clock: Clock,
}

impl fmt::Debug for WebhookCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses often carry a token.
        f.debug_struct("WebhookCarrier").field("routes", &self.0.routes.len()).finish_non_exhaustive()
    }
}

impl WebhookCarrier {
    pub fn new(settings: WebhookSettings) -> Result<Self, WebhookSetupError> {
        let mut routes = Vec::new();
        for (number, url) in (1..).zip(&settings.urls) {
            let url = Url::parse(url).map_err(|_| WebhookSetupError::Address(number))?;
            if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
                return Err(WebhookSetupError::Address(number));
            }
            routes.push(Route::new(url, &settings.allowed, settings.timeout)?);
        }
        Ok(Self(Arc::new(Bag { routes, keys: settings.keys, clock: settings.clock })))
    }

    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.0.routes.iter().map(|route| route.endpoint.clone()).collect()
    }
}

impl Carrier for WebhookCarrier {
    fn carry(&self, letter: Letter) -> BoxFuture<'static, Reception> {
        let bag = self.0.clone();
        async move {
            let Some(route) = bag.routes.iter().find(|route| route.endpoint.id == letter.endpoint) else {
                return failed("the endpoint is not among the settings".to_owned());
            };
            route.carry(&letter, &bag).await
        }
        .boxed()
    }
}

impl Route {
    fn new(url: Url, allowed: &Allowed, timeout: Duration) -> Result<Self, WebhookSetupError> {
        let guard = Guard { allowed: allowed.clone(), only_allowed: url.scheme() == "http" };
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(AGENT)
            .dns_resolver(Arc::new(CheckedResolver::system(guard.clone())))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .timeout(timeout)
            .build()
            .map_err(|error| WebhookSetupError::Client(deepest(&error)))?;
        let id = EndpointId::new(&signing::fingerprint(url.as_str().as_bytes()));
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        Ok(Self { endpoint: Endpoint { id, host }, url, client, guard })
    }

    async fn carry(&self, letter: &Letter, bag: &Bag) -> Reception {
        // An address in figures is never looked up, so the resolver does not see it.
        let figures = match self.url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(refused) = figures.and_then(|address| self.guard.check(address).err()) {
            return failed(refused.to_string());
        }
        let body = match body::of(letter) {
            Ok(body) => body,
            Err(error) => return failed(format!("the entry cannot be written: {error}")),
        };
        let (id, timestamp) = (signing::id(letter), bag.clock.now().as_secs());
        let signature = signing::signatures(&bag.keys, &id, timestamp, &body);
        let request = self.client.post(self.url.clone());
        let request = request.header(CONTENT_TYPE, "application/json").header("webhook-id", id);
        let request = request.header("webhook-timestamp", timestamp).header("webhook-signature", signature);
        match request.body(body).send().await {
            Ok(response) => received(response, bag.clock.now().as_secs()).await,
            Err(error) => failed(broken(&error)),
        }
    }
}

async fn received(mut response: Response, now: i64) -> Reception {
    let status = response.status();
    let rest = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        .then(|| retry_after(response.headers(), now))
        .flatten();
    let whole = read(&mut response).await;
    if status == StatusCode::GONE {
        return Reception::Gone;
    }
    if !status.is_success() {
        return Reception::Failed { why: format!("it answered {}", status.as_u16()), rest };
    }
    // It may have broken down over the letter, and one that took it knows the letter by its id.
    whole.map_or_else(
        |error| failed(format!("its answer broke off: {}", broken(&error))),
        |()| Reception::Taken,
    )
}

/// Reads what there is, so that the connection can be used again; not for ever.
async fn read(response: &mut Response) -> Result<(), reqwest::Error> {
    let mut room = ANSWER_BYTES;
    while let Some(chunk) = response.chunk().await? {
        let Some(left) = room.checked_sub(chunk.len()) else { break };
        room = left;
    }
    Ok(())
}

/// In seconds, or as a date.
fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second();
    u64::try_from(date.saturating_sub(now)).ok().map(Duration::from_secs)
}

fn failed(why: String) -> Reception {
    Reception::Failed { why, rest: None }
}

fn broken(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no whole answer in time".to_owned();
    }
    let kind = if error.is_connect() { "cannot connect" } else { "the connection broke" };
    format!("{kind}: {}", deepest(error))
}

/// The first cause. The outer layers would say where the letter went, token and all.
fn deepest(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else { return "unknown cause".into() };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
