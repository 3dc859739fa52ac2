//! Where conversations are kept: the log, the receipts and the book behind the ports of the broker.
//!
//! SQL stands nowhere else.

pub mod sqlite;
