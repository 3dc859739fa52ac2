//! Where Redis is said to be, in the three ways there are to say it.
//!
//! What goes wrong is told by the setting's name and never with its secret.

use super::{from_env, told};

fn address(variables: &[(&str, &str)]) -> Option<String> {
    from_env(variables).unwrap().backplane.address().map(|address| address.expose().to_owned())
}

const UPSTASH: [(&str, &str); 2] = [
    ("UPSTASH_REDIS_REST_URL", "https://eu1-calm-1.upstash.io"),
    ("UPSTASH_REDIS_REST_TOKEN", "AX==+/:@?#%"),
];

#[test]
fn the_whole_address_comes_before_its_parts_and_those_before_upstash() {
    let parts = [("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "pass word")];
    let whole = [("REDIS_URL", "redis://:secret@cache:7000/2")];
    assert_eq!(address(&[]), None);
    assert_eq!(address(&[&UPSTASH[..], &parts, &whole].concat()).unwrap(), whole[0].1);
    assert_eq!(address(&[&UPSTASH[..], &parts].concat()).unwrap(), "redis://:pass%20word@cache:6379");
    assert_eq!(address(&[("REDIS_HOST", "::1"), ("REDIS_PORT", "7000")]).unwrap(), "redis://[::1]:7000");
}

#[test]
fn upstash_s_token_is_the_password_of_the_same_host_over_tls() {
    let address = address(&UPSTASH).unwrap();
    let client = deadpool_redis::redis::Client::open(address.as_str()).unwrap();
    let server = client.get_connection_info();
    assert_eq!(server.addr().to_string(), "eu1-calm-1.upstash.io:6379");
    assert!(address.starts_with("rediss://default:"), "over TLS");
    let login = server.redis_settings();
    assert_eq!((login.username(), login.password()), (Some("default"), Some("AX==+/:@?#%")));
}

#[test]
fn what_cannot_be_an_address_is_told_without_its_secret() {
    let lines = told(from_env(&[
        ("REDIS_URL", "http://:hunter2@cache"),
        ("REDIS_HOST", "ca che/hunter2"),
        ("UPSTASH_REDIS_REST_URL", "redis://:hunter2@x.upstash.io"),
        ("RECADO_BACKPLANE__PREFIX", "staging *"),
        ("RECADO_BACKPLANE__PROBE_MS", "0"),
    ]));
    for name in ["redis_url", "redis_host", "upstash_rest_url", "prefix", "probe_ms"] {
        assert!(lines.iter().any(|line| line.contains(&format!("backplane.{name}"))), "{name}: {lines:?}");
    }
    assert!(lines.len() == 5 && !lines.concat().contains("hunter2"), "{lines:?}");
    let lines = told(from_env(&[("UPSTASH_REDIS_REST_URL", "https://x.upstash.io")]));
    assert!(lines[0].contains("backplane.upstash_rest_token"), "{lines:?}");
}

#[test]
fn whoever_runs_many_nodes_is_told_how_they_number() {
    let config = from_env(&[("REDIS_URL", "rediss://default:pass@x.upstash.io:6379")]).unwrap();
    assert!(
        config.warnings()[0].starts_with("backplane: every node numbers messages"),
        "{:?}",
        config.warnings()
    );
}
