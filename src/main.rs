//! The binary: everything it does is a command in `cli/`.

use std::process::ExitCode;

/// A fifth of what a purchase costs in time is memory that is asked for and given back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rialto::cli::run()
}
