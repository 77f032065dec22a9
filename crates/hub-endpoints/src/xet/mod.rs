//! Where the large files of a repository are by Xet, and the token for it. What is uploaded and downloaded there is the business of the
//! crates that do so.

mod cas;
mod policy;
mod session;
mod token;

pub use cas::XetCas;
pub use policy::XetPolicy;
pub use token::{GetXetToken, XetRight};
