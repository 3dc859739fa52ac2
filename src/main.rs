//! The program: the command line and nothing else.
//!
//! It guarantees nothing by itself, so that all of it can be tested as a library.

use std::process::ExitCode;

/// A message is a dozen small allocations, made and freed by one thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    recado::cli::run()
}
