//! One call: what to do, and for whom, until it is run.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use http::Request;
use hub_transport::{Body, Endpoint};

use crate::{Async, Blocking, Error, HfApi, Mode, blocking};

/// Something that [`HfApi`] can do: plain data, without a client.
///
/// Every [`Endpoint`] is one: it is sent and its response decoded. Jobs of several requests implement it themselves.
pub trait Operation: Send + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Does it.
    fn run(self, api: HfApi) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

impl<E> Operation for E
where
    E: Endpoint + 'static,
    E::Output: 'static,
{
    type Output = E::Output;

    async fn run(self, api: HfApi) -> Result<E::Output, Error> {
        Ok(api.transport()?.send(&self).await?)
    }
}

/// A call that has not been run yet. Set what is optional, then `.await` it, or `.send()` it from a blocking client.
///
/// Making a call never fails: wrong input is reported when it runs, before anything is sent.
#[must_use = "a call does nothing until it is awaited, or sent by a blocking client"]
#[derive(Debug, Clone)]
pub struct Call<O, M: Mode = Async> {
    api: HfApi<M>,
    operation: O,
}

impl<M: Mode> HfApi<M> {
    /// The call that does `operation`: an [`Endpoint`], or an [`Operation`] of your own.
    pub fn call<O>(&self, operation: O) -> Call<O, M> {
        Call { api: self.clone(), operation }
    }
}

impl<O, M: Mode> Call<O, M> {
    /// Changes the operation: what the setters are made of.
    pub(crate) fn edit(mut self, change: impl FnOnce(&mut O)) -> Self {
        change(&mut self.operation);
        self
    }

    /// The same call for another operation.
    pub(crate) fn map<P>(self, change: impl FnOnce(O) -> P) -> Call<P, M> {
        Call { api: self.api, operation: change(self.operation) }
    }

    pub(crate) fn edit_api(mut self, change: impl FnOnce(&HfApi<M>) -> HfApi<M>) -> Self {
        self.api = change(&self.api);
        self
    }

    pub(crate) fn into_operation(self) -> O {
        self.operation
    }

    /// The operation as it is set so far.
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

impl<O: Endpoint, M: Mode> Call<O, M> {
    /// The request that this call would send, relative to the endpoint and without the headers of the transport.
    ///
    /// # Errors
    /// When the input is wrong, for example a repository id that breaks the rules.
    pub fn request(&self) -> Result<Request<Body>, Error> {
        Ok(self.operation.request()?)
    }
}

impl<O: Operation> IntoFuture for Call<O, Async> {
    type Output = Result<O::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.operation.run(self.api))
    }
}

impl<O: Operation> Call<O, Blocking> {
    /// Runs the call and waits for it. Works inside and outside of an async runtime.
    ///
    /// # Errors
    /// Those of the method that made the call.
    pub fn send(self) -> Result<O::Output, Error> {
        blocking::run(self.operation.run(self.api.into_mode::<Async>()))?
    }
}
