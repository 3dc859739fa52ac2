//! What is said about values that do not go together.
//!
//! They guarantee that nothing insecure or impossible starts.

use std::io::Write;

use super::{SECRET, from_env, told};

const P256: &str = "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvNChQgGBYsc+FSZuTPmSBLAt/kFK\n\
jDSpxr37S/2zWOcWWWxO1xJsXz0/3vWBnp1sORMsNqjtdDRQHlLY+f52rA==\n\
-----END PUBLIC KEY-----\n";

/// The one line told for these variables, without its source.
fn line(variables: &[(&str, &str)]) -> String {
    let lines = told(from_env(variables));
    assert_eq!(lines.len(), 1, "{variables:?}: {lines:?}");
    lines[0].clone()
}

#[test]
fn outside_loopback_there_must_be_a_key() {
    for host in ["0.0.0.0", "::", "[::]", "192.0.2.7", "fly-local-6pn"] {
        assert!(line(&[("HOST", host)]).starts_with("auth.jwt_secrets: there is no secret"), "{host}");
        from_env(&[("HOST", host), ("JWT_SECRET", SECRET)]).unwrap();
    }
    for host in ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"] {
        from_env(&[("HOST", host)]).unwrap();
    }
}

#[test]
fn secrets_must_be_long_real_and_two_at_most() {
    let short = line(&[("JWT_SECRET", "short")]);
    assert_eq!(short, "auth.jwt_secrets: secret 1 has 5 bytes, at least 32 are needed (from JWT_SECRET)");
    for placeholder in ["your-jwt-secret-here", "your-jwt-secret"] {
        let refused = line(&[("JWT_SECRET", placeholder)]);
        assert_eq!(
            refused,
            "auth.jwt_secrets: secret 1 is the placeholder from the documentation (from JWT_SECRET)"
        );
    }
    let refused = line(&[("INTERNAL_API_SECRET", "your-internal-secret")]);
    assert!(refused.starts_with("internal.secrets: secret 1 is the placeholder"), "{refused}");
    let three = [SECRET; 3].join(",");
    let refused = line(&[("RECADO_INTERNAL__SECRETS", &three)]);
    assert!(refused.starts_with("internal.secrets: holds 3 secrets"), "{refused}");
    assert!(line(&[("RECADO_BACKEND__SECRET", "short")]).starts_with("backend.secret: has 5 bytes"));
}

#[test]
fn metrics_have_a_port_to_themselves() {
    from_env(&[("METRICS_PORT", "9091"), ("RECADO_METRICS__HOST", "::1")]).unwrap();
    let both = line(&[("METRICS_PORT", "8080")]);
    assert!(both.starts_with("metrics.port: 8080 is server.port as well"), "{both}");
    let inside = line(&[("METRICS_PORT", "8081"), ("RECADO_INTERNAL__PORT", "8081")]);
    assert!(inside.starts_with("metrics.port: 8081 is internal.port as well"), "{inside}");
    assert!(line(&[("RECADO_METRICS__HOST", "a b")]).starts_with("metrics.host: "));
    assert!(line(&[("METRICS_PORT", "65536")]).starts_with("metrics.port: "));
}

#[test]
fn no_two_parts_are_told_the_same_port() {
    let (rooms, chat) = ("RECADO_DOORS__ROOMS__PORT", "RECADO_DOORS__CHAT__PORT");
    let open = ("RECADO_DOORS__ROOMS__ENABLED", "true");
    from_env(&[open, (rooms, "3000"), (chat, "4040"), ("METRICS_PORT", "9091")]).unwrap();
    for (taken, setting) in [
        ("8080", "server.port"),
        ("9091", "metrics.port"),
        ("9092", "internal.port"),
        ("4040", "doors.chat.port"),
    ] {
        let others = [("METRICS_PORT", "9091"), ("RECADO_INTERNAL__PORT", "9092"), (chat, "4040")];
        let both = line(&[&others, [open, (rooms, taken)].as_slice()].concat());
        let told =
            format!("doors.rooms.port: {taken} is {setting} as well; each needs its own (from {rooms})");
        assert_eq!(both, told);
    }
    assert!(line(&[(chat, "65536")]).starts_with("doors.chat.port: 65536 is not between"));
    // What only follows from another mistake is not told.
    assert!(line(&[("PORT", "65536"), (chat, "8080")]).starts_with("server.port: "));
    let shut = from_env(&[(rooms, "8080")]).unwrap();
    assert_eq!(shut.warnings(), ["doors.rooms.port: is not listened on, the door is shut"]);
}

