//! Ways to the server: a small pool for commands, and new connections for listening. Nothing here waits for ever.
//!
//! It guarantees that no error it words has the password in it.

use std::time::Duration;

use deadpool_redis::redis::aio::PubSub;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisError};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime, TimeoutType, Timeouts};
use tokio::time::timeout;

/// One that publishes, one that probes, and one to spare while a broken one is replaced.
const CONNECTIONS: usize = 3;
const CONNECT: Duration = Duration::from_secs(2);
/// Longest wait for one answer.
pub(super) const ANSWER: Duration = Duration::from_secs(1);
const SHOWN_CHARS: usize = 200;

/// Why there can be no backplane at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("the redis address cannot be used: {0}")]
    Address(String),
}

#[derive(Clone)]
pub(super) struct Server {
    client: Client,
    pool: Pool,
    password: Option<String>,
}

impl Server {
    pub(super) fn new(address: &str) -> Result<Self, SetupError> {
        let flaw = |error: RedisError| SetupError::Address(error.category().to_owned());
        let wanted = address.into_connection_info().map_err(flaw)?;
        let password = wanted.redis_settings().password().map(str::to_owned).filter(|text| !text.is_empty());
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let manager = Manager::new_with_config(wanted.clone(), config).map_err(flaw)?;
        let limits = Timeouts { wait: Some(ANSWER), create: Some(CONNECT), recycle: Some(ANSWER) };
        let pool = Pool::builder(manager).max_size(CONNECTIONS).timeouts(limits).runtime(Runtime::Tokio1);
        let pool = pool.build().map_err(|error| SetupError::Address(error.to_string()))?;
        Ok(Self { client: Client::open(wanted).map_err(flaw)?, pool, password })
    }

    pub(super) async fn connection(&self) -> Result<Connection, String> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => self.shown(&error),
            PoolError::Timeout(TimeoutType::Create) => "no connection in time".to_owned(),
            PoolError::Timeout(_) => "no answer in time".to_owned(),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                "the pool is closed".to_owned()
            }
        })
    }

    pub(super) async fn subscriber(&self) -> Result<PubSub, String> {
        match timeout(CONNECT, self.client.get_async_pubsub()).await {
            Ok(connected) => connected.map_err(|error| self.shown(&error)),
            Err(_) => Err("no connection in time".to_owned()),
        }
    }

    /// An error as people may see it.
    pub(super) fn shown(&self, error: &RedisError) -> String {
        let mut text: String = error.to_string().chars().filter(|c| !c.is_control()).collect();
        if let Some(password) = &self.password {
            text = text.replace(password.as_str(), "***");
        }
        text.chars().take(SHOWN_CHARS).collect()
    }
}
