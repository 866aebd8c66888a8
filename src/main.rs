//! The binary: everything it does is a command in `cli/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rialto::cli::run()
}
