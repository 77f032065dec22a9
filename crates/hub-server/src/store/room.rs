//! Room in a namespace with a quota, held for what is on its way: of two uploads at the same time each knows of the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::database::lock;

/// The room that is held in all namespaces. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Rooms(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    last: u64,
    by_number: BTreeMap<u64, Coming>,
}

/// What is on its way to a namespace.
#[derive(Debug, Clone, Default)]
pub(super) struct Coming {
    /// The namespace in lower case.
    pub(super) folded: String,
    /// The key of the repository.
    pub(super) repo: i64,
    /// Large files, each once: oid and size. Those that the repository has got are counted with what it has.
    pub(super) files: Vec<(String, u64)>,
    /// Bytes of everything else.
    pub(super) rest: u64,
}

/// Room that is held until the value is dropped.
#[derive(Debug)]
#[must_use = "the room is given back at once"]
pub(crate) struct Room {
    rooms: Rooms,
    number: u64,
}

impl Rooms {
    /// Holds room, whether there is any or not.
    pub(super) fn hold(&self, coming: Coming) -> Room {
        let mut held = lock(&self.0);
        held.last += 1;
        let number = held.last;
        held.by_number.insert(number, coming);
        Room { rooms: self.clone(), number }
    }

    /// What is on its way to a namespace and was so before `room`, which itself is not counted.
    pub(super) fn coming(&self, folded: &str, room: Option<&Room>) -> Vec<Coming> {
        let before = room.map_or(u64::MAX, |room| room.number);
        let held = lock(&self.0);
        let theirs = held.by_number.range(..before).map(|(_, coming)| coming);
        theirs.filter(|coming| coming.folded == folded).cloned().collect()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock(&self.rooms.0).by_number.remove(&self.number);
    }
}
