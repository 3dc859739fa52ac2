//! `[files]`: where files are kept, how large they may be, and what one user may have.
//!
//! It guarantees that the address names a folder, a bucket or memory.

use std::path::PathBuf;

use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;
use super::store::{Place, Store};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub url: String,
    pub endpoint: String,
    pub max_bytes: u64,
    pub quota_bytes: u64,
    pub max_open_uploads: usize,
    pub uploads_at_once: usize,
    pub expiry_seconds: u64,
    pub longest_seconds: u64,
    pub stall_ms: u64,
}

/// What the address of the files stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesPlace {
    Memory,
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl Files {
    /// Empty: beside the store. `s3://bucket/prefix` is a bucket, what has no scheme is a folder.
    pub fn place(&self, store: &Store) -> Option<FilesPlace> {
        if self.url.is_empty() {
            return Some(beside(store));
        }
        if self.url == "memory:" {
            return Some(FilesPlace::Memory);
        }
        if let Some(bucket) = self.url.strip_prefix("s3://") {
            let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
            let name_is_plain = (3..=63).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            let prefix = prefix.trim_matches('/');
            let prefix_is_plain = prefix.is_empty()
                || prefix.split('/').all(|part| {
                    part.bytes().any(|b| b != b'.')
                        && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
                });
            return (name_is_plain && prefix_is_plain)
                .then(|| FilesPlace::Bucket { name: name.to_owned(), prefix: prefix.to_owned() });
        }
        let folder = self.url.strip_prefix("file://").unwrap_or(&self.url);
        let plain = !folder.is_empty() && !folder.contains(['\0', '?', '#']) && !folder.contains("://");
        plain.then(|| FilesPlace::Folder(PathBuf::from(folder)))
    }

    pub(super) fn contradictions(&self, store: &Store, found: &mut Contradictions) {
        if self.place(store).is_none() {
            // Only the scheme is repeated: the rest of such an address may hold a key.
            let what = match self.url.split_once("://") {
                Some(("s3", _)) => "names no bucket, as in \"s3://bucket/prefix\"".to_owned(),
                Some((scheme, _)) => format!("{} is no place for files", quoted(scheme)),
                None => "names no folder".to_owned(),
            };
            found.against(
                &["files.url"],
                format!("{what}, use a folder, \"s3://bucket/prefix\" or \"memory:\""),
            );
        }
        if !self.endpoint.is_empty() {
            let address = url::Url::parse(&self.endpoint).ok();
            let usable = address.is_some_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
            });
            if !usable {
                found.against(
                    &["files.endpoint"],
                    "is not an http or https address without a user".to_owned(),
                );
            }
        }
        if self.quota_bytes < self.max_bytes {
            let text = format!("{} is less than one file may have", self.quota_bytes);
            found.against(&["files.quota_bytes", "files.max_bytes"], text);
        }
    }
}

fn beside(store: &Store) -> FilesPlace {
    match store.place() {
        Some(Place::Sqlite(file)) => FilesPlace::Folder(file.with_file_name("files")),
        Some(Place::Memory) | None => FilesPlace::Memory,
    }
}
