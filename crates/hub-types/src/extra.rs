//! Room for what this version does not know: unknown fields, and known fields of an unexpected shape.

use std::borrow::Cow;

use serde::Deserialize;

/// Fields that are not modelled, kept in the order of the server so that nothing is lost on the way through.
pub type Extra = serde_json::Map<String, serde_json::Value>;

/// The key of an object, borrowed where the text is at hand.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Declares a struct of optional fields, after at most one that is required, that keeps everything else in `extra`.
///
/// A known field of an unexpected shape is left `None` and kept raw in `extra` under its own name, so that writing the
/// value out again gives what was read.
macro_rules! open_struct {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( [ $(#[$id_meta:meta])* required $id:ident: $id_type:ty = $id_key:literal ] )?
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$id_meta])* pub $id: $id_type, )?
            $( $(#[$field_meta])* pub $field: Option<$type>, )*
            /// Everything else that the server sent.
            pub extra: $crate::Extra,
        }

        impl $name {
            /// Makes a value with everything left out that is not required.
            pub fn new($( $id: impl Into<$id_type> )?) -> Self {
                Self { $( $id: $id.into(), )? $( $field: None, )* extra: $crate::Extra::new() }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                $( map.serialize_entry($id_key, &self.$id)?; )?
                $( if let Some(value) = &self.$field { map.serialize_entry($key, value)?; } )*
                for (key, value) in &self.extra {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        impl $crate::shape::Shape for $name {
            fn of_object<'de, A: serde::de::MapAccess<'de>>(
                mut map: A,
            ) -> Result<$crate::shape::Lenient<Self>, A::Error> {
                use $crate::shape::Lenient;
                $( let mut required: Option<$id_type> = None; )?
                $( let mut $field: Option<$type> = None; )*
                let mut extra = $crate::Extra::new();
                while let Some($crate::extra::Key(key)) = map.next_key()? {
                    match key.as_ref() {
                        $( $id_key => match map.next_value::<Lenient<$id_type>>()? {
                            Lenient::Known(value) => required = Some(value),
                            Lenient::Other(value) => { extra.insert($id_key.to_owned(), value); }
                        }, )?
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
                let missing: &[bool] = &[ $( { let $id = &required; $id.is_none() } )? ];
                if missing.contains(&true) {
                    $( if let Some(value) = $field {
                        let value = serde_json::to_value(value).map_err(serde::de::Error::custom)?;
                        extra.insert($key.to_owned(), value);
                    } )*
                    return Ok(Lenient::Other(serde_json::Value::Object(extra)));
                }
                Ok(Lenient::Known($name {
                    $( $id: required.ok_or_else(|| serde::de::Error::missing_field($id_key))?, )?
                    $( $field, )*
                    extra,
                }))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use $crate::shape::Lenient;
                match Lenient::<Self>::deserialize(deserializer)? {
                    Lenient::Known(value) => Ok(value),
                    Lenient::Other(odd) => Err($crate::extra::unfit(&odd, &[$( $id_key )?])),
                }
            }
        }
    };
}
pub(crate) use open_struct;

/// Why a value cannot be read as an object with this field, if one is required.
pub(crate) fn unfit<E: serde::de::Error>(odd: &serde_json::Value, required: &[&'static str]) -> E {
    let Some(&key) = required.first() else { return E::custom("expected an object") };
    match odd.as_object() {
        Some(fields) if !fields.contains_key(key) => E::missing_field(key),
        _ => E::custom(format_args!("expected an object with a usable {key:?}")),
    }
}
