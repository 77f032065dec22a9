//! Setters of what is optional in a request.

/// Makes a setter for each field, named as the field. The type is that of the argument, which becomes that of the field.
macro_rules! setters {
    ($( $(#[$meta:meta])* $field:ident: $type:ty, )*) => {
        $(
            $(#[$meta])*
            #[must_use]
            pub fn $field(mut self, $field: $type) -> Self {
                self.$field = $field.into();
                self
            }
        )*
    };
}
pub(crate) use setters;
