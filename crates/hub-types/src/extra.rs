//! Room for what this version does not know: unknown fields, and known fields of an unexpected shape.

use serde::{Deserialize, Serialize};

/// Fields that are not modelled, kept in the order of the server so that nothing is lost on the way through.
pub type Extra = serde_json::Map<String, serde_json::Value>;

/// A value of the expected shape, or whatever else was there.
///
/// Listings hold many thousand items; one odd field must not make an item unreadable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Lenient<T> {
    /// As expected.
    Known(T),
    /// Anything else.
    Other(serde_json::Value),
}

/// Declares a struct of optional fields that keeps everything else in `extra`.
///
/// A known field of an unexpected shape is left `None` and kept raw in `extra` under its own name, so that writing the
/// value out again gives what was read.
macro_rules! open_struct {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(#[$id_meta:meta])* required $id:ident: $id_type:ty = $id_key:literal,
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(#[$id_meta])*
            pub $id: $id_type,
            $( $(#[$field_meta])* pub $field: Option<$type>, )*
            /// Everything else that the server sent.
            pub extra: $crate::Extra,
        }

        impl $name {
            /// Makes a value with everything but the required field left out.
            pub fn new($id: impl Into<$id_type>) -> Self {
                Self { $id: $id.into(), $( $field: None, )* extra: $crate::Extra::new() }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry($id_key, &self.$id)?;
                $( if let Some(value) = &self.$field { map.serialize_entry($key, value)?; } )*
                for (key, value) in &self.extra {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object with \"", $id_key, "\""))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        use $crate::extra::Lenient;
                        let mut required: Option<$id_type> = None;
                        $( let mut $field: Option<$type> = None; )*
                        let mut extra = $crate::Extra::new();
                        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                            match key.as_ref() {
                                $id_key => required = Some(map.next_value()?),
                                $( $key => match map.next_value::<Lenient<$type>>()? {
                                    Lenient::Known(value) => $field = Some(value),
                                    Lenient::Other(value) => { extra.insert($key.to_owned(), value); }
                                }, )*
                                other => {
                                    let other = other.to_owned();
                                    extra.insert(other, map.next_value()?);
                                }
                            }
                        }
                        let $id = required.ok_or_else(|| serde::de::Error::missing_field($id_key))?;
                        Ok($name { $id, $( $field, )* extra })
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    };
}
pub(crate) use open_struct;
