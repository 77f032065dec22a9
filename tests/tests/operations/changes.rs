//! Everything else that changes something.

use hub_api::{CommitOperation, CommitOperationAdd};

use crate::scenario::{Place, Scenario, Work};

/// A scenario of one call that gives nothing.
macro_rules! call {
    ($name:literal, |$api:ident| $call:expr) => {
        Scenario::new($name, |place| {
            Box::pin(async move {
                let $api = place.api;
                $call.await?;
                Ok("done".to_owned())
            })
        })
    };
}

pub(crate) fn create_repo() -> Scenario {
    Scenario::new("create_repo", |place| {
        Box::pin(async move { Ok(place.api.create_repo("ada/new").await?.repo_id().to_string()) })
    })
}

pub(crate) fn delete_repo() -> Scenario {
    call!("delete_repo", |api| api.delete_repo("ada/demo"))
}

pub(crate) fn move_repo() -> Scenario {
    call!("move_repo", |api| api.move_repo("ada/demo", "ada/other"))
}

pub(crate) fn visibility() -> Scenario {
    call!("visibility", |api| api.update_repo_visibility("ada/demo", true))
}

pub(crate) fn create_branch() -> Scenario {
    call!("create_branch", |api| api.create_branch("ada/demo", "feature"))
}

fn with_branch(place: Place) -> Work<()> {
    Box::pin(async move { place.api.create_branch("ada/demo", "feature").await.unwrap() })
}

pub(crate) fn delete_branch() -> Scenario {
    let scenario = call!("delete_branch", |api| api.delete_branch("ada/demo", "feature"));
    Scenario { prepare: with_branch, ..scenario }
}

pub(crate) fn create_tag() -> Scenario {
    call!("create_tag", |api| api.create_tag("ada/demo", "v1"))
}

fn with_tag(place: Place) -> Work<()> {
    Box::pin(async move { place.api.create_tag("ada/demo", "v1").await.unwrap() })
}

pub(crate) fn delete_tag() -> Scenario {
    let scenario = call!("delete_tag", |api| api.delete_tag("ada/demo", "v1"));
    Scenario { prepare: with_tag, ..scenario }
}

pub(crate) fn discussion() -> Scenario {
    Scenario::new("discussion", |place| {
        Box::pin(async move {
            let opened = place.api.create_discussion("ada/demo", "A question").description("Why?").await?;
            Ok(format!("#{}", opened.discussion.num))
        })
    })
}

fn with_discussion(place: Place) -> Work<()> {
    Box::pin(async move {
        place.api.create_discussion("ada/demo", "A question").description("Why?").await.unwrap();
    })
}

pub(crate) fn comment() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let comment = place.api.comment_discussion("ada/demo", 1, "Because.").await?;
            Ok(comment.content().to_owned())
        })
    };
    Scenario { prepare: with_discussion, ..Scenario::new("comment", run) }
}

pub(crate) fn edit() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let there = place.hub.there().await;
            let id = there.demo().discussions[0].events[0]["id"].as_str().unwrap();
            let comment = place.api.edit_discussion_comment("ada/demo", 1, id, "How?").await?;
            Ok(comment.content().to_owned())
        })
    };
    Scenario { prepare: with_discussion, ..Scenario::new("edit", run) }
}

pub(crate) fn rename() -> Scenario {
    let scenario = call!("rename", |api| api.rename_discussion("ada/demo", 1, "A response"));
    Scenario { prepare: with_discussion, ..scenario }
}

pub(crate) fn status() -> Scenario {
    let scenario =
        call!("status", |api| api.change_discussion_status("ada/demo", 1, "closed").comment("Done."));
    Scenario { prepare: with_discussion, ..scenario }
}

pub(crate) fn merge() -> Scenario {
    let prepare: fn(Place) -> Work<()> = |place| {
        Box::pin(async move {
            let add: CommitOperation = CommitOperationAdd::new("a.txt", b"one".as_slice()).unwrap().into();
            place.api.create_commit("ada/demo", vec![add], "Add a").create_pr(true).await.unwrap();
        })
    };
    let scenario = call!("merge", |api| api.merge_pull_request("ada/demo", 1));
    Scenario { prepare, ..scenario }
}
