//! A model of a Hub: what the protocol says, in maps, and nothing else.
//!
//! It shares no code with the embedded Hub, so that client and server cannot share a mistake: routes and messages come from
//! `hub-types`, everything else is here. It knows no header of our own, and it is as unhelpful as the protocol allows, one
//! request at a time: it stands behind [faults](crate::faulty), and a [script](Model::script) says what happens to request
//! number k.
//!
//! A client takes it in place of the network, and [`serve`] puts it on a port.

mod branches;
mod commit;
mod discussions;
mod files;
mod lfs;
mod repos;
mod resolve;
mod serve;
mod state;
pub(crate) mod time;

use std::future::ready;
use std::sync::{Mutex, MutexGuard};

use crate::faulty::{Asked, Refusal, Reply, Server, Work};
pub use crate::faulty::{BoxError, Change, Fault, Faulty, Seen, Trouble, WRONG, Wrong};
pub use serve::{Served, serve};
pub use state::{Commit, Discussion, Event, File, Repo, Rules, State};
pub use time::START;

/// The Hub behind faults. Clones are the same Hub.
pub type Model = Faulty<Maps>;

/// The Hub itself.
pub struct Maps(Mutex<State>);

impl Maps {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Server for Maps {
    fn response(&self, asked: &Asked) -> Work<Reply> {
        Box::pin(ready(self.state().handle(asked)))
    }

    fn would_answer(&self, asked: &Asked) -> Work<Reply> {
        let mut copy = self.state().clone();
        Box::pin(ready(copy.handle(asked)))
    }

    fn date(&self) -> Option<String> {
        self.state().date()
    }
}

impl Default for Model {
    fn default() -> Self {
        Self::with(Rules::default())
    }
}

impl Model {
    /// A Hub with the users `ada` and `bob`, whose tokens are `hf_` and their names, and no repository.
    pub fn with(rules: Rules) -> Self {
        Self::new(Maps(Mutex::new(State::new(rules))))
    }

    /// The same with the model `ada/demo`.
    pub fn with_demo(rules: Rules) -> Self {
        let model = Self::with(rules);
        model.state().make_repo("models/ada/demo", false);
        model
    }

    /// What the Hub knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.server().state()
    }

    /// The server ends: whoever waits for a response loses the connection, and what was not done yet is not done any more.
    /// Nobody reaches it until [`start`](Self::start).
    pub fn crash(&self) {
        self.stop();
        self.state().forget_sessions();
    }
}
