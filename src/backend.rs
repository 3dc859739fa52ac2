//! The applications that can stand behind the broker: as the system of record, or as those who are told.
//!
//! It guarantees that whatever such an application answers reaches the broker in the words of its port.

pub mod next;
pub mod webhook;

#[cfg(test)]
mod tests;
