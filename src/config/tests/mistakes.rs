//! What is said about values that cannot be read, and names that do not exist.
//!
//! They guarantee that all of it is said at once.

use std::path::Path;

use super::{Config, Environment, SECRET, from_env, from_file, told};

#[test]
fn three_mistakes_are_told_in_three_lines() {
    let lines = told(from_env(&[
        ("PORT", "abc"),
        ("RECADO_AUTH__REQUIRE_EXP", "maybe"),
        ("RECADO_LIMITS__OUTLET_BYTES", "0"),
    ]));
    assert_eq!(
        lines,
        [
            "server.port: expected an integer, found \"abc\" (from PORT)",
            "auth.require_exp: expected true or false, found \"maybe\" (from RECADO_AUTH__REQUIRE_EXP)",
            "limits.outlet_bytes: 0 is not between 1 and 1073741824 (from RECADO_LIMITS__OUTLET_BYTES)",
        ]
    );
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest() {
    let cases = [
        ("RECADO_SERVER__PROT", "RECADO_SERVER__PORT"),
        ("RECADO_LIMTS__MAX_CONNECTIONS", "RECADO_LIMITS__MAX_CONNECTIONS"),
        ("RECADO_SERVER__MAX_MESSAGE_BYTES", "RECADO_LIMITS__MAX_MESSAGE_BYTES"),
        ("RECADO_DOORS__WIDGET__HEARTBEAT", "RECADO_DOORS__WIDGET__HEARTBEAT_MS"),
        ("RECADO_AUTH__JWT_SECRET", "RECADO_AUTH__JWT_SECRETS"),
    ];
    for (typed, meant) in cases {
        assert_eq!(
            told(from_env(&[(typed, "1")])),
            [format!("{typed}: is not a setting, did you mean {meant}?")]
        );
    }
    let lines = told(from_env(&[("RECADO_KITCHEN__COLOUR", "1")]));
    assert_eq!(lines, ["RECADO_KITCHEN__COLOUR: is not a setting"]);
}

#[test]
fn a_file_is_held_to_names_and_types_too() {
    let text = "server = 3\n[auth]\njwt_secrets = \"hunter2\"\nalgorithms = [1]\n[limits]\nframe_msec = 3\n";
    let lines = told(from_file(text, &[]));
    let starts: Vec<_> = lines.iter().map(|line| line.split(" (from ").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "auth.algorithms: expected a list of texts, found 1 among them",
            "auth.jwt_secrets: expected a list of texts, found a text",
            "limits.frame_msec: is not a setting, did you mean limits.frame_ms?",
            "server: expected a section",
        ]
    );
}

#[test]
fn a_broken_file_is_told_by_line_and_repeats_nothing() {
    let lines = told(from_file("[auth]\njwt_secrets = [\"hunter2\n", &[]));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(".toml: line 2: ") && !lines[0].contains("hunter2"), "{}", lines[0]);
    let lines = told(Config::load(Some(Path::new("/nowhere/at/all.toml")), &Environment::new()));
    assert!(lines[0].starts_with("/nowhere/at/all.toml: cannot be read: "), "{}", lines[0]);
}

#[test]
fn a_contradiction_that_only_follows_from_a_mistake_is_not_told() {
    let lines = told(from_env(&[
        ("RECADO_LIMITS__OUTLET_BYTES", "4 MB"),
        ("RECADO_LIMITS__OUTLET_SOFT_BYTES", "2000000"),
        ("RECADO_STORE__URL", "paper:tray"),
    ]));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("limits.outlet_bytes: expected an integer"));
    assert!(lines[1].starts_with("store.url: \"paper\" is not a store"));
}

#[test]
fn variables_that_are_empty_or_an_orchestrators_own_count_as_not_set() {
    let config = from_env(&[
        ("PORT", ""),
        ("JWT_SECRET", ""),
        ("RECADO_SERVER__WORKERS", ""),
        ("REDIS_PORT", "tcp://10.0.0.9:6379"),
    ]);
    let config = config.unwrap();
    assert_eq!((config.server.port, config.server.workers), (8080, 0));
    assert!(!config.auth.has_keys());
}

#[test]
fn a_name_without_a_section_is_remarked_on_only_if_a_setting_may_be_meant() {
    let config = from_env(&[("RECADO_PORT", "tcp://10.0.0.1:80"), ("RECADO_BUILD", "7")]).unwrap();
    let warnings = config.warnings();
    assert_eq!(warnings.len(), 1);
    let ends =
        ["RECADO_PORT: is ignored, did you mean RECADO_DOORS__CHAT__PORT or ", " or RECADO_SERVER__PORT?"];
    assert!(warnings[0].starts_with(ends[0]) && warnings[0].ends_with(ends[1]), "{warnings:?}");
}

#[test]
fn a_complaint_never_repeats_a_secret() {
    let short = "hunter2";
    let lines = told(from_env(&[
        ("JWT_SECRET", short),
        ("INTERNAL_API_SECRET", short),
        ("REDIS_URL", "http://:hunter2@cache"),
        ("DATABASE_URL", "postgres://me:hunter2@db/recado"),
        ("NEXT_API_URL", "ftp://me:hunter2@app"),
        ("RECADO_AUTH__JWKS_URL", "ftp://me:hunter2@app"),
    ]));
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert!(!lines.concat().contains(short), "{lines:?}");
    assert!(!lines.concat().contains(SECRET));
}
