//! The power fails after each change that a program makes: every state in which that can leave a folder is looked at.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use crate::{
    disk::{Disk, Forgets, Image, image_of, write},
    place::number,
    recorder::changes,
};

/// A folder as a power failure leaves it.
pub(crate) struct Left<'a> {
    /// Where it is now.
    pub(crate) folder: &'a Path,
    pub(crate) image: &'a Image,
    /// How many of the acknowledgements had been given by then: what they say must be there.
    pub(crate) acknowledged: usize,
    /// For messages: the change and what was forgotten.
    pub(crate) what: String,
}

/// Shows each state to `look`, once. `before` is the folder before the program ran, `ignored` tells files that mean nothing;
/// `given` has the length of the log at each acknowledgement.
///
/// Fails too if the log does not lead to what is in the folder now: then the recorder has missed something.
pub(crate) async fn fails_after_each_change(
    before: Disk,
    root: &Path,
    log: &Path,
    given: &[usize],
    ignored: impl Fn(&Path) -> bool,
    mut look: impl AsyncFnMut(Left<'_>),
) {
    let mut disk = before;
    let changes = changes(log);
    assert!(changes.len() > 5, "only {} changes were recorded", changes.len());
    let without = |mut image: Image| {
        image.retain(|path, _| !ignored(path));
        image
    };
    let mut seen = HashSet::new();
    let seeds = number("HUB_DEEP_POWER", 1);
    for (number, (log, change)) in changes.iter().enumerate() {
        disk.apply(change);
        let acknowledged = given.iter().filter(|given| *given <= log).count();
        let kinds = [Forgets::Everything, Forgets::Contents, Forgets::Names];
        let some = (0..seeds).map(|seed| Forgets::Some(seed << 32 | number as u64));
        for forgets in kinds.into_iter().chain(some) {
            let image = without(disk.left(forgets));
            let mut hasher = DefaultHasher::new();
            (&image, acknowledged).hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                continue;
            }
            let place = tempfile::tempdir().unwrap();
            let folder = place.path().join("left");
            write(&image, &folder);
            let what = format!("power failed after change {} ({forgets:?})", number + 1);
            look(Left { folder: &folder, image: &image, acknowledged, what }).await;
        }
    }
    println!("{} changes, {} states", changes.len(), seen.len());
    assert!(without(disk.live()) == without(image_of(root)), "the recorder has missed a change");
}
