//! The Next.js application behind us: it stores each message of a chat and knows the users.
//!
//! It guarantees that every call ends within its time, reads a bounded answer and tells nobody the secret.

mod answer;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use recado_actors::id::UserId;
use recado_actors::message::room::Role;
use recado_actors::ports::{Accepted, Backend, BackendError, Profile, Submission};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde::Serialize;
use url::Url;

/// How long a whole call may take when nobody says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read when nobody says otherwise.
pub const ANSWER_BYTES: usize = 256 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Node closes idle connections after 5 s; a request sent into that moment would be lost, and it cannot be repeated.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The most characters of an answer that are shown in an error.
const SHOWN_CHARS: usize = 500;
const SECRET_HEADER: HeaderName = HeaderName::from_static("x-internal-secret");

/// Where the application is and how to speak to it.
#[derive(Clone)]
pub struct NextSettings {
    pub base_url: String,
    pub secret: String,
    /// For a whole call, from connecting to the last byte of the answer.
    pub timeout: Duration,
    pub max_answer_bytes: usize,
}

impl fmt::Debug for NextSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may carry a password, so it is left out like the secret.
        f.debug_struct("NextSettings")
            .field("timeout", &self.timeout)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .finish_non_exhaustive()
    }
}

/// Why no call can ever succeed with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendSetupError {
    #[error("backend address must be http:// or https:// with a host, without query or fragment")]
    Address,
    #[error("backend secret must be visible ascii, not empty, without a space at either end")]
    Secret,
    #[error("backend client cannot be made: {0}")]
    Client(String),
}

/// Speaks to the application over HTTP. Clones share one pool of connections.
#[derive(Clone)]
pub struct NextBackend {
    client: Client,
    base: Url,
    secret: HeaderValue,
    timeout: Duration,
    max_answer_bytes: usize,
}

impl fmt::Debug for NextBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextBackend").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}

impl Backend for NextBackend {
    fn submit(&self, submission: Submission) -> BoxFuture<'static, Result<Accepted, BackendError>> {
        let this = self.clone();
        async move { this.submit_once(submission).await }.boxed()
    }

    fn profile(&self, user: &UserId) -> BoxFuture<'static, Result<Profile, BackendError>> {
        let (this, user) = (self.clone(), user.clone());
        async move { this.look_up(&user).await }.boxed()
    }
}

#[derive(Serialize)]
struct SendBody<'a> {
    content: &'a str,
    role: &'static str,
    #[serde(rename = "userId")]
    user_id: &'a str,
}

impl NextBackend {
    pub fn new(settings: NextSettings) -> Result<Self, BackendSetupError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .timeout(settings.timeout)
            .build()
            .map_err(|error| BackendSetupError::Client(deepest(&error)))?;
        Ok(Self {
            client,
            base: base_address(&settings.base_url)?,
            secret: secret_header(&settings.secret)?,
            timeout: settings.timeout,
            max_answer_bytes: settings.max_answer_bytes,
        })
    }

    /// Never repeated: a second call could store the message twice.
    async fn submit_once(&self, submission: Submission) -> Result<Accepted, BackendError> {
        let role = wire_role(submission.role)?;
        let url = self.address(&["api", "chats", submission.room.local(), "messages", "send"])?;
        let body = SendBody { content: &submission.content, role, user_id: submission.user.as_str() };
        let answer = self.call(self.client.post(url).json(&body)).await?;
        answer::accepted(&answer, &submission.user).map_err(|why| self.unreadable(&why))
    }

    async fn look_up(&self, user: &UserId) -> Result<Profile, BackendError> {
        let url = self.address(&["api", "users", user.as_str()])?;
        let answer = self.call(self.client.get(url)).await?;
        answer::profile(&answer).map_err(|why| self.unreadable(&why))
    }

    fn address(&self, path: &[&str]) -> Result<Url, BackendError> {
        // Even percent-encoded, a dot segment would climb to another route of the application.
        if path.iter().any(|segment| matches!(*segment, "." | "..")) {
            return Err(BackendError::Refused { detail: "the backend cannot be asked about this id".into() });
        }
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(path),
            Err(()) => return Err(BackendError::Unreachable("backend address takes no path".into())),
        };
        Ok(url)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Vec<u8>, BackendError> {
        let request = request.header(SECRET_HEADER, self.secret.clone());
        let mut response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        let (body, cut) = self.read(&mut response).await;
        if status.is_success() {
            return cut.map_or(Ok(body), Err);
        }

        // Of an error's text whatever came is enough: the status has already decided.
        let text =
            format!("API error: {} - {}", status.as_u16(), self.shown(&String::from_utf8_lossy(&body)));
        if status.is_client_error() {
            return Err(BackendError::Refused { detail: text });
        }
        Err(BackendError::Unreachable(text))
    }

    /// The body as far as it came, and what cut it short.
    async fn read(&self, response: &mut Response) -> (Vec<u8>, Option<BackendError>) {
        let mut body = Vec::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return (body, None),
                Err(error) => return (body, Some(self.broken(&error))),
            };
            let room = self.max_answer_bytes.saturating_sub(body.len());
            body.extend(chunk.iter().take(room));
            if chunk.len() > room {
                let text = format!("the answer is larger than {} bytes", self.max_answer_bytes);
                return (body, Some(BackendError::Unreachable(text)));
            }
        }
    }

    fn broken(&self, error: &reqwest::Error) -> BackendError {
        if error.is_connect() {
            return BackendError::Unreachable(format!("cannot connect: {}", self.shown(&deepest(error))));
        }
        if error.is_timeout() {
            return BackendError::Unreachable(format!("no whole answer within {:?}", self.timeout));
        }
        BackendError::Unreachable(format!("the connection broke: {}", self.shown(&deepest(error))))
    }

    fn unreadable(&self, why: &str) -> BackendError {
        BackendError::Unreachable(format!("the answer cannot be used: {}", self.shown(why)))
    }

    /// The text as people may see it. Cleaned before it is cut, so that no half of a secret is left at the end.
    fn shown(&self, text: &str) -> String {
        let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
        if let Ok(secret) = self.secret.to_str() {
            text = text.replace(secret, "***");
        }
        text.chars().take(SHOWN_CHARS).collect()
    }
}

fn base_address(text: &str) -> Result<Url, BackendSetupError> {
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| BackendSetupError::Address)?;
    let plain = url.query().is_none() && url.fragment().is_none();
    if !plain || !matches!(url.scheme(), "http" | "https") {
        return Err(BackendSetupError::Address);
    }
    Ok(url)
}

fn secret_header(secret: &str) -> Result<HeaderValue, BackendSetupError> {
    let visible = secret.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    // A receiver strips spaces around a header's value, so such a secret would never match.
    if secret.is_empty() || secret.trim() != secret || !visible {
        return Err(BackendSetupError::Secret);
    }
    let mut value = HeaderValue::from_str(secret).map_err(|_| BackendSetupError::Secret)?;
    value.set_sensitive(true);
    Ok(value)
}

fn wire_role(role: Role) -> Result<&'static str, BackendError> {
    match role {
        Role::User => Ok("USER"),
        Role::Assistant => Ok("ASSISTANT"),
        Role::Agent => Ok("AGENT"),
        Role::System => {
            Err(BackendError::Refused { detail: "the role system is never sent to the backend".into() })
        }
    }
}

/// The first cause. The outer layers would say where the call went, credentials and all.
fn deepest(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return "unknown cause".into();
    };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
