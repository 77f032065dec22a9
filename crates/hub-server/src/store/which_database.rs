//! Which database belongs to a data folder: the file in it, or one of PostgreSQL that knows it.
//!
//! A folder and a database of PostgreSQL that belong together have one random name: the folder in its file `database`, the database in its
//! settings. So neither is used with another.

use std::{fs, io, path::Path};

use super::{
    Result, StoreError,
    database::{Database, OptionalExtension, params},
    disk::write_durably,
    layout::Layout,
    random::random_hex,
};

/// The file with the name, in the data folder.
const NAME: &str = "database";

/// Opens the database of a folder: the one at a URL, or the file in the folder.
///
/// # Errors
/// `DatabaseElsewhere`, `DatabaseInFolder`, `AnotherDatabase`, and those of the engines.
pub(super) fn open(layout: &Layout, secret_key: &Path, url: Option<&str>) -> Result<Database> {
    let named = name_in(layout.dir())?;
    let Some(url) = url else {
        if named.is_some() {
            return Err(StoreError::DatabaseElsewhere { path: layout.dir().to_path_buf() });
        }
        return Database::open(&layout.database(), secret_key, || layout.must_be_new());
    };
    if layout.database().exists() {
        return Err(StoreError::DatabaseInFolder { path: layout.database() });
    }
    let name = match named {
        Some(name) => name,
        None => {
            layout.must_be_new()?;
            random_hex::<16>()?
        }
    };
    let database = Database::at(url, secret_key)?;
    let another = || StoreError::AnotherDatabase { path: layout.dir().to_path_buf() };
    let known = database.read(|connection| {
        let mut query = connection.prepare("SELECT value FROM settings WHERE name = 'folder'")?;
        Ok(query.query_row((), |row| row.get::<_, String>(0)).optional()?)
    })?;
    if known.is_some_and(|known| known != name) {
        return Err(another());
    }
    write_durably(layout.dir(), NAME, format!("{name}\n").as_bytes())?;
    database.write(|transaction| {
        transaction.execute(
            "INSERT INTO settings (name, value) VALUES ('folder', ?1) ON CONFLICT (name) DO NOTHING",
            params![name],
        )?;
        // Another folder may have been faster.
        let known: String =
            transaction
                .query_row("SELECT value FROM settings WHERE name = 'folder'", (), |row| row.get(0))?;
        if known == name { Ok(()) } else { Err(another()) }
    })?;
    Ok(database)
}

fn name_in(folder: &Path) -> Result<Option<String>> {
    let path = folder.join(NAME);
    match fs::read_to_string(&path) {
        Ok(name) => Ok(Some(name.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Store,
        testing::{model, on_sqlite, temporary},
    };

    #[test]
    fn a_folder_and_its_database_are_used_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open_with(folder.path(), None, None).unwrap());
        // Nobody is there: this is found out before.
        let opened = Store::open_with(folder.path(), None, Some("postgres://hub@127.0.0.1:1/hub"));
        assert!(matches!(opened.err().unwrap(), StoreError::DatabaseInFolder { .. }));
        let database = folder.path().join("hub.db");
        fs::remove_file(&database).unwrap();
        fs::write(folder.path().join(NAME), "0123\n").unwrap();
        let opened = Store::open_with(folder.path(), None, None);
        assert!(matches!(opened.err().unwrap(), StoreError::DatabaseElsewhere { .. }));
        assert!(!database.exists());
    }

    #[test]
    fn a_database_is_for_one_folder() {
        if on_sqlite() {
            return;
        }
        let store = temporary();
        model(&store, "ada/demo");
        let url = crate::store::database::engine_of_tests::url_of(store.dir()).unwrap();
        let other = tempfile::tempdir().unwrap();
        let key = store.dir().join("secret.key");
        for _ in 0..2 {
            let error = Store::open_with(other.path(), Some(&key), url.as_deref()).err().unwrap();
            assert!(matches!(error, StoreError::AnotherDatabase { .. }), "{error}");
        }
        assert_eq!(store.reopen().all_repos().unwrap().len(), 1);
    }
}