#[test]
fn a_star_admits_every_origin_on_loopback_only() {
    from_env(&[("RECADO_SERVER__ALLOWED_ORIGINS", "*")]).unwrap();
    let open = [("RECADO_SERVER__ALLOWED_ORIGINS", "*"), ("HOST", "0.0.0.0"), ("JWT_SECRET", SECRET)];
    assert!(line(&open).starts_with("server.allowed_origins: \"*\" would let any web page in"));
}

#[test]
fn an_origin_is_exact() {
    for good in ["https://app.example.com", "http://localhost:3000", "capacitor://localhost"] {
        from_env(&[("RECADO_SERVER__ALLOWED_ORIGINS", good)]).unwrap();
    }
    for bad in ["app.example.com", "https://app.example.com/", "https://a.b/c", "https://*.b.c", "null"] {
        let told = line(&[("RECADO_SERVER__ALLOWED_ORIGINS", bad)]);
        assert!(told.contains("is not an origin"), "{told}");
    }
}

#[test]
fn algorithms_must_be_known_and_fit_the_keys() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("RECADO_AUTH__ALGORITHMS", "none")], "\"none\" is unknown"),
        (&[("RECADO_AUTH__ALGORITHMS", "RS256")], "RS256 needs a public key"),
        (&[("RECADO_AUTH__JWKS_URL", "https://issuer.example/keys")], "none fits a public key"),
        (
            &[
                ("JWT_SECRET", SECRET),
                ("RECADO_AUTH__ALGORITHMS", "ES256"),
                ("RECADO_AUTH__JWKS_URL", "https://issuer.example/keys"),
            ],
            "none fits a secret",
        ),
        (
            &[("RECADO_AUTH__PUBLIC_KEYS", "not a key"), ("RECADO_AUTH__ALGORITHMS", "RS256")],
            "jwt public key 1 is not a public key in pem form",
        ),
        (
            &[("RECADO_AUTH__PUBLIC_KEY_FILES", "/nowhere.pem"), ("RECADO_AUTH__ALGORITHMS", "RS256")],
            "/nowhere.pem cannot be read",
        ),
        (
            &[("RECADO_AUTH__JWKS_URL", "http://example.com/"), ("RECADO_AUTH__ALGORITHMS", "RS256")],
            "is not an https address",
        ),
    ];
    for (variables, part) in cases {
        let told = line(variables);
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_public_key_from_a_file_is_a_key_like_any_other() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(P256.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let variables = [("HOST", "0.0.0.0"), ("RECADO_AUTH__PUBLIC_KEY_FILES", path)];
    let config = from_env(&[variables[0], variables[1], ("RECADO_AUTH__ALGORITHMS", "ES256")]).unwrap();
    assert_eq!(config.auth.settings().public_keys, [P256]);
    let told = line(&[variables[0], variables[1], ("RECADO_AUTH__ALGORITHMS", "RS256")]);
    assert!(told.contains("can only verify"), "{told}");
}

#[test]
fn numbers_that_exclude_each_other_are_refused() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("RECADO_LIMITS__OUTLET_SOFT_BYTES", "1048577")],
            "limits.outlet_soft_bytes: 1048577 is more than",
        ),
        (
            &[("RECADO_LIMITS__MAX_MESSAGE_BYTES", "1048577")],
            "limits.max_message_bytes: 1048577 is more than",
        ),
        (&[("RECADO_INTERNAL__PORT", "8080")], "internal.port: 8080 is server.port as well"),
        (&[("WS_WORKERS", "257")], "server.workers: 257 is not between 0 and 256"),
        (&[("PORT", "70000")], "server.port: 70000 is not between 0 and 65535"),
        (&[("PORT", "-1")], "server.port: -1 is not between"),
        (&[("RECADO_STORE__READERS", "0")], "store.readers: 0 is not between"),
    ];
    for (variables, start) in cases {
        let told = line(variables);
        assert!(told.starts_with(start), "{told}");
    }
}

