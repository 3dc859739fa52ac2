//! The rules of the house, checked over the whole checkout: who may name whom, how files begin, what is shipped and how.
//!
//! A rule that cannot fail is no rule, so each has a test that plants a violation and sees it found.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must stop loudly"
)]

mod borders;
mod compose;
mod crates;
mod delivery;
mod documents;
mod environment;
mod files;
mod image;
mod leftovers;
mod lexer;
mod licences;
mod manifests;
mod mentions;
mod names;
mod outsiders;
mod patience;
mod promises;
mod settings;
mod sql;
mod tree;
mod watching;
