//! Somebody else is faster, at the worst time there is: the order of the requests is scripted.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use http::Request;
use hub_api::HfApi;
use hub_object_store::HubObjectStore;
use hub_server::EmbeddedHub;
use hub_transport::Body;
use object_store::{
    CopyMode, CopyOptions, Error, ObjectStore, ObjectStoreExt, PutMode, PutResult, RenameOptions,
    RenameTargetMode, path::Path,
};
use tower::{ServiceExt, service_fn};

use super::{NUMS, builder, client_of, hub};

/// What another client does.
type Theirs = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What happens before the next request whose path has this in it.
#[derive(Clone, Default)]
struct Meanwhile(Arc<Mutex<Option<(&'static str, Theirs)>>>);

impl Meanwhile {
    fn before(&self, part: &'static str, theirs: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap() = Some((part, Box::pin(theirs)));
    }

    fn take(&self, path: &str) -> Option<Theirs> {
        let mut planned = self.0.lock().unwrap();
        planned.take_if(|(part, _)| path.contains(*part)).map(|(_, theirs)| theirs)
    }

    fn happened(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    /// A client to whose requests it happens.
    fn client(&self, hub: EmbeddedHub) -> HfApi {
        let meanwhile = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let (hub, theirs) = (hub.clone(), meanwhile.take(request.uri().path()));
            async move {
                if let Some(theirs) = theirs {
                    theirs.await;
                }
                hub.oneshot(request).await
            }
        });
        builder().inner_service(service).build().unwrap()
    }
}

/// A store that is slow, one of another program that is not, and what it does meanwhile.
async fn stores() -> (HubObjectStore, HubObjectStore, Meanwhile) {
    let hub = hub();
    let fast = HubObjectStore::open(&client_of(&hub).await, NUMS).await.unwrap();
    let meanwhile = Meanwhile::default();
    let slow = HubObjectStore::open(&meanwhile.client(hub), NUMS).await.unwrap();
    (slow, fast, meanwhile)
}

async fn put(store: HubObjectStore, path: &'static str, text: &'static str) {
    store.put(&Path::from(path), text.into()).await.unwrap();
}

async fn create(store: &HubObjectStore, text: &'static str) -> object_store::Result<PutResult> {
    store.put_opts(&Path::from("lock"), text.into(), PutMode::Create.into()).await
}

/// Where the other's commit comes in between: before the content is compared, and before the commit.
const MOMENTS: [&str; 2] = ["/preupload/", "/commit/"];

#[tokio::test]
async fn an_object_is_created_by_one_also_if_both_write_the_same() {
    for moment in MOMENTS {
        for text in ["same", "another"] {
            let (slow, fast, meanwhile) = stores().await;
            let theirs = fast.clone();
            meanwhile.before(moment, async move { drop(create(&theirs, "same").await.unwrap()) });
            let refused = create(&slow, text).await;
            assert!(meanwhile.happened());
            assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{moment} {text}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn an_update_is_of_one_also_if_both_write_the_same() {
    for moment in MOMENTS {
        let (slow, fast, meanwhile) = stores().await;
        let before = slow.put(&Path::from("a"), "old".into()).await.unwrap();
        let update = |store: HubObjectStore| {
            let mode = PutMode::Update(before.clone().into());
            async move { store.put_opts(&Path::from("a"), "new".into(), mode.into()).await }
        };
        let theirs = update(fast);
        meanwhile.before(moment, async move { drop(theirs.await.unwrap()) });
        let refused = update(slow).await;
        assert!(meanwhile.happened());
        assert!(matches!(refused, Err(Error::Precondition { .. })), "{moment}: {refused:?}");
    }
}

#[tokio::test]
async fn a_condition_that_holds_is_looked_at_again_when_others_change_other_files() {
    for moment in MOMENTS {
        let (slow, fast, meanwhile) = stores().await;
        meanwhile.before(moment, put(fast.clone(), "other", "x"));
        let made = create(&slow, "mine").await.unwrap();
        assert!(meanwhile.happened());
        // Nothing changes, and the branch moves all the same.
        meanwhile.before("/preupload/", put(fast.clone(), "other", "y"));
        let same = PutMode::Update(made.clone().into());
        let same = slow.put_opts(&Path::from("lock"), "mine".into(), same.into()).await.unwrap();
        assert!(meanwhile.happened());
        assert_eq!(same.e_tag, made.e_tag);
        let other = slow.get(&Path::from("other")).await.unwrap().bytes().await.unwrap();
        assert_eq!(other, "y");
    }
}

#[tokio::test]
async fn nothing_is_copied_or_renamed_to_what_somebody_else_has_made_the_same() {
    // Before the source is looked at, and before the commit.
    for moment in ["/revision/", "/commit/"] {
        let (slow, fast, meanwhile) = stores().await;
        let (from, to) = (Path::from("a"), Path::from("b"));
        put(slow.clone(), "a", "text").await;
        meanwhile.before(moment, put(fast.clone(), "b", "text"));
        let copy = slow.copy_opts(&from, &to, CopyOptions::new().with_mode(CopyMode::Create)).await;
        assert!(meanwhile.happened());
        assert!(matches!(copy, Err(Error::AlreadyExists { .. })), "{moment}: {copy:?}");
        fast.delete(&to).await.unwrap();

        meanwhile.before(moment, put(fast.clone(), "b", "text"));
        let options = RenameOptions::new().with_target_mode(RenameTargetMode::Create);
        let rename = slow.rename_opts(&from, &to, options).await;
        assert!(meanwhile.happened());
        assert!(matches!(rename, Err(Error::AlreadyExists { .. })), "{moment}: {rename:?}");
        slow.refresh().await.unwrap();
        assert!(slow.head(&from).await.is_ok(), "{moment}");
    }
}

#[tokio::test]
async fn what_gitignore_leaves_out_is_no_success_and_can_be_renamed_to() {
    let (store, _, _) = stores().await;
    put(store.clone(), ".gitignore", "*.old").await;
    put(store.clone(), "a", "text").await;
    let old = Path::from("a.old");
    for mode in [PutMode::Create, PutMode::Overwrite] {
        let refused = store.put_opts(&old, "x".into(), mode.into()).await.unwrap_err();
        assert!(refused.to_string().contains(".gitignore"), "{refused}");
    }
    store.rename(&Path::from("a"), &old).await.unwrap();
    assert_eq!(store.get(&old).await.unwrap().bytes().await.unwrap(), "text");
}
