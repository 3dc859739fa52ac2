//! From settings to the chat door.

use std::sync::Arc;
use std::time::Duration;

use recado_actors::broker::Broker;
use recado_actors::depot::Depot;
use recado_actors::dialect::Dialect;

use super::Doorway;
use crate::auth::Verifier;
use crate::config::Config;
use crate::doors::socket::gate::Gate;
use crate::doors::socketio::chat::dialect::{CHAT, ChatDialect};
use crate::doors::socketio::chat::rest::RestDoor;
use crate::doors::socketio::chat::{ChatDoor, ChatRules};
use crate::doors::socketio::connection::SocketIo;
use crate::doors::socketio::engine::mount::Mount;
use crate::doors::socketio::engine::rules::Rules;
use crate::doors::socketio::packet::Limits;
use crate::doors::socketio::tells::OverEngine;

pub(super) fn dialect(config: &Config) -> Option<Arc<dyn Dialect>> {
    let dialect: Arc<dyn Dialect> = Arc::new(OverEngine(ChatDialect));
    config.doors.chat.enabled.then_some(dialect)
}

/// None: the door is shut.
pub(super) fn door(
    config: &Config,
    broker: &Broker,
    depot: &Depot,
    verifier: &Arc<Verifier>,
) -> Option<ChatDoor> {
    let chat = &config.doors.chat;
    let rules = ChatRules {
        known_users_only: chat.known_users_only,
        events_per_minute: chat.events_per_minute,
        counted_users: config.limits.buckets,
        pending_messages: chat.pending_messages,
        posts_in_hand: config.limits.posts_in_hand,
    };
    chat.enabled.then(|| ChatDoor::new(verifier.clone(), depot.clone(), rules, broker.clock().now()))
}

pub(super) fn rest(config: &Config, broker: &Broker, chat: ChatDoor, gate: &Arc<Gate>) -> Arc<RestDoor> {
    let body_bytes = config.limits.body_bytes;
    Arc::new(RestDoor { broker: broker.clone(), chat, gate: gate.clone(), body_bytes })
}

pub(super) fn doorway(config: &Config, door: ChatDoor) -> Doorway {
    let chat = &config.doors.chat;
    let connect_timeout = Duration::from_millis(chat.connect_timeout_ms);
    let riders = SocketIo {
        talks: Arc::new(door),
        connect_timeout,
        limits: Arc::new(Limits { attachment_bytes: chat.max_message_bytes, ..Limits::default() }),
    };
    let rules = Rules {
        ping_interval: Duration::from_millis(chat.heartbeat_ms),
        ping_timeout: Duration::from_millis(chat.timeout_ms),
        upgrade_timeout: Duration::from_millis(chat.upgrade_timeout_ms),
        max_payload: chat.max_message_bytes,
        connect_timeout,
        v3: chat.eio3,
    };
    let mounted = Mount::new(rules, CHAT, Box::new(riders)).at("/socket.io/");
    Doorway { name: "chat", shared: mounted.clone(), alone: mounted }
}
