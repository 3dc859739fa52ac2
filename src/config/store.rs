//! `[store]`: where messages are kept, and how they are written.
//!
//! It guarantees that the address names a store this version has.

use std::path::PathBuf;

use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub url: String,
    pub batch_entries: usize,
    pub batch_wait_ms: u64,
    pub readers: usize,
}

/// What the address of the store stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Memory,
    Sqlite(PathBuf),
}

impl Store {
    /// `sqlite:data/a.db`, `sqlite://data/a.db` and `sqlite:///var/a.db` name files; `memory:` names none.
    pub fn place(&self) -> Option<Place> {
        if matches!(self.url.as_str(), "memory:" | "sqlite::memory:") {
            return Some(Place::Memory);
        }
        let file = self.url.strip_prefix("sqlite:")?;
        let file = file.strip_prefix("//").unwrap_or(file);
        let plain = !file.is_empty() && !file.ends_with('/') && !file.contains(['?', '#', '\0']);
        plain.then(|| Place::Sqlite(PathBuf::from(file)))
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        if self.place().is_some() {
            return;
        }
        // Only the scheme is repeated: the rest of such an address often holds a password.
        let text = match self.url.split_once(':') {
            Some(("sqlite", _)) => "names no file, as in \"sqlite:data/recado.db\"".to_owned(),
            Some(("postgres" | "postgresql", _)) => {
                "postgresql comes with a later version, use \"sqlite:<file>\" or \"memory:\"".to_owned()
            }
            Some((scheme, _)) => {
                format!("{} is not a store, use \"sqlite:<file>\" or \"memory:\"", quoted(scheme))
            }
            None => "is not an address, use \"sqlite:<file>\" or \"memory:\"".to_owned(),
        };
        found.against(&["store.url"], text);
    }
}
