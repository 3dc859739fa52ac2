//! The way between nodes, when there is more than one.
//!
//! What travels here is news and never the only copy: whatever ails it delays other nodes and nobody on this one.

pub mod redis;
