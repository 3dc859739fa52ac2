//! A real redis-server of the story's own, on a free port: killed, stopped and started again by its own id.
//!
//! It keeps nothing, so whatever returns with it returns empty.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use deadpool_redis::redis::{AsyncConnectionConfig, Client, Value, cmd};
use tokio::time::timeout;

use crate::house::{House, SOON};
use crate::programs::{Program, has};

pub struct Redis {
    program: Program,
    pub port: u16,
    password: String,
}

impl Redis {
    /// None where there is no Redis.
    pub async fn starts() -> Option<Self> {
        Self::starts_with("").await
    }

    pub async fn starts_with(password: &str) -> Option<Self> {
        if !has("redis-server", Path::new("/")) {
            return None;
        }
        let port = free_port();
        Some(Self { program: launch(port, password).await, port, password: password.to_owned() })
    }

    pub fn url(&self) -> String {
        url(&self.password, self.port)
    }

    /// A house that has it, probes it often, and nothing behind.
    pub async fn house(&self) -> House {
        self.house_with(&[]).await
    }

    pub async fn house_with(&self, settings: &[(&str, &str)]) -> House {
        let url = self.url();
        let house = House::with(&[&[("REDIS_URL", url.as_str()), EAGER], settings].concat()).await;
        bridge_is_up(&house).await;
        house
    }

    pub fn is_signalled(&self, signal: &str) {
        self.program.is_signalled(signal);
    }

    /// Dies and comes back empty when it is let.
    pub fn is_killed(&self) {
        self.program.is_signalled("KILL");
    }

    pub async fn returns(&mut self) {
        self.program = launch(self.port, &self.password).await;
    }

    /// Any command.
    pub async fn is_told(&self, words: &[&str]) -> Value {
        let told = async {
            let client = Client::open(self.url()).expect("an address");
            // Unless told otherwise the client gives up after half a second.
            let patient = AsyncConnectionConfig::new();
            let patient = patient.set_connection_timeout(Some(SOON)).set_response_timeout(Some(SOON));
            let connection = client.get_multiplexed_async_connection_with_config(&patient).await;
            let mut connection = connection.expect("it is there");
            let mut command = cmd(words[0]);
            command.arg(&words[1..]);
            command.query_async::<Value>(&mut connection).await.expect("it obeys")
        };
        timeout(SOON, told).await.expect("an answer in time")
    }

    /// Waits until so many nodes follow the chat.
    pub async fn is_followed(&self, chat: &str, nodes: i64) {
        self.has_listeners(&format!("chat:{chat}"), nodes).await;
    }

    pub async fn has_listeners(&self, channel: &str, nodes: i64) {
        let followed = timeout(SOON, async {
            loop {
                let Value::Array(answer) = self.is_told(&["PUBSUB", "NUMSUB", channel]).await else {
                    continue;
                };
                if answer.last() == Some(&Value::Int(nodes)) {
                    return;
                }
            }
        });
        assert!(followed.await.is_ok(), "{channel} is not followed by {nodes}");
    }
}

/// A probe every so often, so that stories need not wait long.
pub const EAGER: (&str, &str) = ("RECADO_BACKPLANE__PROBE_MS", "200");

pub fn url(password: &str, port: u16) -> String {
    format!("redis://:{password}@127.0.0.1:{port}")
}

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

pub async fn bridge_is_up(house: &House) {
    house.until("the bridge is up", |broker| broker.vitals().bridge.is_up()).await;
}

pub async fn bridge_is_down(house: &House) {
    house.until("the bridge is down", |broker| broker.vitals().bridge.down().is_some()).await;
}

async fn launch(port: u16, password: &str) -> Program {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", password]);
    command.args(["--port", &port.to_string()]);
    let mut program = Program::start(command);
    program.mentions("Ready to accept connections").await;
    program
}
