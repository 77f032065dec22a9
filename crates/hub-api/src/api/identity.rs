//! Who the caller is.

pub use hub_endpoints::GetWhoAmI;

use crate::{Async, Call, HfApi, Mode};

/// The call that [`HfApi::whoami`] makes.
pub type WhoAmICall<M = Async> = Call<GetWhoAmI, M>;

impl<M: Mode> HfApi<M> {
    /// Who the token belongs to, and what it may do. Python: `whoami`.
    ///
    /// The Hub limits how often this may be asked: keep the response.
    ///
    /// # Errors
    /// `Unauthorized` without a token, or with one that the Hub does not know.
    ///
    /// Endpoint: `GET /api/whoami-v2`.
    pub fn whoami(&self) -> WhoAmICall<M> {
        self.call(GetWhoAmI)
    }
}
