//! [`GgufDecoder`]: the head of a GGUF file from bytes that come in pieces of any size.

use std::collections::{BTreeMap, HashSet};

use super::arrays::{OpenArrays, array_head};
use super::input::{Halt, Input, Layout};
use super::{GgmlType, Gguf, GgufArray, GgufTensor, GgufType, GgufValue};
use crate::weights::{WeightsError, elements};

/// The longest head that is read, in bytes.
pub const MAX_HEAD: u64 = 64 << 20;

/// Bytes of arrays that are kept together.
const KEPT: u64 = 16 << 20;
const MAX_PAIRS: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 17;
const MAX_DIMENSIONS: u32 = 8;
const DEFAULT_ALIGNMENT: u64 = 32;
const MAX_ALIGNMENT: u64 = 1 << 30;

/// Reads the head of a GGUF file piece by piece. It keeps what it has understood, and of the rest what does not suffice yet.
#[derive(Debug)]
pub struct GgufDecoder {
    file_size: Option<u64>,
    /// Bytes of arrays that may still be kept.
    room: u64,
    /// What was fed and is not understood yet begins at `at`.
    fed: Vec<u8>,
    at: usize,
    /// Where `at` is in the file.
    position: u64,
    layout: Layout,
    version: u32,
    counts: Counts,
    state: State,
    metadata: BTreeMap<String, GgufValue>,
    tensors: Vec<GgufTensor>,
    alignment: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tensors: u64,
    pairs: u64,
}

#[derive(Debug)]
enum State {
    Start,
    Pairs,
    Array(Open),
    Tensors,
    Done,
}

/// An array that is being read.
#[derive(Debug)]
struct Open {
    key: String,
    kind: GgufType,
    len: u64,
    /// This array and those inside of it.
    arrays: OpenArrays,
    kept: Option<Vec<u8>>,
}

impl GgufDecoder {
    /// For a file of this size, if it is known: then places in it are checked.
    pub fn new(file_size: Option<u64>) -> Self {
        Self {
            file_size,
            room: KEPT,
            fed: Vec::new(),
            at: 0,
            position: 0,
            layout: Layout { big_endian: false, wide: true },
            version: 0,
            counts: Counts::default(),
            state: State::Start,
            metadata: BTreeMap::new(),
            tensors: Vec::new(),
            alignment: DEFAULT_ALIGNMENT,
        }
    }

    /// How many bytes of arrays are kept, all together: 16 MiB unless set. An array for which there is no more room is known
    /// by its type and length only.
    #[must_use]
    pub fn keep_arrays(mut self, bytes: u64) -> Self {
        self.room = bytes;
        self
    }

