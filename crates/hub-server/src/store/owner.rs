//! Whose a data folder is: what another user writes there, its own cannot open.

use std::path::Path;

use super::Result;

/// Refuses to work on the data of another user of this machine. `founding`: whoever makes the first thing in a folder has to own it, too.
///
/// File systems that give everything to one user, whoever writes it, are no obstacle.
///
/// # Errors
/// `NotOwner`.
#[cfg(unix)]
pub(crate) fn must_be_own(dir: &Path, founding: bool) -> Result<()> {
    use std::{fs, io, os::unix::fs::MetadataExt};

    use super::StoreError;

    let looked = match fs::metadata(dir.join("hub.db")) {
        Err(error) if founding || error.kind() == io::ErrorKind::PermissionDenied => fs::metadata(dir),
        looked => looked,
    };
    // What is not there, or cannot be looked at, has another error of its own.
    let Ok(owner) = looked.map(|found| found.uid()) else { return Ok(()) };
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    match tempfile::tempfile_in(dir).and_then(|made| made.metadata()) {
        Ok(made) if made.uid() == owner => Ok(()),
        _ => {
            let owner = user_name(owner).unwrap_or_else(|| format!("#{owner}"));
            Err(StoreError::NotOwner { path: dir.to_path_buf(), owner })
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn must_be_own(_: &Path, _: bool) -> Result<()> {
    Ok(())
}

/// The login name of a user, from the system's list.
#[cfg(unix)]
pub(crate) fn user_name(number: u32) -> Option<String> {
    let (users, number) = (std::fs::read_to_string("/etc/passwd").ok()?, number.to_string());
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{fs, os::unix::fs::chown};

    use super::*;
    use crate::store::{Store, StoreError, testing::temporary};

    #[test]
    fn a_folder_of_another_user_is_refused_and_nothing_is_left_in_it() {
        let dir = temporary().close();
        must_be_own(dir.path(), true).unwrap();
        // Only root gives files away; anybody else cannot make this mistake in the test.
        if chown(dir.path().join("hub.db"), Some(12_345), None).is_err() {
            return;
        }
        fs::remove_file(dir.path().join("lock")).unwrap();
        let error = Store::open(dir.path(), None).err().unwrap();
        assert!(matches!(&error, StoreError::NotOwner { owner, .. } if owner == "#12345"), "{error}");
        assert!(error.to_string().contains("sudo -u '#12345'"), "{error}");
        assert!(!dir.path().join("lock").exists());

        let empty = tempfile::tempdir().unwrap();
        chown(empty.path(), Some(12_345), None).unwrap();
        assert!(matches!(must_be_own(empty.path(), true), Err(StoreError::NotOwner { .. })));
        must_be_own(empty.path(), false).unwrap();
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    }

    #[test]
    fn users_have_the_names_of_the_system() {
        assert_eq!(user_name(0).as_deref(), Some("root"));
        assert_eq!(user_name(u32::MAX - 7), None);
    }
}
