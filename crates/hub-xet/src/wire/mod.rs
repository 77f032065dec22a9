//! JSON of the token routes and of the CAS (sections 8 and 9). Fields that are not known are skipped, as the protocol wants it.

mod events;
mod reconstruction;
mod route;
mod token;
mod upload;
mod url;

pub use events::{EventReader, MAX_EVENT_LEN, ShardUploadEvent};
pub use reconstruction::{
    BatchReconstruction, ByteRange, FetchInfo, FetchUrls, MultiRangeFetch, RangeDescriptor, ReconstructionV1,
    ReconstructionV2, WireTerm,
};
pub use route::CasRoute;
pub use token::{
    ACCESS_TOKEN_HEADER, CAS_URL_HEADER, SESSION_ID_HEADER, TOKEN_EXPIRATION_HEADER, XET_HASH_HEADER,
    XetToken,
};
pub use upload::{
    DuplicateFile, DuplicateRequest, DuplicateResponse, DuplicateTarget, ShardUploadResponse,
    XorbUploadResponse,
};
pub use url::SignedUrl;