#[test]
fn limits_that_make_no_sense_are_refused_one_by_one() {
    let cases = [
        (
            "CONNECTION_BURST",
            "19",
            "limits.connection_burst: 19 is less than limits.cost_history, which is 20",
        ),
        ("USER_BURST", "1", "limits.user_burst: 1 is less than limits.cost_history, which is 20"),
        ("ADDRESS_BURST", "1", "limits.address_burst: 1 is less than limits.cost_history"),
        ("ROOM_BURST", "1", "limits.room_burst: 1 is less than limits.cost_history"),
        ("CONNECTION_BURST", "0", "limits.connection_burst: 0 is not between 1 and"),
        ("CONNECTION_RATE", "-1", "limits.connection_rate: -1 is not between 0 and"),
        ("CONNECTION_RATE", "fast", "limits.connection_rate: expected an integer, found \"fast\""),
        ("COST_MESSAGE", "-10", "limits.cost_message: -10 is not between 0 and"),
        ("COST_MESSAGE", "2001", "limits.connection_burst: 2000 is less than limits.cost_message"),
        ("BUCKETS", "0", "limits.buckets: 0 is not between 1 and"),
        ("FLOOD_REFUSALS", "0", "limits.flood_refusals: 0 is not between 1 and"),
        ("AUTH_FAILURE_RATE", "-1", "limits.auth_failure_rate: -1 is not between 0 and"),
        ("CONNECTS_PER_SECOND", "1.5", "limits.connects_per_second: expected an integer"),
        ("CONNECTS_BURST", "0", "limits.connects_burst: 0 is not between 1 and"),
        ("CONNECT_WAIT_MS", "3600001", "limits.connect_wait_ms: 3600001 is not between 0 and 3600000"),
    ];
    for (key, value, start) in cases {
        let told = line(&[(&format!("RECADO_LIMITS__{key}"), value)]);
        assert!(told.starts_with(start), "{told}");
    }
    from_env(&[("RECADO_LIMITS__ROOM_RATE", "0"), ("RECADO_LIMITS__ROOM_BURST", "1")]).unwrap();
}

#[test]
fn a_store_this_version_has_not_is_refused_by_name() {
    assert!(
        line(&[("DATABASE_URL", "postgres://me@db/x")]).contains("postgresql comes with a later version")
    );
    assert!(line(&[("DATABASE_URL", "mysql://me@db/x")]).contains("\"mysql\" is not a store"));
    assert!(line(&[("DATABASE_URL", "sqlite:")]).contains("names no file"));
    assert!(line(&[("DATABASE_URL", "recado.db")]).contains("is not an address"));
}

#[test]
fn the_address_of_the_store_names_a_file_or_memory() {
    use crate::config::Place;
    let place = |url| from_env(&[("DATABASE_URL", url)]).unwrap().store.place().unwrap();
    assert_eq!(place("memory:"), Place::Memory);
    assert_eq!(place("sqlite:data/a.db"), Place::Sqlite("data/a.db".into()));
    assert_eq!(place("sqlite://data/a.db"), Place::Sqlite("data/a.db".into()));
    assert_eq!(place("sqlite:///var/a.db"), Place::Sqlite("/var/a.db".into()));
}

#[test]
fn a_door_of_a_later_version_is_refused() {
    let told = line(&[("RECADO_DOORS__EVENTS__ENABLED", "true")]);
    assert!(told.contains("comes with a later version"), "{told}");
}

#[test]
fn what_a_door_takes_can_be_posted() {
    let tight = |name, value| line(&[("RECADO_LIMITS__POSTED_BYTES", "999999"), (name, value)]);
    let told = tight("RECADO_DOORS__CHAT__ENABLED", "true");
    let said =
        "limits.posted_bytes: 999999 is less than the 100000000 bytes that one post at doors.chat may have";
    assert!(told.starts_with(said), "{told}");
    from_env(&[("RECADO_LIMITS__POSTED_BYTES", "999999"), ("RECADO_DOORS__CHAT__ENABLED", "false")]).unwrap();
    for door in ["RECADO_DOORS__ROOMS__ENABLED", "RECADO_DOORS__COLLAB__ENABLED"] {
        let small = ("RECADO_DOORS__CHAT__MAX_MESSAGE_BYTES", "65536");
        let told = line(&[("RECADO_LIMITS__POSTED_BYTES", "999999"), (door, "true"), small]);
        assert!(told.contains("less than the 1000000 bytes that one post at doors."), "{told}");
        from_env(&[("RECADO_LIMITS__POSTED_BYTES", "1000000"), (door, "true"), small]).unwrap();
    }
}

#[test]
fn documents_fit_into_an_outlet_and_on_one_node() {
    let told = |name, value| line(&[("RECADO_DOORS__DOCUMENTS__ENABLED", "true"), (name, value)]);
    assert!(told("RECADO_DOORS__DOCUMENTS__MAX_BYTES", "600000").contains("half of limits.outlet_bytes"));
    assert!(told("RECADO_DOORS__DOCUMENTS__MAX_BYTES", "9000000").starts_with("doors.documents.max_bytes"));
    assert!(
        told("RECADO_DOORS__DOCUMENTS__MAX_CHANGE_BYTES", "600000").contains("doors.documents.max_bytes")
    );
    assert!(told("REDIS_URL", "redis://127.0.0.1").contains("a document lives on one node"));
}

#[test]
fn words_the_logger_does_not_know_are_refused() {
    assert!(line(&[("LOG_LEVEL", "loud")]).starts_with("log.level: \"loud\" is none of off, error"));
    assert!(line(&[("RECADO_LOG__FORMAT", "xml")]).starts_with("log.format: \"xml\" is none of json"));
}
