//! `rialto import FILE` and `rialto export`: the catalogue from a file and into one.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, IN_PART, configured, say, shop};
use crate::{
    domain::{
        Error,
        catalogue::import::{Import, Imported},
        page::Page,
    },
    gateway::products::{Format, PRODUCTS_AT_ONCE, Part, Parts},
    store::{self, Store, read},
};

/// After how many products a line says so, where no terminal shows a bar.
const SAY_EVERY: i64 = 10_000;

#[derive(Debug, Args)]
pub struct Options {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Only say what it would come to
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Output {
    /// The file; without one it is standard output
    file: Option<PathBuf>,
    /// Shopify's CSV, or one product a line with all there is of it
    #[arg(long, value_enum, default_value_t = Named::Csv)]
    format: Named,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Named {
    Csv,
    Ndjson,
}

/// Takes what can be taken, and names each line that could not.
pub fn run(options: &Options) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let (mut input, length) = open(&options.file)?;
    let format = format_of(&options.file, &mut *input)?;
    let store = shop::open(&config)?;
    let bar = bar(length)?;
    let parts = Parts::of(format, bar.wrap_read(input));
    let imported = shop::run(take_all(&store, parts, options.dry_run, &bar));
    bar.finish_and_clear();
    report(&options.file, &imported?, options.dry_run)
}

/// The file, and how long it is, if it is known.
fn open(file: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
    if file == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let failed = |err: io::Error| Failure::new(format!("{}: {err}", file.display()));
    let open = File::open(file).map_err(failed)?;
    let length = open.metadata().map_err(failed)?.len();
    Ok((Box::new(BufReader::new(open)), Some(length)))
}

/// By the name of the file, or else by how it begins.
fn format_of(file: &Path, input: &mut dyn BufRead) -> io::Result<Format> {
    match file.extension().and_then(OsStr::to_str) {
        Some("csv") => Ok(Format::Csv),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        Some(_) | None => input.fill_buf().map(Format::of_content),
    }
}

/// Shows on a terminal how much of the file was read.
fn bar(length: Option<u64>) -> Result<ProgressBar, Failure> {
    let (bar, style) = match length {
        Some(length) => {
            (ProgressBar::new(length), "{bar:40} {bytes}/{total_bytes}, {msg}, {eta} left")
        }
        None => (ProgressBar::no_length(), "{spinner} {bytes}, {msg}"),
    };
    let style = ProgressStyle::with_template(style).map_err(|err| Failure::new(err.to_string()))?;
    Ok(bar.with_style(style).with_message("0 products"))
}

async fn take_all(
    store: &Store,
    parts: Parts<'_>,
    dry_run: bool,
    bar: &ProgressBar,
) -> Result<Imported, Failure> {
    let (mut imported, mut said) = (Imported::default(), 0);
    for Part { import, errors } in parts {
        imported.add(take(store, import, dry_run).await?, errors);
        let taken = imported.taken();
        bar.set_message(format!("{taken} products"));
        if bar.is_hidden() && taken >= said + SAY_EVERY {
            said = taken;
            say(format!("{taken} products"))?;
        }
        if imported.is_hopeless() {
            break;
        }
    }
    Ok(imported)
}

async fn take(store: &Store, import: Import, dry_run: bool) -> Result<Imported, Error> {
    if import.is_empty() {
        Ok(Imported::default())
    } else if dry_run {
        read!(store, catalogue::weigh(import, store::now()))
    } else {
        store.write(import).await
    }
}

fn report(file: &Path, imported: &Imported, dry_run: bool) -> Result<(), Failure> {
    say(told(imported))?;
    if dry_run {
        say("nothing was changed: this was a dry run")?;
    }
    if imported.images_left_out > 0 {
        let count = imported.images_left_out;
        say(format!("{count} images left out: the shop has only those that were given to it"))?;
    }
    if imported.errors.is_empty() {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    for error in &imported.errors {
        writeln!(err, "line {}: {} ({})", error.line, error.message, error.code)?;
    }
    let count = imported.errors.len();
    let message = format!("{}: lines that were left out: {count}", file.display());
    let nothing = imported.taken() == 0;
    Err(if nothing { Failure::new(message) } else { Failure { message, status: IN_PART } })
}

/// What came of an import, in a line.
pub fn told(imported: &Imported) -> String {
    let Imported { created, updated, unchanged, .. } = imported;
    format!("{created} products made, {updated} brought up to date, {unchanged} as they were")
}

/// Writes all products, in the order of their slugs.
pub fn export(output: &Output) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let format = match output.format {
        Named::Csv => Format::Csv,
        Named::Ndjson => Format::Ndjson,
    };
    let store = shop::open_as_it_is(&config)?;
    let failed = |file: &Path, err| Failure::new(format!("{}: {err}", file.display()));
    let into: Box<dyn Write> = match &output.file {
        Some(file) => Box::new(File::create(file).map_err(|err| failed(file, err))?),
        None => Box::new(io::stdout().lock()),
    };
    shop::run(write_all(&store, format, BufWriter::new(into)))
}

async fn write_all(store: &Store, format: Format, mut into: impl Write) -> Result<(), Failure> {
    into.write_all(&format.head()?)?;
    let mut after = None;
    loop {
        let page = Page { limit: PRODUCTS_AT_ONCE, after };
        let listed = read!(store, catalogue::export(page))?;
        into.write_all(&format.page(&listed.items)?)?;
        after = listed.next;
        if after.is_none() {
            return Ok(into.flush()?);
        }
    }
}
