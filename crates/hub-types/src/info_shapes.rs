//! Which JSON the parts of a repository's info are read from.

use serde::de::MapAccess;

use crate::{
    BlobLfsInfo, Gated,
    shape::{Lenient, Shape, buffered},
};

impl Shape for Gated {
    fn of_bool(value: bool) -> Option<Self> {
        Some(Self::Flag(value))
    }

    fn of_text(text: &str) -> Option<Self> {
        Some(Self::Mode(text.to_owned()))
    }
}

impl Shape for BlobLfsInfo {
    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Lenient<Self>, A::Error> {
        buffered(object)
    }
}
