//! The hook that git runs before a push moves a ref.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Result, StoreError};

/// The hook that git runs.
const PRE_RECEIVE: &str = include_str!("pre_receive.sh");

/// Writes the hook into the data folder, and gives the folder of hooks. Done once, long before git runs it: a program that was just
/// written may be refused as busy.
pub(super) fn write_hooks(data: &Path) -> Result<PathBuf> {
    // git runs in another folder.
    let folder = std::path::absolute(data).map_err(StoreError::io("find", data))?.join("hooks");
    let hook = folder.join("pre-receive");
    let write = || {
        fs::create_dir_all(&folder)?;
        fs::write(&hook, PRE_RECEIVE)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    };
    write().map_err(StoreError::io("write", &hook))?;
    Ok(folder)
}
