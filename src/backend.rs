//! The applications that can stand behind the broker as the system of record.
//!
//! It guarantees that whatever such an application answers reaches the broker as the `Backend` port's own words.

pub mod next;

#[cfg(test)]
mod tests;
