//! The program: the command line and nothing else.
//!
//! It guarantees nothing by itself, so that all of it can be tested as a library.

use std::process::ExitCode;

fn main() -> ExitCode {
    recado::cli::run()
}
