//! Why a file does not come by Xet.

use std::fmt;

use hub_transport::{Error, ErrorKind};
use hub_xet::XetError;

/// Why something could not be had. It is never an error of the download, which goes on by `GET`; the text is for the log.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Over another connection it may go on.
    Passing(String),
    /// With new URLs it may go on.
    Refused(String),
    /// Trying again is of no use.
    Lasting(String),
}

impl Trouble {
    pub(crate) fn lasting(why: impl fmt::Display) -> Self {
        Self::Lasting(why.to_string())
    }

    /// That of a request for data. The transport has tried as often as it may, but URLs expire.
    pub(crate) fn of_fetch(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden | ErrorKind::Unauthorized => Self::Refused(error.to_string()),
            ErrorKind::Interrupted => Self::Passing(error.to_string()),
            _ => Self::Lasting(error.to_string()),
        }
    }
}

/// Data that is cut off may come whole the next time; data that breaks a rule will not.
impl From<XetError> for Trouble {
    fn from(error: XetError) -> Self {
        match error {
            XetError::Truncated { .. } => Self::Passing(error.to_string()),
            error => Self::Lasting(error.to_string()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Passing(why) | Self::Refused(why) | Self::Lasting(why)) = self;
        f.write_str(why)
    }
}
