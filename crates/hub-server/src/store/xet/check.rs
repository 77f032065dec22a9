//! Whether what is stored is what was stored.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use hub_xet::{
    MerkleHash, XetError,
    recipe::total_len,
    shard::Shard,
    xorb::{XorbIndex, XorbReader},
};

use super::{
    XetStore,
    folder::{body_location, index_location, recipe_location},
    rows::{all_files, all_xorbs},
};
use crate::store::{Result, StoreError, copying::Stop};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

impl XetStore {
    /// Checks of what is stored that terms of files and indexes of xorbs are what they should be, and without `quick` also the bodies of
    /// xorbs. Each fault is told as a sentence. What is missing is none here.
    ///
    /// # Errors
    /// `GivenUp`, and what the file system and the database say.
    pub(in crate::store) fn check(
        &self,
        quick: bool,
        stop: &Stop,
        mut fault: impl FnMut(String),
    ) -> Result<()> {
        let folder = &self.shared.folder;
        for (xorb, size) in self.shared.database.read(all_xorbs)? {
            stop.check()?;
            if folder.has_xorb(&xorb, size)
                && let Err(problem) = self.check_xorb(&xorb, size, quick, stop)?
            {
                fault(format!("xorb {xorb}: {problem}"));
            }
        }
        for (file, size) in self.shared.database.read(all_files)? {
            stop.check()?;
            if folder.has_terms(&file)
                && let Err(problem) = self.check_terms(&file, size)?
            {
                fault(format!("file {file} by Xet: {problem}"));
            }
        }
        Ok(())
    }

    fn check_xorb(&self, xorb: &MerkleHash, size: u64, quick: bool, stop: &Stop) -> Result<Checked> {
        let Some(index) = read(&self.shared.folder.path(&index_location(xorb)))? else {
            return Ok(Err("its index is not there".to_owned()));
        };
        let index = match XorbIndex::from_footer(&index) {
            Ok(index) if index.hash() == *xorb && index.stored_len() == size => index,
            Ok(_) => return Ok(Err("its index is that of another one".to_owned())),
            Err(error) => return Ok(Err(format!("its index is damaged: {error}"))),
        };
        let path = self.shared.folder.path(&body_location(xorb));
        let mut body = match File::open(&path) {
            Ok(body) => body,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Err("it is not there".to_owned()));
            }
            Err(error) => return Err(StoreError::io("open", &path)(error)),
        };
        if quick {
            return Ok(Ok(()));
        }
        let (mut reader, mut piece) = (XorbReader::new(), vec![0; PIECE]);
        loop {
            stop.check()?;
            let length = body.read(&mut piece).map_err(StoreError::io("read", &path))?;
            let Some(mut input) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
            if let Err(error) = read_chunks(&mut reader, &mut input) {
                return Ok(Err(format!("it is damaged: {error}")));
            }
        }
        Ok(match reader.finish(xorb) {
            Ok(found) if found == index => Ok(()),
            Ok(_) => Err("its index is not its own".to_owned()),
            Err(error) => Err(format!("it is damaged: {error}")),
        })
    }

    fn check_terms(&self, file: &MerkleHash, size: u64) -> Result<Checked> {
        let Some(recipe) = read(&self.shared.folder.path(&recipe_location(file)))? else {
            return Ok(Err("its terms are not there".to_owned()));
        };
        let shard = match Shard::parse(&recipe) {
            Ok(shard) => shard,
            Err(error) => return Ok(Err(format!("its terms are damaged: {error}"))),
        };
        let is_right = shard.files.iter().any(|found| found.hash == *file && total_len(&found.terms) == size);
        Ok(if is_right { Ok(()) } else { Err("its terms are those of another one".to_owned()) })
    }
}

/// What is wrong with a thing.
type Checked = std::result::Result<(), String>;

fn read_chunks(reader: &mut XorbReader, input: &mut &[u8]) -> std::result::Result<(), XetError> {
    while reader.next_chunk(input)?.is_some() {}
    Ok(())
}

/// A small file; `None` if it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}
