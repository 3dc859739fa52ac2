//! Stories of tokens, tickets and secrets that are let in or refused.
//!
//! Nothing here waits for the wall clock: time is held still, and servers answer on loopback.

mod claims;
mod forgeries;
mod host;
mod jwks;
mod mint;
mod public_keys;
mod setup;
mod tickets;
