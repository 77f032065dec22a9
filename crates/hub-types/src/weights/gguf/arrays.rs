//! Arrays while they are read: their elements may be arrays again.

use super::GgufType;
use super::input::{Halt, Input};
use crate::weights::WeightsError;

/// Arrays inside of each other.
const MAX_DEPTH: usize = 4;

/// The arrays that are open, the innermost last: the type of their elements, and how many of them are still to come.
#[derive(Debug)]
pub(super) struct OpenArrays(Vec<(GgufType, u64)>);

impl OpenArrays {
    /// An array of so many elements.
    pub(super) fn new(kind: GgufType, len: u64) -> Self {
        Self(vec![(kind, len)])
    }

    /// Whether all elements were read.
    pub(super) fn are_read(&self) -> bool {
        self.0.iter().all(|(_, left)| *left == 0)
    }

    /// Reads on: as many numbers as are here, one text, or the beginning of one array.
    pub(super) fn step(&mut self, input: &mut Input<'_>) -> Result<(), Halt> {
        while self.0.pop_if(|(_, left)| *left == 0).is_some() {}
        let depth = self.0.len();
        let Some((kind, left)) = self.0.last_mut() else { return Ok(()) };
        if let Some(width) = kind.width() {
            let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.rest.len() / width);
            if count == 0 {
                return Err(Halt::More);
            }
            input.take(count * width)?;
            *left -= count as u64;
        } else if *kind == GgufType::Text {
            input.text()?;
            *left -= 1;
        } else {
            let inner = array_head(input)?;
            if depth >= MAX_DEPTH {
                return Err(WeightsError::broken("arrays stand inside of arrays too often").into());
            }
            *left -= 1;
            self.0.push(inner);
        }
        Ok(())
    }
}

/// The type and the number of elements of an array.
pub(super) fn array_head(input: &mut Input<'_>) -> Result<(GgufType, u64), Halt> {
    let (kind, len) = (GgufType::of(input.u32()?)?, input.count()?);
    input.fits(len, "elements of an array", kind.least(input.layout))?;
    Ok((kind, len))
}
