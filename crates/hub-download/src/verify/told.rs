//! A file that tells how far it was read.

use std::{
    fs::File,
    io::{self, Read},
};

pub(super) struct Told<'t> {
    content: File,
    position: u64,
    tell: &'t dyn Fn(u64),
}

impl<'t> Told<'t> {
    pub(super) fn new(content: File, tell: &'t dyn Fn(u64)) -> Self {
        Self { content, position: 0, tell }
    }
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.position += count as u64;
        (self.tell)(self.position);
        Ok(count)
    }
}
