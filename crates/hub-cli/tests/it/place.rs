//! A home folder and an embedded Hub, in which tests run the program.

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use hub_server::{EmbeddedHub, Server};
use tokio::task::JoinHandle;

/// `hub` with nothing of this machine's environment but what it needs.
pub(crate) fn hub(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    command.env_clear().env("HOME", home).env("USER", "ada").current_dir(home);
    command
}

/// Serves `hub` on a port of this machine, until the task is ended; also gives its address.
pub(crate) async fn serve(hub: &EmbeddedHub) -> (JoinHandle<()>, String) {
    let server = Server::bind(hub.clone(), "127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr());
    (tokio::spawn(server.run(std::future::pending())), url)
}

/// The address of a server that answers every request with this status and this JSON.
pub(crate) fn answering(status: &'static str, json: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), Vec::new());
            let mut piece = [0; 4096];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
                    _ => break,
                }
            }
            let length = json.len();
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
            let _ = stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n{json}").as_bytes());
        }
    });
    url
}

pub(crate) struct Place {
    pub(crate) home: tempfile::TempDir,
}

/// The namespace of the person who runs the tests.
pub(crate) fn me(place: &Place) -> String {
    place.ok(&["auth", "whoami", "--quiet"]).trim().to_owned()
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        hub(self.home.path()).args(["--endpoint", "local:hub-data"]).args(args).output().unwrap()
    }

    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{args:?} writes colours");
        text(&output.stdout)
    }

    pub(crate) fn fails(&self, args: &[&str], code: i32) -> String {
        let output = self.run(args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
        stderr
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