    /// Takes the next bytes of the file. Whether the head is whole now: then no more are needed.
    ///
    /// # Errors
    /// [`WeightsError::TooLarge`], [`WeightsError::TooMany`] and [`WeightsError::Broken`] for what is no head of a GGUF file.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<bool, WeightsError> {
        if matches!(self.state, State::Done) {
            return Ok(true);
        }
        self.fed.drain(..self.at);
        self.at = 0;
        self.fed.extend_from_slice(bytes);
        loop {
            match self.step() {
                Ok(()) if matches!(self.state, State::Done) => {
                    self.fed = Vec::new();
                    self.at = 0;
                    self.check()?;
                    return Ok(true);
                }
                Ok(()) => {}
                Err(Halt::More) => {
                    let most = self.end();
                    let known = self.position + (self.fed.len() - self.at) as u64;
                    if known < most {
                        return Ok(false);
                    }
                    return Err(self.too_long(most));
                }
                Err(Halt::Short { count, things, left }) => return Err(self.too_small(count, things, left)),
                Err(Halt::Wrong(error)) => return Err(error),
            }
        }
    }

    /// The head.
    ///
    /// # Errors
    /// [`WeightsError::Truncated`] if it goes on behind what was fed.
    pub fn finish(self) -> Result<Gguf, WeightsError> {
        if !matches!(self.state, State::Done) {
            let given = self.position + (self.fed.len() - self.at) as u64;
            return Err(WeightsError::Truncated { needed: given + 1, given });
        }
        Ok(Gguf {
            version: self.version,
            big_endian: self.layout.big_endian,
            data_start: self.data_start(),
            metadata: self.metadata,
            tensors: self.tensors,
            alignment: self.alignment,
        })
    }

    /// Where the head ends at the latest.
    fn end(&self) -> u64 {
        self.file_size.unwrap_or(u64::MAX).min(MAX_HEAD)
    }

    fn too_long(&self, most: u64) -> WeightsError {
        if self.ends_with_file() {
            let place = self.place();
            return WeightsError::Broken(format!(
                "its head goes on behind the end of the file, which is at byte {most}, in {place}"
            ));
        }
        WeightsError::TooLarge { what: "the head", size: most + 1, most }
    }

    fn too_small(&self, count: u64, things: &str, left: u64) -> WeightsError {
        let room = if self.ends_with_file() { "the file" } else { "a head that is read" };
        let says = format!("it says in {} that {count} {things} follow", self.place());
        WeightsError::Broken(format!("{says}, and {room} is too small for that: {left} bytes are left"))
    }

    /// Whether what can follow ends where the file does.
    fn ends_with_file(&self) -> bool {
        self.file_size.is_some_and(|size| size <= MAX_HEAD)
    }

    /// What is being read, in words.
    fn place(&self) -> String {
        let (pairs, tensors) = (self.metadata.len() as u64, self.tensors.len() as u64);
        let pair = format!("pair {} of {}", pairs + 1, pairs + self.counts.pairs);
        match &self.state {
            State::Start | State::Done => "its first bytes".to_owned(),
            State::Pairs => pair,
            State::Array(open) => format!("the array {:?}, which is {pair}", open.key),
            State::Tensors => {
                format!("the description of tensor {} of {}", tensors + 1, tensors + self.counts.tensors)
            }
        }
    }

    fn input(&self) -> Input<'_> {
        Input {
            rest: self.fed.get(self.at..).unwrap_or_default(),
            layout: self.layout,
            left: self.end().saturating_sub(self.position),
        }
    }

    /// Goes behind so many bytes.
    fn advance(&mut self, count: usize) {
        self.at += count;
        self.position += count as u64;
    }

    /// Reads one thing, or nothing where that is not whole.
    fn step(&mut self) -> Result<(), Halt> {
        match &self.state {
            State::Start => self.start(),
            State::Pairs => self.pair(),
            State::Array(_) => self.elements(),
            State::Tensors => self.tensor(),
            State::Done => Ok(()),
        }
    }

    fn start(&mut self) -> Result<(), Halt> {
        let mut input = self.input();
        let magic = input.rest.get(..4.min(input.rest.len())).unwrap_or_default();
        if !b"GGUF".starts_with(magic) {
            return Err(WeightsError::broken("it does not begin with the letters GGUF").into());
        }
        input.take(4)?;
        let number = input.u32()?;
        // A number whose low half is zero is one with its bytes the other way round.
        let big_endian = number & 0xFFFF == 0;
        let version = if big_endian { number.swap_bytes() } else { number };
        if !(1..=3).contains(&version) {
            return Err(WeightsError::Broken(format!("there is no version {version} of GGUF")).into());
        }
        input.layout = Layout { big_endian, wide: version > 1 };
        let counts = Counts { tensors: input.count()?, pairs: input.count()? };
        for (count, what, least, most) in
            [(counts.tensors, "tensors", 20, MAX_TENSORS), (counts.pairs, "pairs", 9, MAX_PAIRS)]
        {
            input.fits(count, what, least)?;
            if count > most {
                return Err(WeightsError::TooMany { what, count, most }.into());
            }
        }
        let (layout, used) = (input.layout, self.input().rest.len() - input.rest.len());
        self.advance(used);
        (self.layout, self.version, self.counts) = (layout, version, counts);
        self.go_on();
        Ok(())
    }

    /// What comes next when a pair or a tensor is read.
    fn go_on(&mut self) {
        self.state = match self.counts {
            Counts { pairs: 1.., .. } => State::Pairs,
            Counts { tensors: 1.., .. } => State::Tensors,
            _ => State::Done,
        };
    }

    fn pair(&mut self) -> Result<(), Halt> {
        let mut input = self.input();
        let before = input.rest.len();
        let key = input.name()?;
        let kind = GgufType::of(input.u32()?)?;
        if self.metadata.contains_key(&key) {
            return Err(WeightsError::Broken(format!("{key:?} is given twice")).into());
        }
        if kind == GgufType::Array {
            let (kind, len) = array_head(&mut input)?;
            let used = before - input.rest.len();
            self.advance(used);
            let arrays = OpenArrays::new(kind, len);
            self.state = State::Array(Open { key, kind, len, arrays, kept: Some(Vec::new()) });
            return Ok(());
        }
        let value = GgufValue::read(kind, &mut input)?;
        let used = before - input.rest.len();
        self.advance(used);
        self.put(key, value)?;
        Ok(())
    }

    fn put(&mut self, key: String, value: GgufValue) -> Result<(), WeightsError> {
        if key == "general.alignment" {
            let alignment = value.as_u64().filter(|size| size.is_power_of_two() && *size <= MAX_ALIGNMENT);
            self.alignment = alignment
                .ok_or_else(|| WeightsError::Broken(format!("the alignment {value:?} is no power of two")))?;
        }
        self.metadata.insert(key, value);
        self.counts.pairs -= 1;
        self.go_on();
        Ok(())
    }

    /// Elements of the array that is open, as many as are here.
    fn elements(&mut self) -> Result<(), Halt> {
        let State::Array(mut open) = std::mem::replace(&mut self.state, State::Pairs) else { return Ok(()) };
        if let Err(halt) = self.elements_of(&mut open) {
            self.state = State::Array(open);
            return Err(halt);
        }
        let Open { key, kind, len, kept, .. } = open;
        if let Some(kept) = &kept {
            self.room -= (kept.len() as u64).min(self.room);
        }
        let bytes = kept.map(Vec::into_boxed_slice);
        self.put(key, GgufValue::Array(GgufArray { kind, len, bytes, layout: self.layout }))?;
        Ok(())
    }

    fn elements_of(&mut self, open: &mut Open) -> Result<(), Halt> {
        while !open.arrays.are_read() {
            let mut input = self.input();
            let before = input.rest.len();
            open.arrays.step(&mut input)?;
            let used = before - input.rest.len();
            let taken = self.fed.get(self.at..self.at + used).unwrap_or_default();
            match &mut open.kept {
                Some(kept) if (kept.len() + taken.len()) as u64 <= self.room => kept.extend_from_slice(taken),
                kept => *kept = None,
            }
            self.advance(used);
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<(), Halt> {
        let mut input = self.input();
        let before = input.rest.len();
        let name = input.name()?;
        let count = input.u32()?;
        if count > MAX_DIMENSIONS {
            let reason = format!(
                "the tensor {name:?} has {count} dimensions, and more than {MAX_DIMENSIONS} are not read"
            );
            return Err(WeightsError::Broken(reason).into());
        }
        let mut dimensions = Vec::new();
        for _ in 0..count {
            dimensions.push(input.count()?);
        }
        let kind = GgmlType(input.u32()?);
        let offset = input.u64()?;
        let used = before - input.rest.len();
        self.advance(used);
        self.tensors.push(GgufTensor { name, dimensions, kind, offset });
        self.counts.tensors -= 1;
        self.go_on();
        Ok(())
    }

    fn data_start(&self) -> u64 {
        self.position.next_multiple_of(self.alignment)
    }

    /// Refuses tensors that cannot be.
    fn check(&self) -> Result<(), WeightsError> {
        let data = self.file_size.map(|size| size.saturating_sub(self.data_start()));
        let mut names = HashSet::new();
        for tensor in &self.tensors {
            let wrong =
                |what: String| Err(WeightsError::Broken(format!("the tensor {:?} {what}", tensor.name)));
            if !names.insert(tensor.name.as_str()) {
                return wrong("is given twice".to_owned());
            }
            let Some(count) = elements(&tensor.dimensions) else {
                return wrong("has more elements than can be counted".to_owned());
            };
            let Some((block, _)) = tensor.kind.block() else { continue };
            let Some(size) = tensor.size() else {
                return wrong(format!(
                    "of {count} elements cannot be of {}: {block} stand together",
                    tensor.kind
                ));
            };
            let end = tensor.offset.checked_add(size).and_then(|end| end.checked_add(self.data_start()));
            if end.is_none() || data.is_some_and(|data| tensor.offset + size > data) {
                return wrong("ends behind the end of the file".to_owned());
            }
        }
        Ok(())
    }
}
