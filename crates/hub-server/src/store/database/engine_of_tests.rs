//! Which engine the stores of tests have: SQLite, or a schema each of the PostgreSQL at the URL in `HUB_TEST_POSTGRES`.

#[cfg(any(test, feature = "postgres"))]
const URL: &str = "HUB_TEST_POSTGRES";

/// Whether it is SQLite: what is about its file, or about plans of its statements, is not tested with PostgreSQL.
#[cfg(test)]
pub(in crate::store) fn on_sqlite() -> bool {
    std::env::var_os(URL).is_none()
}

/// The URL of the database of the store in a folder; `None` on SQLite.
///
/// # Errors
/// When PostgreSQL cannot be had there.
#[cfg(feature = "postgres")]
pub(in crate::store) fn url_of(folder: &std::path::Path) -> crate::store::Result<Option<String>> {
    use std::hash::{DefaultHasher, Hash, Hasher};

    let Ok(url) = std::env::var(URL) else { return Ok(None) };
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    let schema = format!("t{:x}", hasher.finish());
    let made = super::postgres::Postgres::without_schema(&url)?;
    made.read(|connection| Ok(connection.execute_batch(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))?))?;
    Ok(Some(format!("{url}?options=-csearch_path%3D{schema}")))
}

#[cfg(not(feature = "postgres"))]
pub(in crate::store) fn url_of(_: &std::path::Path) -> crate::store::Result<Option<String>> {
    Ok(None)
}
