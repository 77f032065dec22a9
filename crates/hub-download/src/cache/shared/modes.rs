//! Who may read what the store has: whoever may enter the folder of the cache.

use std::{fs, io, path::Path};

/// Makes a file read only: for its owner, and for group and others as far as they may enter the cache.
#[cfg(unix)]
pub(super) fn set_entry_mode(cache: &Path, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let may_enter = fs::metadata(cache).map_or(0, |metadata| metadata.permissions().mode());
    let group = if may_enter & 0o010 != 0 { 0o040 } else { 0 };
    let others = if may_enter & 0o001 != 0 { 0o004 } else { 0 };
    fs::set_permissions(file, fs::Permissions::from_mode(0o400 | group | others))
}

/// As [`set_entry_mode`], and gives the file to the group of the folder that it goes to. Where that is refused and others cannot read
/// the file either, it cannot be shared.
#[cfg(unix)]
pub(super) fn share(cache: &Path, file: &Path, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    set_entry_mode(cache, file)?;
    let (group, metadata) = (fs::metadata(folder)?.gid(), fs::metadata(file)?);
    if metadata.gid() == group {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    match chown(file, None, Some(group)) {
        Err(error) if mode & 0o040 != 0 && mode & 0o004 == 0 => Err(error),
        _ => Ok(()),
    }
}

/// Gives a folder of the store the mode of the cache's, with the bits that are inherited.
#[cfg(unix)]
pub(super) fn copy_folder_mode(cache: &Path, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const INHERITED: u32 = 0o3777;
    let mode = |path: &Path| fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o7777);
    let expected = mode(cache)? & INHERITED;
    if mode(folder)? == expected {
        return Ok(());
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(expected))
}

/// Lets everybody who may enter the folder write to a lock or a manifest, as far as that is allowed.
#[cfg(unix)]
pub(super) fn open_to_all(file: &fs::File) {
    use std::os::unix::fs::PermissionsExt;
    drop(file.set_permissions(fs::Permissions::from_mode(0o666)));
}

#[cfg(not(unix))]
pub(super) fn set_entry_mode(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn share(_: &Path, _: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn copy_folder_mode(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn open_to_all(_: &fs::File) {}

/// Options under which a file is opened that others may have planted: a link in its place is refused.
pub(super) fn no_follow() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits();
        options.custom_flags(i32::try_from(flags).unwrap_or_default()).mode(0o666);
    }
    options
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_entry_can_be_read_by_whoever_may_enter_the_cache_and_written_by_nobody() {
        for (cache_mode, expected) in [(0o700, 0o400), (0o750, 0o440), (0o755, 0o444), (0o701, 0o404)] {
            let cache = tempfile::tempdir().unwrap();
            let (file, folder) = (cache.path().join("x"), cache.path().join("folder"));
            fs::write(&file, "content").unwrap();
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(cache.path(), fs::Permissions::from_mode(cache_mode)).unwrap();
            copy_folder_mode(cache.path(), &folder).unwrap();
            share(cache.path(), &file, &folder).unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
            assert_eq!((mode(&file), mode(&folder)), (expected, cache_mode), "{cache_mode:o}");
        }
    }

    #[test]
    fn a_planted_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (outside, link) = (folder.path().join("outside"), folder.path().join("link"));
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        assert!(no_follow().write(true).create(true).truncate(false).open(&link).is_err());
        assert!(!outside.exists());
    }
}
