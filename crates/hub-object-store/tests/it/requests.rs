//! How many requests a store makes, and how long it waits for one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::TryStreamExt;
use http::Request;
use hub_api::{CommitOperation, CommitOperationAdd, HfApi};
use hub_object_store::HubObjectStore;
use hub_transport::{
    Body,
    testing::{Recorded, Recorder},
};
use object_store::{CopyMode, CopyOptions, Error, ObjectStore, ObjectStoreExt, PutMode, Result, path::Path};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};

use super::{NUMS, builder, client_of, hub};

/// Objects on a page of a listing, and on one that says when each was changed.
const PAGE: usize = 1000;
const DATED_PAGE: usize = 50;

/// The requests that some work makes, with their paths below that of the dataset.
async fn requests<T>(recorder: &Recorder, work: impl Future<Output = Result<T>>) -> Vec<String> {
    let before = recorder.requests().len();
    work.await.unwrap();
    let short = |request: &Recorded| {
        let path = request.uri.path();
        format!("{} {}", request.method, path.trim_start_matches("/api/datasets/ada/nums"))
    };
    recorder.requests().iter().skip(before).map(short).collect()
}

/// A client of the dataset with so many objects, whose requests are recorded.
async fn recorded(objects: usize) -> (HfApi, Recorder) {
    let hub = hub();
    let add = |number: usize| {
        let path = format!("data/{:02}/{number}.txt", number / 100);
        CommitOperation::from(CommitOperationAdd::new(&path, b"x".as_slice()).unwrap())
    };
    let files: Vec<CommitOperation> = (0..objects).map(add).collect();
    client_of(&hub).await.create_commit(NUMS, files, "More").await.unwrap();
    let recorder = Recorder::new();
    let api = builder().inner_service(hub).attempt_layer(recorder.layer()).build().unwrap();
    (api, recorder)
}

#[tokio::test]
async fn a_listing_takes_one_request_for_each_page_and_what_it_says_is_not_asked_for_again() {
    let objects = 2 * PAGE + 1;
    let (api, recorder) = recorded(objects).await;
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    let data = Path::from("data");
    let commit = store.commit();
    let listing = requests(&recorder, async {
        let listed: Vec<_> = store.list(Some(&data)).try_collect().await?;
        assert_eq!(listed.len(), objects);
        Ok::<_, Error>(())
    });
    assert_eq!(listing.await, vec![format!("GET /tree/{commit}/data"); 3]);
    let listed = Path::from("data/00/7.txt");
    assert_eq!(requests(&recorder, store.head(&listed)).await, Vec::<String>::new());
    let folder = requests(&recorder, store.list_with_delimiter(Some(&data)));
    assert_eq!(folder.await, [format!("GET /tree/{commit}/data")]);

    let dated = store.clone().file_dates(true);
    let listing = requests(&recorder, dated.list(Some(&Path::from("data/07"))).try_collect::<Vec<_>>());
    assert_eq!(listing.await.len(), 100 / DATED_PAGE);
}

#[tokio::test]
async fn the_date_of_an_object_is_asked_for_where_it_is_wanted() {
    let (api, recorder) = recorded(1).await;
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    let dated = store.clone().file_dates(true);
    let path = Path::from("data/00/0.txt");
    // Of each question about a file, whether it was for the date too.
    let asked = || {
        let requests = recorder.requests();
        let questions = requests.iter().filter(|request| request.uri.path().contains("/paths-info/"));
        let for_date =
            |request: &Recorded| String::from_utf8_lossy(&request.body).contains("\"expand\":true");
        questions.map(for_date).collect::<Vec<_>>()
    };
    store.head(&path).await.unwrap();
    store.head(&path).await.unwrap();
    assert_eq!(asked(), [false]);
    dated.head(&path).await.unwrap();
    dated.head(&path).await.unwrap();
    store.head(&path).await.unwrap();
    assert_eq!(asked(), [false, true]);
}

#[tokio::test]
async fn a_condition_about_two_paths_is_one_request() {
    let (api, recorder) = recorded(1).await;
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    let (from, to) = (Path::from("data/00/0.txt"), Path::from("b.txt"));
    let commit = store.commit();
    let options = CopyOptions::new().with_mode(CopyMode::Create);
    let copy = requests(&recorder, store.copy_opts(&from, &to, options)).await;
    let checks = ["GET /commits/main".to_owned(), format!("POST /paths-info/{commit}")];
    assert_eq!(copy[..2], checks, "{copy:?}");
    assert_eq!(copy[2], "GET /revision/main", "{copy:?}");
    let put = requests(&recorder, async {
        let refused = store.put_opts(&to, "x".into(), PutMode::Create.into()).await;
        assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
        Ok::<_, Error>(())
    });
    let put = put.await;
    assert_eq!((put.len(), &put[0]), (2, &checks[0]), "{put:?}");
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_for_as_long_as_the_client_is_told_to() {
    let hub = hub();
    client_of(&hub).await.upload_file(&b"1"[..], "a.txt", NUMS).await.unwrap();
    let silent = Arc::new(AtomicBool::new(true));
    let service = service_fn(move |request: Request<Body>| {
        let is_content = request.uri().path().contains("/resolve/");
        let (hub, hangs) = (hub.clone(), is_content && silent.swap(false, Ordering::SeqCst));
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            hub.oneshot(request).await
        }
    });
    let limit = Duration::from_secs(60);
    let api = builder().inner_service(service).download_timeout(limit).build().unwrap();
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    let begin = Instant::now();
    assert_eq!(store.get(&Path::from("a.txt")).await.unwrap().bytes().await.unwrap(), "1");
    assert!((limit..2 * limit).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}
