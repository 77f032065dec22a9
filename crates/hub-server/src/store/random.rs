//! Random bytes. Where the system has none, nothing is made: a secret of zeros would be known to everybody.

use super::{Result, StoreError};

/// `N` random bytes.
///
/// # Errors
/// `Random`.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(bytes)
}

/// `N` random bytes in hexadecimal.
///
/// # Errors
/// As [`random_bytes`].
pub(crate) fn random_hex<const N: usize>() -> Result<String> {
    Ok(random_bytes::<N>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
