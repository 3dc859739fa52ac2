//! `recado serve`: the log, the runtime, the service; and the log again at the end.
//!
//! It guarantees that the last words of the process are written before it ends.

use std::process::ExitCode;

use super::{fail, tell};
use crate::config::Config;
use crate::{app, telemetry};

pub(super) fn run(config: Config) -> ExitCode {
    if let Err(error) = telemetry::start(&config.log, &config.server.node_name()) {
        return fail(&error);
    }
    for warning in config.warnings() {
        log::warn!("{warning}");
    }
    let outcome = actix_rt::System::new().block_on(app::serve(config));
    if let Err(error) = &outcome {
        log::error!("{error:#}");
    }
    telemetry::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may be off or collected elsewhere; whoever started us by hand looks here.
            tell(&telemetry::redact(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
