//! What differs between secrets and variables.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use http::response::Parts;
use hub_transport::{Error, decode_done, decode_json};
use hub_types::{
    route::SpaceRoute,
    space::{SpaceSecret, SpaceVariable, SpaceVariables},
};
use serde::de::DeserializeOwned;

/// A secret or a variable.
pub trait Setting: DeserializeOwned + fmt::Debug + Send + Sync + 'static {
    /// What a change answers: nothing for secrets, all variables for variables.
    type Changed: Send + 'static;
    const ROUTE: SpaceRoute;
    const ADD: &'static str;
    const DELETE: &'static str;
    const GET: &'static str;
    fn key_mut(&mut self) -> &mut String;
    fn changed(head: &Parts, body: &Bytes) -> Result<Self::Changed, Error>;
}

impl Setting for SpaceSecret {
    type Changed = ();
    const ROUTE: SpaceRoute = SpaceRoute::Secrets;
    const ADD: &'static str = "add_space_secret";
    const DELETE: &'static str = "delete_space_secret";
    const GET: &'static str = "get_space_secrets";

    fn key_mut(&mut self) -> &mut String {
        &mut self.key
    }

    fn changed(head: &Parts, body: &Bytes) -> Result<(), Error> {
        decode_done(head, body).map(drop)
    }
}

impl Setting for SpaceVariable {
    type Changed = SpaceVariables;
    const ROUTE: SpaceRoute = SpaceRoute::Variables;
    const ADD: &'static str = "add_space_variable";
    const DELETE: &'static str = "delete_space_variable";
    const GET: &'static str = "get_space_variables";

    fn key_mut(&mut self) -> &mut String {
        &mut self.key
    }

    fn changed(head: &Parts, body: &Bytes) -> Result<SpaceVariables, Error> {
        by_key(head, body)
    }
}

/// Reads settings by key; the Hub does not always repeat the key inside.
pub(super) fn by_key<T: Setting>(head: &Parts, body: &Bytes) -> Result<BTreeMap<String, T>, Error> {
    let mut settings: BTreeMap<String, T> = decode_json(head, body)?;
    for (key, setting) in &mut settings {
        setting.key_mut().clone_from(key);
    }
    Ok(settings)
}
