//! `hub serve` under attack: twelve ways to keep a server from work, and an honest caller beside each. Lane "attack" of docs/proof.md.
//!
//! Each attack comes from addresses of its own. All requests of the honest caller must succeed meanwhile, the memory of the server
//! stays below 256 MiB, and when the attacker has gone nothing of the attack is left open. Prints how long the honest caller waited.

use std::{
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant},
};

use hub_api::HfApi;
use hub_tests::{ADA, noise};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    place::{Served, hub},
    soak::{Held, MOST},
};

/// Nothing waits for it: it ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests of the honest caller during an attack.
const HONEST: usize = 40;
/// Bytes of a large file in git, as large as the server takes them.
const LARGE: usize = 8 << 20;

pub(crate) struct Target {
    address: SocketAddr,
}

impl Target {
    /// A connection from one of many addresses of this machine.
    async fn connect(&self, from: usize) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        let from = u8::try_from(2 + from % 200).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// The beginning of a connection, which is left open.
    pub(crate) async fn begin(&self, from: usize, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect(from).await;
        // A server that has had enough closes it.
        let _ = stream.write_all(bytes).await;
        stream
    }

    pub(crate) fn head(&self, line: &str, more: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {ADA}\r\n{more}\r\n", self.address)
    }

    /// The status of the response to a whole request, and its first bytes.
    pub(crate) async fn send(&self, from: usize, line: &str, more: &str, body: &[u8]) -> (u16, String) {
        let more = format!("Connection: close\r\nContent-Length: {}\r\n{more}", body.len());
        let mut stream = self.begin(from, self.head(line, &more).as_bytes()).await;
        let (mut read, mut write) = stream.split();
        let mut response = Vec::new();
        let work = async {
            let sent = async {
                let _ = write.write_all(body).await;
            };
            let received = async {
                let _ = read.read_to_end(&mut response).await;
            };
            tokio::join!(sent, received)
        };
        tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("no response to {line}"));
        let text = String::from_utf8_lossy(&response).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), text)
    }

    pub(crate) async fn commit(&self, from: usize, body: &str) -> (u16, String) {
        let line = "POST /api/models/ada/demo/commit/main";
        self.send(from, line, "Content-Type: application/x-ndjson\r\n", body.as_bytes()).await
    }
}

pub(crate) fn change(path: &str, content: &str) -> String {
    let header = serde_json::json!({"key": "header", "value": {"summary": "attack", "description": ""}});
    let value = serde_json::json!({"path": path, "content": content, "encoding": "utf-8"});
    format!("{header}\n{}\n", serde_json::json!({"key": "file", "value": value}))
}

/// Lets an attacker work while an honest caller does.
pub(crate) async fn attacked<A, F>(name: &str, attack: A)
where
    A: FnOnce(Target) -> F,
    F: Future<Output = Vec<TcpStream>>,
{
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let served = Served::start(&home, |_| ()).unwrap();
    let api = client(&served);
    api.create_repo("ada/demo").await.unwrap();
    api.upload_file(&b"honest"[..], "honest.txt", "ada/demo").await.unwrap();
    let text = noise(1, LARGE / 2).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    api.upload_file(text.into_bytes(), "large.txt", "ada/demo").await.unwrap();
    drop(api);

    let address = served.url.strip_prefix("http://").unwrap().parse().unwrap();
    let before = Held::by(served.process()).handles;
    let api = client(&served);
    let honest = async {
        let mut longest = Duration::ZERO;
        for _ in 0..HONEST {
            let begun = Instant::now();
            let info = tokio::time::timeout(PATIENCE, async { api.model_info("ada/demo").await }).await;
            info.unwrap_or_else(|_| panic!("{name}: the honest caller waits")).unwrap();
            longest = longest.max(begun.elapsed());
        }
        longest
    };
    let (open, during) = tokio::join!(attack(Target { address }), honest);
    let begun = Instant::now();
    api.model_info("ada/demo").await.unwrap();
    let after = begun.elapsed();
    drop((open, api));
    let held = Held::at_rest(served.process(), before + 16).await;
    println!("{name}: the honest caller waited {during:?} at most, {after:?} after it; {held:?}");
    assert!(held.peak <= MOST, "{name}: {held:?}");
    served.kill();
}

