//! `[compression]`: whether WebSocket messages may be compressed, from which size, and how hard it is tried.
//!
//! It only holds values; the ranges they must lie in stand in `ranges`.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compression {
    pub enabled: bool,
    pub least_bytes: usize,
    pub level: u8,
}
