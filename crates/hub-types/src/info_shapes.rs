//! Which JSON the parts of a repository's info are read from.

use serde::{
    Deserialize,
    de::{MapAccess, value::MapAccessDeserializer},
};

use serde_json::Value;

use crate::{
    BlobLfsInfo, Gated,
    shape::{Lenient, Shape, buffered},
    space::SpaceRuntime,
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

impl Shape for SpaceRuntime {
    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Lenient<Self>, A::Error> {
        let sent = Value::deserialize(MapAccessDeserializer::new(object))?;
        Ok(match Self::deserialize(&sent) {
            Ok(runtime) if holds(&runtime.raw(), &sent) => Lenient::Known(runtime),
            _ => Lenient::Other(sent),
        })
    }
}

/// Whether everything that was sent is in what was read of it, down to the fields of `hardware`.
fn holds(read: &Value, sent: &Value) -> bool {
    let same = |read: Option<&Value>, sent: &Value| sent.is_null() || read == Some(sent);
    let fields = sent.as_object().into_iter().flatten();
    fields.into_iter().all(|(name, sent)| match (read.get(name), sent) {
        (Some(read), Value::Object(fields)) if name == "hardware" => {
            fields.iter().all(|(name, sent)| same(read.get(name), sent))
        }
        (read, sent) => same(read, sent),
    })
}
