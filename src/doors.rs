//! The ways in. A door is a pump that moves frames and a pure codec that gives them meaning.
//!
//! Doors translate; they never decide who may do what, never touch the store, and do not know each other.

pub mod admin;
pub mod cors;
pub mod documents;
pub mod in_hand;
pub mod internal;
pub mod ops;
pub mod pages;
pub mod problem;
pub mod socket;
pub mod socketio;
pub mod tokened;
pub mod uploads;
pub mod verified;
pub mod widget;
