//! The folder beside the target of a copy that its files are downloaded to, until all of them are there.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

/// How its name begins; six letters and digits follow.
const PREFIX: &str = ".hub-";
const RANDOM: usize = 6;
/// What every folder that is downloaded to has.
const NOTES: &str = ".cache/huggingface";
/// For how long nothing must have changed in one that a killed copy left. A copy that is under way writes all the time.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes one in `folder`, and removes those that killed copies left there.
pub(super) fn create(folder: &Path) -> io::Result<TempDir> {
    sweep(folder);
    tempfile::Builder::new().prefix(PREFIX).rand_bytes(RANDOM).tempdir_in(folder)
}

fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if is_ours(&entry.file_name().to_string_lossy(), &path) && is_forgotten(&path) {
            tracing::debug!(path = %path.display(), "what a killed copy left is removed");
            drop(fs::remove_dir_all(path));
        }
    }
}

/// Whether this is a folder that a copy made: by its name, and by what is in it.
fn is_ours(name: &str, path: &Path) -> bool {
    let random = name.strip_prefix(PREFIX).unwrap_or_default();
    let is_named = random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A kill may have come before anything was in it.
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    is_named && is_folder(path) && (is_folder(&path.join(NOTES)) || is_empty())
}

/// A link is none.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Whether nothing in a folder has changed for a day. What cannot be told may have.
fn is_forgotten(folder: &Path) -> bool {
    let now = SystemTime::now();
    let is_old = |metadata: &Metadata| {
        let age = metadata.modified().ok().and_then(|time| now.duration_since(time).ok());
        age.is_some_and(|age| age > FORGOTTEN)
    };
    let mut places = vec![folder.to_owned()];
    while let Some(place) = places.pop() {
        let Ok(metadata) = fs::symlink_metadata(&place) else { return false };
        if !is_old(&metadata) {
            return false;
        }
        if metadata.is_dir() {
            let Ok(entries) = fs::read_dir(&place) else { return false };
            places.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    true
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a file in its notes, all of them so old.
    fn left(folder: &Path, name: &str, notes: &str, hours: u64) {
        let inside = folder.join(name).join(notes);
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("x.incomplete"), "half").unwrap();
        for place in inside.join("x.incomplete").ancestors().take_while(|place| *place != folder) {
            let then = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
            fs::File::open(place).unwrap().set_modified(then).unwrap();
        }
    }

    #[test]
    fn what_killed_copies_left_is_removed_after_a_day_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        left(folder.path(), ".hub-0aZ9bY", NOTES, 25);
        left(folder.path(), ".hub-empty1", "", 25);
        fs::remove_file(folder.path().join(".hub-empty1/x.incomplete")).unwrap();
        let day = SystemTime::now() - FORGOTTEN - Duration::from_secs(1);
        fs::File::open(folder.path().join(".hub-empty1")).unwrap().set_modified(day).unwrap();
        for (name, notes, hours) in [
            (".hub-young1", NOTES, 23),
            (".hub-mine12", "notes", 25),
            (".hub-seven77", NOTES, 25),
            (".hub-a.b.c.", NOTES, 25),
            ("hub-0aZ9bY", NOTES, 25),
        ] {
            left(folder.path(), name, notes, hours);
        }
        left(outside.path(), "x", NOTES, 25);
        std::os::unix::fs::symlink(outside.path().join("x"), folder.path().join(".hub-link12")).unwrap();
        // One that is written to in its depth.
        left(folder.path(), ".hub-alive1", NOTES, 25);
        fs::write(folder.path().join(".hub-alive1").join(NOTES).join("x.incomplete"), "more").unwrap();
        let made = create(folder.path()).unwrap();
        for gone in [".hub-0aZ9bY", ".hub-empty1"] {
            assert!(!folder.path().join(gone).exists(), "{gone}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8, "seven others, and the new one");
        let name = made.path().file_name().unwrap().to_str().unwrap();
        fs::create_dir_all(made.path().join(NOTES)).unwrap();
        assert!(is_ours(name, made.path()) && !is_forgotten(made.path()));
        assert!(outside.path().join("x").join(NOTES).join("x.incomplete").exists());
    }
}
