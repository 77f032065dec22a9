//! The limit of the bandwidth, by flag or environment: one byte a second, so that a transfer that keeps to it is still at its
//! beginning when it is looked at, and one that does not is through. Nobody waits for its end.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use hub_tests::{ADA, noise};

use crate::place::{Place, hub, me, serve};

/// Larger than what a download keeps in memory until it is whole.
const SIZE: usize = 300_000;

/// Far more than what comes in the time of one look, and far less than one piece of what is not held back.
const FEW: usize = 1000;

/// Runs the program until what it does has brought out a number of bytes, which is given; it is ended then.
fn run_until(mut command: Command, mut bytes: impl FnMut() -> usize) -> usize {
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        let (ended, seen) = (child.try_wait().unwrap().is_some(), bytes());
        if ended || seen > 0 {
            child.kill().unwrap();
            child.wait().unwrap();
            return if ended { SIZE } else { seen };
        }
        thread::yield_now();
    }
}

/// Passes what comes to another address, and keeps what the clients send.
fn passing(to: String) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&sent);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(to.trim_start_matches("http://")).unwrap();
            let (mut responses, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut responses, &mut back));
            let keep = Arc::clone(&keep);
            thread::spawn(move || forward(client, server, &keep));
        }
    });
    (url, sent)
}

fn forward(mut client: TcpStream, mut server: TcpStream, keep: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        keep.lock().unwrap().extend(&buffer[..count]);
        if server.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

/// How many bytes of the body of the first request that begins like this were sent.
fn body(sent: &[u8], request: &str) -> usize {
    let find = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|window| window == text);
    let body = find(sent, request.as_bytes()).and_then(|at| Some(at + find(&sent[at..], b"\r\n\r\n")? + 4));
    body.map_or(0, |at| sent.len() - at)
}

/// How many bytes of a download have come.
fn partial(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let size = |path: PathBuf| match path.is_dir() {
        true => partial(&path),
        false if path.extension().is_some_and(|ending| ending == "incomplete") => {
            std::fs::metadata(path).map_or(0, |found| found.len() as usize)
        }
        false => 0,
    };
    entries.map(size).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_keeps_to_the_limit() {
    for (embedded, request) in [(hub_tests::lfs_hub(), "PUT /"), (hub_tests::hub(), "POST /_xet/")] {
        let (served, address) = serve(&embedded).await;
        let (url, sent) = passing(address);
        let place = Place::new();
        std::fs::write(place.home.path().join("w.bin"), noise(1, SIZE)).unwrap();
        let mut upload = hub(place.home.path());
        upload.args(["--endpoint", &url, "upload", "ada/demo", "w.bin", "--max-bandwidth", "1"]);
        // The flag counts, and not the variable.
        upload.env("HF_TOKEN", ADA).env("HUB_MAX_BANDWIDTH", "0");
        let seen = tokio::task::block_in_place(|| run_until(upload, || body(&sent.lock().unwrap(), request)));
        assert!(seen < FEW, "{request}: {seen} bytes");
        served.abort();
    }
}

#[test]
fn a_download_keeps_to_the_limit_of_the_environment_and_a_limit_that_is_none_is_told() {
    let place = Place::new();
    std::fs::write(place.home.path().join("w.bin"), noise(1, SIZE)).unwrap();
    place.ok(&["upload", "slow", "w.bin"]);
    let id = format!("{}/slow", me(&place));
    let args = ["--endpoint", "local:hub-data", "download", &id, "w.bin", "--local-dir", "copy"];
    let download = |limit: &str| {
        let mut download = hub(place.home.path());
        download.args(args).env("HUB_MAX_BANDWIDTH", limit);
        download
    };
    let copy = place.home.path().join("copy");
    let seen = run_until(download("1"), || partial(&copy));
    assert!(seen < FEW, "{seen} bytes");

    assert_eq!(download("fast").output().unwrap().status.code(), Some(2));
    place.fails(&["download", &id, "--max-bandwidth", "fast"], 2);
    assert!(download("0").output().unwrap().status.success());
    assert!(std::fs::read(copy.join("w.bin")).unwrap() == noise(1, SIZE));
}
