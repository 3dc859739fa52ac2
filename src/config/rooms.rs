//! `[rooms]`, `[demo]` and `[admin]`: what rooms keep and for how long, and which pages are served.
//!
//! It only holds numbers; the ranges they must lie in stand in `ranges`.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rooms {
    pub idle_ms: u64,
    pub tail_entries: usize,
    pub typing_stop_ms: u64,
    pub presence_grace_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub enabled: bool,
}
