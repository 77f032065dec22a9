//! Secrets and variables of Spaces.

use std::{collections::BTreeMap, marker::PhantomData};

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, delete, get, post};
use hub_types::space::{SpaceSecret, SpaceSetting, SpaceSettingKey, SpaceVariable};

use super::{
    kinds::{Setting, by_key},
    path, space,
};
use crate::{Async, Call, HfApi, Mode, repo_arg::RepoArg};

/// The call that [`HfApi::add_space_secret`] makes.
pub type AddSpaceSecretCall<M = Async> = Call<SetSetting<SpaceSecret>, M>;
/// The call that [`HfApi::delete_space_secret`] makes.
pub type DeleteSpaceSecretCall<M = Async> = Call<RemoveSetting<SpaceSecret>, M>;
/// The call that [`HfApi::get_space_secrets`] makes.
pub type GetSpaceSecretsCall<M = Async> = Call<ReadSettings<SpaceSecret>, M>;
/// The call that [`HfApi::add_space_variable`] makes.
pub type AddSpaceVariableCall<M = Async> = Call<SetSetting<SpaceVariable>, M>;
/// The call that [`HfApi::delete_space_variable`] makes.
pub type DeleteSpaceVariableCall<M = Async> = Call<RemoveSetting<SpaceVariable>, M>;
/// The call that [`HfApi::get_space_variables`] makes.
pub type GetSpaceVariablesCall<M = Async> = Call<ReadSettings<SpaceVariable>, M>;

fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() { Err(Error::build("the key is empty")) } else { Ok(()) }
}

/// `POST /api/spaces/{id}/secrets` or `.../variables`
#[derive(Debug, Clone)]
pub struct SetSetting<T> {
    repo: RepoArg,
    setting: SpaceSetting,
    kind: PhantomData<fn() -> T>,
}

impl<T: Setting, M: Mode> Call<SetSetting<T>, M> {
    /// What it is for. Python: `description`.
    pub fn description(self, text: impl Into<String>) -> Self {
        self.edit(|operation| operation.setting.description = Some(text.into()))
    }
}

impl<T: Setting> Endpoint for SetSetting<T> {
    const NAME: &'static str = T::ADD;
    type Output = T::Changed;

    fn class(&self) -> RetryClass {
        RetryClass::Set
    }

    fn target(&self) -> String {
        format!("{} {}", self.repo.describe(), self.setting.key)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        check_key(&self.setting.key)?;
        post(path(&self.repo, T::ROUTE)?).json(&self.setting).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<T::Changed, Error> {
        T::changed(head, &body)
    }
}

/// `DELETE /api/spaces/{id}/secrets` or `.../variables`
#[derive(Debug, Clone)]
pub struct RemoveSetting<T> {
    repo: RepoArg,
    key: String,
    kind: PhantomData<fn() -> T>,
}

impl<T: Setting> Endpoint for RemoveSetting<T> {
    const NAME: &'static str = T::DELETE;
    type Output = T::Changed;

    fn class(&self) -> RetryClass {
        RetryClass::Set
    }

    fn target(&self) -> String {
        format!("{} {}", self.repo.describe(), self.key)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        check_key(&self.key)?;
        let body = SpaceSettingKey::new(&self.key);
        delete(path(&self.repo, T::ROUTE)?).json(&body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<T::Changed, Error> {
        T::changed(head, &body)
    }
}

/// `GET /api/spaces/{id}/secrets` or `.../variables`
#[derive(Debug, Clone)]
pub struct ReadSettings<T> {
    repo: RepoArg,
    kind: PhantomData<fn() -> T>,
}

impl<T: Setting> Endpoint for ReadSettings<T> {
    const NAME: &'static str = T::GET;
    type Output = BTreeMap<String, T>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(path(&self.repo, T::ROUTE)?).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error> {
        by_key(head, &body)
    }
}

impl<M: Mode> HfApi<M> {
    /// Sets a secret of a Space: an environment variable whose value nobody can read back. Python: `add_space_secret`.
    ///
    /// The key is a letter, then letters, digits and `_`. A secret that is there gets the new value, and the Space
    /// restarts.
    ///
    /// # Errors
    /// `BadRequest` for a key that the server does not take, `Forbidden` without rights on the Space.
    ///
    /// Endpoint: `POST /api/spaces/{id}/secrets`.
    pub fn add_space_secret(
        &self,
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> AddSpaceSecretCall<M> {
        let setting = SpaceSetting::new(key, value);
        self.call(SetSetting { repo: space(self.arg(repo)), setting, kind: PhantomData })
    }

    /// Removes a secret of a Space; one that is not there is fine. Python: `delete_space_secret`.
    ///
    /// # Errors
    /// `Forbidden` without rights on the Space.
    ///
    /// Endpoint: `DELETE /api/spaces/{id}/secrets`.
    pub fn delete_space_secret(
        &self,
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
    ) -> DeleteSpaceSecretCall<M> {
        self.call(RemoveSetting { repo: space(self.arg(repo)), key: key.into(), kind: PhantomData })
    }

    /// The secrets of a Space by key, without their values. Python: `get_space_secrets`.
    ///
    /// # Errors
    /// `Forbidden` without rights on the Space.
    ///
    /// Endpoint: `GET /api/spaces/{id}/secrets`.
    pub fn get_space_secrets(&self, repo: impl Into<RepoArg>) -> GetSpaceSecretsCall<M> {
        self.call(ReadSettings { repo: space(self.arg(repo)), kind: PhantomData })
    }

    /// Sets a variable of a Space and returns all of them. Python: `add_space_variable`.
    ///
    /// # Errors
    /// As for [`add_space_secret`](Self::add_space_secret).
    ///
    /// Endpoint: `POST /api/spaces/{id}/variables`.
    pub fn add_space_variable(
        &self,
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> AddSpaceVariableCall<M> {
        let setting = SpaceSetting::new(key, value);
        self.call(SetSetting { repo: space(self.arg(repo)), setting, kind: PhantomData })
    }

    /// Removes a variable of a Space and returns those that are left. Python: `delete_space_variable`.
    ///
    /// # Errors
    /// `Forbidden` without rights on the Space.
    ///
    /// Endpoint: `DELETE /api/spaces/{id}/variables`.
    pub fn delete_space_variable(
        &self,
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
    ) -> DeleteSpaceVariableCall<M> {
        self.call(RemoveSetting { repo: space(self.arg(repo)), key: key.into(), kind: PhantomData })
    }

    /// The variables of a Space by key. Python: `get_space_variables`.
    ///
    /// # Errors
    /// `RepoNotFound`.
    ///
    /// Endpoint: `GET /api/spaces/{id}/variables`.
    pub fn get_space_variables(&self, repo: impl Into<RepoArg>) -> GetSpaceVariablesCall<M> {
        self.call(ReadSettings { repo: space(self.arg(repo)), kind: PhantomData })
    }
}
