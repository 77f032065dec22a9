//! How many files go into the next commit. No I/O.

use hub_types::base64::encoded_len;

/// Files of at least this many bytes go to LFS on every Hub, so they do not count as part of a commit's body.
const SURELY_LFS: u64 = 10 * 1024 * 1024;
/// Fewest files that a commit is split down to when the server cannot cope: then they are not the reason.
pub(super) const FEWEST: usize = 20;

/// What one commit of a large upload may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Files. Default 1000, at least 1 and at most the 25,000 LFS files that the Hub allows.
    pub files: usize,
    /// Bytes of the commit's body, as far as the sizes of the files tell. Default 200 MB.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { files: 1000, bytes: 200_000_000 }
    }
}

impl Limits {
    /// Sets the number of files.
    #[must_use]
    pub fn files(mut self, files: usize) -> Self {
        self.files = files;
        self
    }

    /// How many of the first files, of these sizes, go together. At least one unless there is none.
    pub(super) fn take(&self, sizes: impl IntoIterator<Item = u64>) -> usize {
        let most = self.files.clamp(1, hub_types::commit::MAX_LFS_FILES);
        let mut body = 0u64;
        let fits = |size: &u64| {
            body = body.saturating_add(if *size < SURELY_LFS { encoded_len(*size) } else { 0 });
            body <= self.bytes
        };
        let mut sizes = sizes.into_iter().take(most).peekable();
        let some = usize::from(sizes.peek().is_some());
        sizes.take_while(fits).count().max(some)
    }

    /// Smaller ones, after a commit of `files` files was too much, but not below `fewest` files; `None` when there are none.
    pub(super) fn smaller(&self, files: usize, fewest: usize) -> Option<Self> {
        (files > fewest).then(|| Self { files: (files / 2).max(fewest), bytes: self.bytes / 2 })
    }

    /// Twice as large, but not larger than `most`.
    pub(super) fn larger(&self, most: &Self) -> Self {
        Self {
            files: self.files.saturating_mul(2).min(most.files),
            bytes: self.bytes.max(1).saturating_mul(2).min(most.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_commit_ends_with_the_first_limit_that_is_reached() {
        let limits = Limits { files: 3, bytes: 1000 };
        let huge = SURELY_LFS;
        for (sizes, expected) in [
            (vec![], 0),
            (vec![1, 1, 1, 1], 3),
            (vec![300, 600, 1], 1),
            (vec![5000, 1], 1),
            (vec![huge, huge, 300], 3),
            (vec![0, 0], 2),
        ] {
            assert_eq!(limits.take(sizes.clone()), expected, "{sizes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_file_is_in_one_commit_within_the_limits(sizes in prop::collection::vec(0..3000u64, 0..60), files in 0..9usize) {
            let limits = Limits { files, bytes: 4000 };
            let mut rest = sizes.as_slice();
            while !rest.is_empty() {
                let taken = limits.take(rest.iter().copied());
                prop_assert!((1..=files.max(1)).contains(&taken));
                let body: u64 = rest[..taken].iter().map(|size| encoded_len(*size)).sum();
                prop_assert!(taken == 1 || body <= limits.bytes);
                rest = &rest[taken..];
            }
        }

        #[test]
        fn splitting_comes_to_an_end(files in 1..100_000usize) {
            let (mut limits, mut steps) = (Limits::default().files(files), 0);
            while let Some(smaller) = limits.smaller(limits.files, FEWEST) {
                prop_assert!(smaller.files < limits.files);
                (limits, steps) = (smaller, steps + 1);
            }
            prop_assert!(steps < 20 && (limits.files >= FEWEST || limits.files == files));
        }
    }
}
