//! Setters of what is optional in a message.

/// Makes a setter for each field, named as the field. What is optional is given as it is or as an `Option`.
macro_rules! setters {
    ($( $(#[$meta:meta])* $field:ident: $type:ty, )*) => {
        $(
            $(#[$meta])*
            #[must_use]
            pub fn $field(mut self, value: impl Into<$type>) -> Self {
                self.$field = value.into();
                self
            }
        )*
    };
}
pub(crate) use setters;
