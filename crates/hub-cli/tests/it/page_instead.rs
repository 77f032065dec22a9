//! A proxy before `hub serve` that lets commits through and answers them with a page of its own.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    crash::{SEED, Served},
    place::{hub, text},
};

const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\nconnection: close\r\n\r\n<html>Welcome</html>";

/// Reads a request with a known length, up to its last byte.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        assert!(!head.contains("transfer-encoding"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0usize) {
            let body = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).unwrap(), body));
        }
    }
}

/// Passes one request on, and the response back; the response to a commit is kept from the client.
fn pass_on(mut client: TcpStream, hub: &str, commits: &AtomicUsize) {
    let Some((head, body)) = request(&mut client) else { return };
    let mut server = TcpStream::connect(hub).unwrap();
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(head.as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let mut response = Vec::new();
    server.read_to_end(&mut response).unwrap();
    if head.starts_with("POST ") && head.contains("/commit/main") {
        commits.fetch_add(1, Ordering::SeqCst);
        response = PAGE.to_vec();
    }
    let _ = client.write_all(&response);
}

#[test]
fn an_upload_whose_commit_is_answered_with_a_page_is_one_commit() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("seed.toml"), SEED).unwrap();
    std::fs::write(home.path().join("a.txt"), "hello").unwrap();
    let served = Served::start(home.path());
    let address = served.url.strip_prefix("http://").unwrap().to_owned();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", proxy.local_addr().unwrap());
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    std::thread::spawn(move || {
        for client in proxy.incoming() {
            let (address, counted) = (address.clone(), Arc::clone(&counted));
            std::thread::spawn(move || pass_on(client.unwrap(), &address, &counted));
        }
    });

    let mut upload = hub(home.path());
    upload.args(["--endpoint", &endpoint, "--token", "hf_ada_write", "upload", "ada/demo", "a.txt"]);
    let output = upload.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(commits.load(Ordering::SeqCst), 1, "the commit was sent once");
    let log = Command::new("git")
        .args(["log", "--format=%s", "main"])
        .current_dir(home.path().join("data/repos/01/1.git"))
        .output()
        .unwrap();
    let history = text(&log.stdout);
    assert_eq!(history.lines().count(), 2, "the first commit of the repository, and ours: {history}");
    served.kill();
}
