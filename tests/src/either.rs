//! A Hub behind faults, of the one kind or the other: what is tried against the model is tried against the embedded Hub too.

use std::sync::Arc;

use hub_api::{HfApi, XetPolicy};

use crate::embedded::Embedded;
use crate::faulty::{Change, Fault, Faulty, Seen};
use crate::model::{Model, Rules};
use crate::model_client::{model_user, user_by};
use crate::there::There;

/// Which Hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The [model](crate::model).
    Model,
    /// The [embedded](crate::embedded) one.
    Embedded,
}

/// A Hub behind faults. Clones are the same Hub.
#[derive(Clone)]
pub enum Hub {
    /// The [model](crate::model).
    Model(Model),
    /// The [embedded](crate::embedded) one.
    Embedded(Faulty<Embedded>),
}

/// The same for both.
macro_rules! both {
    ($hub:expr, $faulty:ident => $work:expr) => {
        match $hub {
            Hub::Model($faulty) => $work,
            Hub::Embedded($faulty) => $work,
        }
    };
}

impl Hub {
    /// A Hub with the users `ada` and `bob` and the model `ada/demo`.
    pub async fn with_demo(kind: Kind, rules: &Rules) -> Self {
        match kind {
            Kind::Model => Self::Model(Model::with_demo(rules.clone())),
            Kind::Embedded => Self::Embedded(Embedded::with_demo(rules).await),
        }
    }

    /// A client for `user`, whose waits are decided by `seed`.
    pub fn user(&self, user: &str, seed: u64) -> HfApi {
        both!(self, hub => model_user(hub, user, seed))
    }

    /// A client for `user`, whose large files travel by Xet; the model has none.
    pub fn user_with_xet(&self, user: &str, seed: u64) -> HfApi {
        both!(self, hub => user_by(XetPolicy::Always, hub, user, seed))
    }

    /// Asks `script` what happens to each request from now on.
    pub fn script(&self, script: impl FnMut(&Seen) -> Option<Fault> + Send + 'static) {
        both!(self, hub => hub.script(script));
    }

    /// Something goes wrong with request number `number` (from 0), once.
    pub fn fail(&self, number: usize, fault: Fault) {
        both!(self, hub => hub.fail(number, fault));
    }

    /// Something goes wrong with the first requests whose method and path contain `on`: each of these once, in turn.
    pub fn fail_each(&self, on: &'static str, faults: impl IntoIterator<Item = Fault>) {
        both!(self, hub => hub.fail_each(on, faults));
    }

    /// All is well again.
    pub fn heal(&self) {
        both!(self, hub => hub.heal());
    }

    /// Requests so far, as `POST /path`.
    pub fn log(&self) -> Vec<String> {
        both!(self, hub => hub.log())
    }

    /// Carries out what is still on its way.
    pub async fn deliver_late(&self) {
        both!(self, hub => hub.deliver_late().await);
    }

    /// What is there.
    pub async fn there(&self) -> There {
        match self {
            Self::Model(model) => There::in_model(&model.state()),
            Self::Embedded(hub) => There::in_embedded(hub.server()).await,
        }
    }

    /// Somebody else commits to `main` of `ada/demo`, with the title `Other`.
    pub async fn other_commit(&self) {
        match self {
            Self::Model(model) => model.state().other_commit("models/ada/demo"),
            Self::Embedded(hub) => hub.server().other_commit().await,
        }
    }

    /// What `change` does, as something that happens to the Hub right before a request. [`Hub::heal`] ends that.
    pub fn change<F>(&self, change: impl Fn(Self) -> F + Send + Sync + 'static) -> Change
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hub = self.clone();
        Arc::new(move || Box::pin(change(hub.clone())))
    }
}
