//! Where files are kept, and what is said about places and sizes that make no sense.

use std::path::Path;

use super::{from_env, told};
use crate::config::FilesPlace;

fn place(url: &str, store: &str) -> FilesPlace {
    let config = from_env(&[("RECADO_FILES__URL", url), ("DATABASE_URL", store)]).unwrap();
    config.files.place(&config.store).unwrap()
}

#[test]
fn files_are_kept_beside_the_store_unless_told_otherwise() {
    let folder = |path: &str| FilesPlace::Folder(Path::new(path).to_owned());
    let bucket =
        |name: &str, prefix: &str| FilesPlace::Bucket { name: name.to_owned(), prefix: prefix.to_owned() };
    for (url, store, expected) in [
        ("", "sqlite:data/recado.db", folder("data/files")),
        ("", "sqlite:/data/recado.db", folder("/data/files")),
        ("", "memory:", FilesPlace::Memory),
        ("memory:", "sqlite:data/recado.db", FilesPlace::Memory),
        ("/srv/files", "memory:", folder("/srv/files")),
        ("file:///srv/files", "memory:", folder("/srv/files")),
        ("s3://bucket", "memory:", bucket("bucket", "")),
        ("s3://my.bucket/some/prefix/", "memory:", bucket("my.bucket", "some/prefix")),
    ] {
        assert_eq!(place(url, store), expected, "{url} {store}");
    }
}

#[test]
fn places_and_sizes_that_make_no_sense_are_told() {
    for (name, value) in [
        ("URL", "s3://"),
        ("URL", "s3://a"),
        ("URL", "s3://bucket/../other"),
        ("URL", "s3://bucket/a b"),
        ("URL", "ftp://user:password@host/x"),
        ("URL", "file://"),
        ("ENDPOINT", "localhost:9000"),
        ("ENDPOINT", "http://user:password@localhost:9000"),
        ("MAX_BYTES", "0"),
        ("QUOTA_BYTES", "1000"),
        ("STALL_MS", "0"),
    ] {
        let lines = told(from_env(&[(&format!("RECADO_FILES__{name}"), value)]));
        assert_eq!(lines.len(), 1, "{name} {value}: {lines:?}");
        assert!(lines[0].starts_with("files.") && !lines[0].contains("password"), "{lines:?}");
    }
}