fn client(served: &Served) -> HfApi {
    HfApi::builder().endpoint(&served.url).token(ADA).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_do_not_come_keep_nobody_from_work() {
    attacked("slow heads", async |target| {
        let mut open = Vec::new();
        for from in 0..300 {
            open.push(target.begin(from, b"GET /api/models/ada/demo HTTP/1.1\r\nHo").await);
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_do_not_come_keep_nobody_from_work() {
    attacked("slow bodies", async |target| {
        let head = target.head("POST /api/models/ada/demo/commit/main", "Content-Length: 1000\r\n");
        let mut open = Vec::new();
        for from in 0..300 {
            open.push(target.begin(from, format!("{head}{{").as_bytes()).await);
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_headers_are_refused() {
    attacked("100,000 headers", async |target| {
        let many: String = (0..100_000).map(|number| format!("x-{number}: 1\r\n")).collect();
        for from in 0..8 {
            let (status, _) = target.send(from, "GET /api/models/ada/demo", &many, b"").await;
            assert!(matches!(status, 0 | 431), "{status}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_reset_at_once_end_the_connection() {
    attacked("HTTP/2 resets", async |target| {
        let mut attack = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        for number in 0..20_000_u32 {
            let stream = (2 * number + 1).to_be_bytes();
            // GET http://a/ by the static table of RFC 7541, and CANCEL.
            attack.extend([0, 0, 6, 1, 5, stream[0], stream[1], stream[2], stream[3]]);
            attack.extend([0x82, 0x86, 0x84, 0x41, 0x01, b'a']);
            attack.extend([0, 0, 4, 3, 0, stream[0], stream[1], stream[2], stream[3], 0, 0, 0, 8]);
        }
        for from in 0..4 {
            let mut stream = target.begin(from, &attack).await;
            let mut said = Vec::new();
            let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
            assert!(end.is_ok(), "the connection goes on");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
    attacked("endless line", async |target| {
        let more = "Transfer-Encoding: chunked\r\nContent-Type: application/x-ndjson\r\n";
        let head = target.head("POST /api/models/ada/demo/commit/main", more);
        for from in 0..2 {
            let mut stream = target.begin(from, head.as_bytes()).await;
            let chunk = [b"10000\r\n".to_vec(), vec![b'a'; 0x10000], b"\r\n".to_vec()].concat();
            let mut sent = 0_u64;
            // 4 GiB would be the end of the test, and is not reached.
            while sent < 4 << 30 && stream.write_all(&chunk).await.is_ok() {
                sent += 0x10000;
            }
            assert!(sent < 1 << 30, "{sent} bytes of one line were taken");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_unfolds_is_refused() {
    attacked("bombs", async |target| {
        let mut yaml = "---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            yaml += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(", "));
        }
        yaml += "---\n";
        let (status, text) = target.commit(0, &change("README.md", &yaml)).await;
        assert_eq!(status, 400, "{text}");
        let deep = "[".repeat(1 << 20);
        let json = "Content-Type: application/json\r\n";
        for line in ["POST /api/models/ada/demo/preupload/main", "POST /api/repos/create"] {
            let (status, text) = target.send(1, line, json, deep.as_bytes()).await;
            assert!(matches!(status, 400 | 413), "{line}: {text}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trees_that_are_too_deep_are_refused() {
    attacked("deep trees", async |target| {
        for (from, depth) in [200, 2_000, 100_000].into_iter().enumerate() {
            let (status, text) = target.commit(from, &change(&"a/".repeat(depth), "x")).await;
            assert_eq!(status, 400, "{depth}: {text}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_make_room_for_others() {
    attacked("idle connections", async |target| {
        let mut open = Vec::new();
        // As many as this process may have open; more than there is room for.
        for from in 0..800 {
            open.push(target.connect(from).await);
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_that_nobody_reads_takes_no_memory() {
    attacked("huge ranges", async |target| {
        let mut open = Vec::new();
        for from in 0..100 {
            let range = "Range: bytes=0-18446744073709551615\r\n";
            let head = target.head("GET /ada/demo/resolve/main/large.txt", range);
            open.push(target.begin(from, head.as_bytes()).await);
        }
        for range in ["bytes=18446744073709551615-", "bytes=99999999999999999999999999-", "bytes=-0"] {
            let (status, text) = target
                .send(100, "GET /ada/demo/resolve/main/honest.txt", &format!("Range: {range}\r\n"), b"")
                .await;
            assert_eq!(status, 416, "{range}: {text}");
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_ranges_are_one_file() {
    attacked("many ranges", async |target| {
        let ranges: Vec<String> = (0..5_000).map(|byte| format!("{}-{}", 2 * byte, 2 * byte)).collect();
        let range = format!("Range: bytes={}\r\n", ranges.join(","));
        for from in 0..8 {
            let (status, text) =
                target.send(from, "GET /ada/demo/resolve/main/honest.txt", &range, b"").await;
            assert!(status == 431 || (status == 200 && text.ends_with("honest")), "{text}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_lead_elsewhere_are_refused() {
    attacked("names", async |target| {
        let long = "n".repeat(300);
        let names = [
            "../out",
            "a/../../out",
            "/etc/out",
            ".git/config",
            "a/.GIT/config",
            "a//b",
            "a/./b",
            ".",
            "..",
            "",
            "a\0b",
            "a\nb",
            "a\\b",
            "git~1/config",
            &long,
        ];
        for name in names {
            let (status, text) = target.commit(0, &change(name, "x")).await;
            assert_eq!(status, 400, "{name:?}: {text}");
        }
        for path in
            ["/ada/demo/resolve/main/..%2f..%2f..%2fhub.db", "/ada/../../hub.db", "/%2e%2e/%2e%2e/hub.db"]
        {
            let (status, text) = target.send(1, &format!("GET {path}"), "", b"").await;
            assert!(matches!(status, 400 | 404), "{path}: {text}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grows_with_the_square_is_bounded() {
    attacked("quadratic inputs", async |target| {
        let words: Vec<String> = (0..5_000).map(|word| format!("w{word}")).collect();
        let search = format!("GET /api/models?search={}", words.join("+"));
        let (status, text) = target.send(0, &search, "", b"").await;
        assert!(matches!(status, 400 | 414 | 431), "{text}");
        let tags: String = (0..40_000).map(|tag| format!("- t{tag}\n")).collect();
        let (status, text) =
            target.commit(1, &change("README.md", &format!("---\ntags:\n{tags}---\n"))).await;
        assert!(matches!(status, 200 | 400), "{text}");
        // A pull request that changes every line of a large file, and what it changes.
        let lines: String = (0..200_000).map(|line| format!("{line}\n")).collect();
        let (status, _) = target.commit(2, &change("lines.txt", &lines)).await;
        assert_eq!(status, 200);
        let other: String = (0..200_000).rev().map(|line| format!("{line}\n")).collect();
        let line = "POST /api/models/ada/demo/commit/main?create_pr=1";
        let more = "Content-Type: application/x-ndjson\r\n";
        let (status, text) = target.send(3, line, more, change("lines.txt", &other).as_bytes()).await;
        assert_eq!(status, 200, "{text}");
        for from in 4..12 {
            let (status, text) =
                target.send(from, "GET /api/models/ada/demo/discussions/1?diff=1", "", b"").await;
            assert_eq!(status, 200, "{text}");
        }
        Vec::new()
    })
    .await;
}

#[test]
fn the_folder_of_the_data_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let served = Served::start(&home, |_| ()).unwrap();
    let mode = |path: &str| std::fs::metadata(home.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/hub.db")), (0o700, 0o600));
    served.kill();
    assert!(hub(&home).args(["admin", "fsck", "--data", "data"]).status().unwrap().success());
}
