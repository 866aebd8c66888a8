//! `rialto import FILE`: products as Shopify exports them.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use super::{Failure, IN_PART, configured, say, shop};
use crate::{
    domain::catalogue::import::{Import, Imported},
    gateway::shopify::{self, Parsed},
    store::Store,
};

/// Products that are written in one transaction.
const CHUNK: usize = 500;

/// Takes what can be taken, and names each line that could not.
pub fn run(file: &Path) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let parsed = parse(file)?;
    let store = shop::open(&config)?;
    let Imported { created, updated } = shop::run(write(&store, parsed.import))?;
    say(format!("{created} products made, {updated} brought up to date"))?;
    if parsed.errors.is_empty() {
        return Ok(());
    }
    let mut out = io::stderr().lock();
    for error in &parsed.errors {
        writeln!(out, "line {}: {} ({})", error.line, error.message, error.code)?;
    }
    let message = format!("{}: lines that were left out: {}", file.display(), parsed.errors.len());
    let nothing = created == 0 && updated == 0;
    Err(if nothing { Failure::new(message) } else { Failure { message, status: IN_PART } })
}

fn parse(file: &Path) -> Result<Parsed, Failure> {
    if file == Path::new("-") {
        return Ok(shopify::read(io::stdin().lock()));
    }
    let open = File::open(file);
    let open = open.map_err(|err| Failure::new(format!("{}: {err}", file.display())))?;
    Ok(shopify::read(io::BufReader::new(open)))
}

async fn write(store: &Store, import: Import) -> Result<Imported, Failure> {
    let Import { categories, products } = import;
    let mut done = store.write(Import { categories, products: Vec::new() }).await?;
    for chunk in products.chunks(CHUNK) {
        let part = Import { categories: Vec::new(), products: chunk.to_vec() };
        let Imported { created, updated } = store.write(part).await?;
        done.created = done.created.saturating_add(created);
        done.updated = done.updated.saturating_add(updated);
    }
    Ok(done)
}
