//! `recado bench`: load for a server that runs, and what that costs it.
//!
//! It guarantees that nothing of this program serves meanwhile: all the time it takes is the load's own.

use std::process::ExitCode;

use recado_bench::load::{self, LoadCommand};

use super::tell;

pub(super) fn run(load: LoadCommand) -> ExitCode {
    match load::run(load, std::env::var("JWT_SECRET").ok()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
