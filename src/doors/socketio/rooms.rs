//! The rooms dialect: one public room in which every word says which node took it (seed 001).

pub mod codec;
