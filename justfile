# The parts of ./test by name, and what is run often. `just` alone lists them.

_list:
    @just --list --unsorted

# All that CI runs
check:
    ./test

# Format, lints, and the tests that need no service
quick:
    ./test --quick

fmt:
    cargo fmt

lint:
    cargo clippy --all-targets -- -D warnings

# The tests that need no service, or those named: just test --test api order
test *ARGS="--lib --bins --test tidy --test api":
    RIALTO_TEST_STORE=sqlite cargo test {{ ARGS }}

# The same on PostgreSQL, with all services started for it
test-postgres *ARGS="--lib --test api":
    ./test --services env RIALTO_TEST_STORE=postgres cargo test {{ ARGS }}

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

deny:
    cargo deny check

run *ARGS:
    cargo run --release -- serve {{ ARGS }}

tour *ARGS:
    cargo run --release -- tour {{ ARGS }}

seed *ARGS="--demo":
    cargo run --release -- seed {{ ARGS }}
