//! What all clones of a transport share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::layer::Hosts;
use crate::timeouts::Settings;
use crate::{BaseUrl, Claims, Clock, RetryBudget, RetryConfig, Rng, Turns};

pub(crate) struct Shared {
    pub(crate) endpoint: BaseUrl,
    /// Whether secrets may go to the endpoint.
    pub(crate) protected: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) timeouts: Settings,
    /// Pays for asking again after a response that could not be decoded; `None` for a stack brought by an embedder.
    pub(crate) budget: Option<Arc<RetryBudget>>,
    pub(crate) hosts: Hosts,
    pub(crate) warned: Mutex<HashSet<String>>,
    pub(crate) retry: RetryConfig,
    pub(crate) turns: Turns,
    pub(crate) claims: Claims,
}
