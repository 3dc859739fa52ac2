//! The manifests: versions stand in one table, and every member lives under the same lints.
//!
//! A version that stands twice is one day two versions.

use toml::{Table, Value};

use crate::tree::{table, verdict};

const KINDS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// The root package and the members it lists.
fn manifests() -> Vec<(String, Table)> {
    let root = table("Cargo.toml");
    let members =
        root.get("workspace").and_then(|workspace| workspace.get("members")).and_then(Value::as_array);
    let members = members.expect("the workspace lists its members").iter().filter_map(Value::as_str);
    let paths: Vec<_> = members.map(|member| format!("{member}/Cargo.toml")).collect();
    let mut manifests = vec![("Cargo.toml".to_owned(), root)];
    manifests.extend(paths.into_iter().map(|path| (path.clone(), table(&path))));
    manifests
}

fn own_versions(path: &str, manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places = targets.filter_map(Value::as_table).chain(std::iter::once(manifest));
    let tables = places.flat_map(|place| KINDS.iter().filter_map(|kind| place.get(*kind)));
    let dependencies = tables.filter_map(Value::as_table).flatten();
    let own = dependencies.filter(|(_, spec)| {
        let inherited = spec.get("workspace").and_then(Value::as_bool) == Some(true);
        let member = spec.get("path").is_some() && spec.get("version").is_none();
        !inherited && !member
    });
    own.map(|(name, _)| format!("{path}: {name} does not come from the workspace's table")).collect()
}

fn own_rules(path: &str, manifest: &Table) -> Vec<String> {
    let inherits = |section: &str, key: &str| {
        manifest.get(section).and_then(|table| table.get(key)).is_some_and(|value| {
            value.as_bool() == Some(true) || value.get("workspace").and_then(Value::as_bool) == Some(true)
        })
    };
    let wanted =
        [("lints", "workspace"), ("package", "edition"), ("package", "license"), ("package", "rust-version")];
    let missing = wanted.iter().filter(|(section, key)| !inherits(section, key));
    missing.map(|(section, key)| format!("{path}: {section}.{key} is not the workspace's")).collect()
}

#[test]
fn every_version_stands_in_the_workspaces_table() {
    verdict(
        &manifests().iter().flat_map(|(path, manifest)| own_versions(path, manifest)).collect::<Vec<_>>(),
    );
}

#[test]
fn every_member_lives_under_the_workspaces_rules() {
    verdict(&manifests().iter().flat_map(|(path, manifest)| own_rules(path, manifest)).collect::<Vec<_>>());
}

#[test]
fn the_compiler_forbids_unsafe_and_a_panic_unwinds() {
    let root = table("Cargo.toml");
    let rust = root["workspace"]["lints"]["rust"].as_table().unwrap();
    assert_eq!(rust.get("unsafe_code").and_then(Value::as_str), Some("forbid"));
    // A room that panics must not take the others along.
    let profiles = root["profile"].as_table().unwrap().values();
    let aborting =
        profiles.filter(|profile| profile.get("panic").is_some_and(|way| way.as_str() != Some("unwind")));
    assert_eq!(aborting.count(), 0);
}

#[test]
fn a_planted_version_or_rule_of_ones_own_is_found() {
    let manifest = |text: &str| text.parse::<Table>().unwrap();
    let own = |text: &str| own_versions("a", &manifest(text)).len();
    assert_eq!(own("[dependencies]\nlog = \"0.4\""), 1);
    assert_eq!(own("[dev-dependencies]\nlog = { version = \"0.4\", path = \"../log\" }"), 1);
    assert_eq!(own("[target.'cfg(unix)'.dependencies]\nlog = \"0.4\""), 1);
    assert_eq!(own("[dependencies]\nlog = { workspace = true }\nours = { path = \"ours\" }"), 0);
    assert_eq!(own_rules("a", &manifest("[package]\nedition.workspace = true")).len(), 3);
}
