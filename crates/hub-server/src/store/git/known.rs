//! Commits and folders that were read, because the files of one commit are asked for one after the other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::ObjectId;
use crate::store::{Result, database::lock};

/// Bytes that one repository keeps.
const AT_MOST: usize = 256 * 1024;

/// Bytes of objects by their ids. An object never changes.
#[derive(Default)]
pub(super) struct Known(Mutex<Objects>);

#[derive(Default)]
struct Objects {
    by_id: HashMap<ObjectId, Arc<[u8]>>,
    size: usize,
}

impl Known {
    /// The bytes of an object, read with `read` unless they are here.
    pub(super) fn get(&self, id: ObjectId, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<Arc<[u8]>> {
        if let Some(known) = lock(&self.0).by_id.get(&id) {
            return Ok(Arc::clone(known));
        }
        let content: Arc<[u8]> = read()?.into();
        let mut objects = lock(&self.0);
        if content.len() <= AT_MOST {
            if objects.size + content.len() > AT_MOST {
                *objects = Objects::default();
            }
            objects.size += content.len();
            objects.by_id.insert(id, Arc::clone(&content));
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_once_and_the_memory_is_bounded() {
        let known = Known::default();
        let id = |number: u8| ObjectId::from([number; 20]);
        let never = || -> Result<Vec<u8>> { panic!("read twice") };
        assert_eq!(&*known.get(id(1), || Ok(b"one".to_vec())).unwrap(), b"one");
        assert_eq!(&*known.get(id(1), never).unwrap(), b"one");
        for number in 2..40 {
            known.get(id(number), || Ok(vec![number; AT_MOST / 4])).unwrap();
            assert!(lock(&known.0).size <= AT_MOST);
        }
        assert_eq!(known.get(id(50), || Ok(vec![0; AT_MOST + 1])).unwrap().len(), AT_MOST + 1);
        assert!(!lock(&known.0).by_id.contains_key(&id(50)));
        assert_eq!(&*known.get(id(39), never).unwrap(), &[39; AT_MOST / 4]);
    }
}
