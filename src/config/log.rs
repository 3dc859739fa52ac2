//! `[log]`: how much is told, in which form, and into which files.
//!
//! It guarantees that level and form are words the logger knows.

use log::LevelFilter;
use serde::Deserialize;

use super::errors::Contradictions;
use super::reading::quoted;

const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
const FORMATS: &[&str] = &["json", "text"];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: String,
    pub folder: String,
    pub rotate_bytes: u64,
    pub keep_files: u32,
}

impl Log {
    /// The level as the logger knows it.
    pub fn level(&self) -> LevelFilter {
        self.level.parse().unwrap_or(LevelFilter::Info)
    }

    pub(super) fn contradictions(&self, found: &mut Contradictions) {
        if !LEVELS.contains(&self.level.as_str()) {
            let text = format!("{} is none of {}", quoted(&self.level), LEVELS.join(", "));
            found.against(&["log.level"], text);
        }
        if !FORMATS.contains(&self.format.as_str()) {
            let text = format!("{} is none of {}", quoted(&self.format), FORMATS.join(", "));
            found.against(&["log.format"], text);
        }
    }
}
