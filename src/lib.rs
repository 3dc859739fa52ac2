//! The service around the broker: everything that touches the outside.
//!
//! Three rings: [`doors`] translate, the actors of `recado_actors` decide, [`store`], [`backend`] and [`backplane`] remember and tell.
//! Only [`app`] knows all the parts at once.

pub mod app;
pub mod auth;
pub mod backend;
pub mod backplane;
pub mod cli;
pub mod config;
pub mod doors;
pub mod files;
pub mod media;
pub mod store;
pub mod telemetry;
