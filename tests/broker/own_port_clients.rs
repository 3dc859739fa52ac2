//! Stock clients of the originals at doors that have a port to themselves: they are told a host and a port, no path.

use std::net::TcpListener;

use crate::chat_clients;
use crate::collab::token;
use crate::guest_clients::plays;
use crate::house::{House, free_port};
use crate::person::Person;
use crate::programs::Program;
use crate::tokens::{INTERNAL, SECRET, claims, sign};

const CLIENTS: [&str; 2] = ["socket.io-client", "socket.io-client-4.5"];
/// Each on its own; the doors beside it are shut.
const SHUT: [(&str, &str); 2] =
    [("RECADO_DOORS__WIDGET__ENABLED", "false"), ("RECADO_DOORS__CHAT__ENABLED", "false")];

/// The product with the environment of one original, and only that original's door.
async fn in_its_environment(environment: &[(&str, &str)]) -> (Program, String) {
    let port = free_port().to_string();
    let mut all = SHUT.to_vec();
    all.extend([("RECADO_STORE__URL", "memory:"), ("NODE_ENV", "production")]);
    // The variable that names the port has no value yet.
    all.extend(
        environment.iter().map(|(name, value)| (*name, if value.is_empty() { &port } else { *value })),
    );
    let mut recado = Program::recado(&["serve"], &all);
    let address = recado.listens().await;
    assert_eq!(address.port().to_string(), port);
    (recado, format!("http://{address}"))
}

async fn ends_well(recado: Program) {
    recado.is_signalled("TERM");
    assert_eq!(recado.ends().await.code, Some(0));
}

#[actix_web::test]
async fn stock_clients_find_each_door_at_its_port_by_the_default_path() {
    let ports = [free_port().to_string(), free_port().to_string(), free_port().to_string()];
    let house = House::with(&[
        ("RECADO_DOORS__CHAT__PORT", &ports[0]),
        ("RECADO_DOORS__CHAT__EVENTS_PER_MINUTE", "0"),
        ("RECADO_DOORS__ROOMS__ENABLED", "true"),
        ("RECADO_DOORS__ROOMS__ANONYMOUS", "true"),
        ("RECADO_DOORS__ROOMS__PORT", &ports[1]),
        ("RECADO_DOORS__COLLAB__ENABLED", "true"),
        ("RECADO_DOORS__COLLAB__PORT", &ports[2]),
    ])
    .await;
    let at = |door| format!("http://{}", house.own(door, ""));
    let (ana, bob) = (token("ana"), token("bob"));
    plays(&at("rooms"), "rooms", ["", ""], "polling,websocket", CLIENTS, &["alone"]).await;
    plays(&at("collab"), "collab", [&ana, &bob], "polling,websocket", CLIENTS, &["alone"]).await;
    chat_clients::plays(&house, &at("chat"), CLIENTS[0], "polling,websocket", 1).await;
    house.ends().await;
}

#[actix_web::test]
async fn the_environment_of_the_original_of_rooms_works_as_it_stands() {
    let open = ("RECADO_DOORS__ROOMS__ENABLED", "true");
    let (recado, url) = in_its_environment(&[open, ("PORT", "")]).await;
    plays(&url, "rooms", ["", ""], "websocket,polling", CLIENTS, &["alone"]).await;
    ends_well(recado).await;
}

#[actix_web::test]
async fn the_environment_of_the_original_of_collab_works_as_it_stands() {
    let (recado, url) = in_its_environment(&[
        ("RECADO_DOORS__COLLAB__ENABLED", "true"),
        ("WS_PORT", ""),
        ("WS_HOST", "127.0.0.1"),
        ("WS_MAX_CONNECTIONS", "3"),
        ("WS_HEARTBEAT_INTERVAL", "30000"),
        ("WS_JWT_SECRET", SECRET),
        ("WS_ENABLE_CLUSTER", "false"),
        ("WS_WORKERS", "2"),
        ("WS_LOG_LEVEL", "info"),
    ])
    .await;
    let (ana, bob) = (token("ana"), token("bob"));
    plays(&url, "collab", [&ana, &bob], "websocket", CLIENTS, &["alone"]).await;
    ends_well(recado).await;
}

#[actix_web::test]
async fn the_environment_of_the_original_widget_server_needs_no_other_door() {
    let (recado, url) = in_its_environment(&[
        ("RECADO_DOORS__WIDGET__ENABLED", "true"),
        ("PORT", ""),
        ("JWT_SECRET", SECRET),
        ("INTERNAL_API_SECRET", INTERNAL),
        ("LOG_LEVEL", "info"),
    ])
    .await;
    let url = format!("{}/any/path?token={}", url.replace("http", "ws"), sign(&claims("ann", "chat_1")));
    let mut ann = Person::connect(&url, &[]).await;
    ann.is_welcomed().await;
    ann.leaves().await;
    ends_well(recado).await;
}

#[actix_web::test]
async fn a_doors_port_that_is_taken_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let settings = [("JWT_SECRET", SECRET), ("INTERNAL_API_SECRET", INTERNAL), ("PORT", "0")];
    let settings = [settings.as_slice(), &[("RECADO_DOORS__CHAT__PORT", port.as_str())]].concat();
    let ended = Program::recado(&["serve"], &settings).ends().await;
    assert_eq!((ended.code, ended.errors.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(ended.errors.contains(&format!("127.0.0.1:{port}")), "{ended:?}");
    assert!(ended.errors.contains("doors.chat.port"), "{ended:?}");
    assert!(!ended.out.contains("listening\""), "{ended:?}");
}
