//! Pages of the documentation that are made from facts.

use serde_json::Value;

use crate::{Outcome, read, root};

/// A page below `docs`, and a line about it.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) summary: String,
}

impl Page {
    /// Fails unless the page is what it should be.
    pub(crate) fn check(&self) -> Outcome {
        println!("{}", self.summary);
        if read(&root().join(self.name)).is_ok_and(|there| there == self.text) {
            return Ok(());
        }
        let name = self.name;
        Err(format!("{name} is not what the facts say: `cargo xtask parity --write` writes it anew"))
    }

    pub(crate) fn write(&self) -> Outcome {
        println!("{}", self.summary);
        let path = root().join(self.name);
        std::fs::write(&path, &self.text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// Facts, from a file of JSON below `tests`.
pub(crate) fn facts(name: &str) -> Outcome<Value> {
    let path = root().join("tests").join(name);
    serde_json::from_str(&read(&path)?).map_err(|error| format!("{}: {error}", path.display()))
}
