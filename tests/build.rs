//! Makes a module of each chapter of the book that has Rust, for `rustdoc` to run: see `src/book.rs`.

#[path = "src/book/samples.rs"]
mod samples;

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let docs = root.join("docs");
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut chapters = vec![root.join("README.md")];
    for entry in fs::read_dir(&docs)? {
        chapters.push(entry?.path());
    }
    chapters.sort();
    let mut modules = String::new();
    for path in chapters.iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let runnable = samples::runnable(&text).map_err(|fault| format!("{name}.md: {fault}"))?;
        if !runnable.contains("```rust") {
            continue;
        }
        let place = out.join(format!("{name}.md"));
        fs::write(&place, runnable)?;
        let module = name.to_lowercase().replace('-', "_");
        writeln!(modules, "#[doc = include_str!({place:?})]\nmod {module}_md {{}}")?;
    }
    fs::write(out.join("chapters.rs"), modules)?;
    Ok(())
}
