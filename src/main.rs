//! The program: an allocator and the command line.
//!
//! It guarantees nothing by itself, so that all of it can be tested as a library.

use std::process::ExitCode;

// Kept idle connections smallest of the allocators that were measured.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    recado::cli::run()
}
