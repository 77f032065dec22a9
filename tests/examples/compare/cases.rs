//! The jobs, and what happens to the request that does each.

use std::sync::LazyLock;

use hub_tests::model::{Fault, Model, Trouble, Wrong};

/// One call of a client.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Beginning of the request that does it, as method and path.
    pub(crate) line: &'static str,
    /// How often it is done.
    pub(crate) there: fn(&Model) -> usize,
}

pub(crate) const JOBS: [Job; 8] = [
    Job {
        name: "commit",
        line: "POST /api/models/ada/demo/commit/",
        there: |model| model.state().demo().branch("main").len() - 1,
    },
    Job {
        name: "pull request with a commit",
        line: "POST /api/models/ada/demo/commit/",
        there: |model| model.state().demo().discussions.len(),
    },
    Job {
        name: "repository",
        line: "POST /api/repos/create",
        there: |model| usize::from(model.state().repos.contains_key("models/ada/new")),
    },
    Job {
        name: "branch",
        line: "POST /api/models/ada/demo/branch/",
        there: |model| usize::from(!model.state().demo().branch("feature").is_empty()),
    },
    Job {
        name: "tag",
        line: "POST /api/models/ada/demo/tag/",
        there: |model| usize::from(model.state().demo().refs.contains_key("refs/tags/v1")),
    },
    Job {
        name: "discussion",
        line: "POST /api/models/ada/demo/discussions",
        there: |model| model.state().demo().discussions.len(),
    },
    Job {
        name: "comment",
        line: "POST /api/models/ada/demo/discussions/1/comment",
        there: |model| model.state().demo().discussions[0].comments().len() - 1,
    },
    Job {
        name: "deletion of a repository",
        line: "DELETE /api/repos/delete",
        there: |model| usize::from(!model.state().repos.contains_key("models/ada/demo")),
    },
];

/// What happens to the request.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) fault: Fault,
    /// To how many of its sendings.
    pub(crate) times: usize,
}

pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let once = |name, fault| Case { name, fault, times: 1 };
    vec![
        once("done, and the connection ends", Fault::after(Trouble::Close)),
        once("done, then 504", Fault::after(Trouble::Status(504))),
        once("done, then 500", Fault::after(Trouble::Status(500))),
        once("done, then 408 from a proxy", Fault::after(Trouble::Status(408))),
        once("done, then 200 with a web page", Fault::after(Trouble::Wrong(Wrong::Html))),
        once("done, then 200 without a body", Fault::after(Trouble::Wrong(Wrong::Empty))),
        once("done, then JSON that is cut off", Fault::after(Trouble::Wrong(Wrong::CutJson))),
        once("done, then a redirect to a page to log in", Fault::after(Trouble::Wrong(Wrong::LoginPage))),
        Case {
            name: "done, then always 200 with a web page",
            fault: Fault::after(Trouble::Wrong(Wrong::Html)),
            times: usize::MAX,
        },
        once("not done, and the connection ends", Fault::before(Trouble::Close)),
        once("not done, then 504", Fault::before(Trouble::Status(504))),
        once("not done, then 200 with a web page", Fault::before(Trouble::Wrong(Wrong::Html))),
    ]
});
