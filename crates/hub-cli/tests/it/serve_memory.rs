//! What `hub serve` has in memory while many clients ask for large files at once.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use crate::crash::{SEED, Served, client};

const MIB: u64 = 1 << 20;
/// The largest blob that a push may have.
const LARGE: usize = 32 << 20;
/// The most that the server may have in memory, whatever is asked.
const MOST: u64 = 256 * MIB;
/// Clients of each kind.
const CLIENTS: usize = 24;

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut noise: Vec<u8> = (0..length / 8).flat_map(|_| next()).collect();
    noise.truncate(length);
    noise
}

fn git(repo: &Path, arguments: &[&str], input: &[u8]) {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(repo).args(arguments).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "git {arguments:?}");
}

/// Two large files that differ in one byte, on `main`.
fn add_large_files(repo: &Path) {
    let mut content = noise(1, LARGE);
    let mut import = Vec::new();
    for name in ["a.bin", "b.bin"] {
        content[LARGE / 2] ^= 1;
        import.extend(format!("blob\nmark :{}\ndata {LARGE}\n", name.as_bytes()[0]).into_bytes());
        import.extend(&content);
        import.push(b'\n');
    }
    import.extend(b"commit refs/heads/main\ncommitter ada <ada@localhost> 2000000000 +0000\ndata 5\nlarge\nfrom refs/heads/main^0\n");
    import.extend(b"M 100644 :97 a.bin\nM 100644 :98 b.bin\n\n");
    git(repo, &["fast-import", "--quiet", "--force"], &import);
}

/// Sends a request and gives the status line and how many bytes came after the head.
fn ask(url: &str, head: &str) -> (String, u64) {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{head}\r\nhost: {host}\r\nauthorization: Bearer hf_ada_write\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let (mut begin, mut piece) = (Vec::new(), vec![0; 1 << 16]);
    while !begin.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).unwrap() {
            0 => break,
            read => begin.extend_from_slice(&piece[..read]),
        }
    }
    let end = begin.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let mut body = (begin.len() - end) as u64;
    while let Ok(read) = stream.read(&mut piece) {
        if read == 0 {
            break;
        }
        body += read as u64;
    }
    let status = String::from_utf8_lossy(&begin).lines().next().unwrap().to_owned();
    (status, body)
}

#[test]
fn memory_stays_small_when_many_clients_ask_for_large_files_at_once() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let served = Served::start(home.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { client(&served.url).create_repo("ada/demo").await }).unwrap();
    let repo = home.path().join("data/repos/01/1.git");
    add_large_files(&repo);
    let status = format!("/proc/{}/status", served.id());
    let peak = || -> u64 {
        let text = fs::read_to_string(&status).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    };
    for packed in ["whole", "as a difference"] {
        // git keeps what is as large as this whole.
        let threshold = if packed == "whole" { "1m" } else { "1g" };
        let threshold = format!("core.bigFileThreshold={threshold}");
        git(&repo, &["-c", &threshold, "repack", "-adfq"], b"");
        let url = served.url.as_str();
        std::thread::scope(|scope| {
            let mut asked = Vec::new();
            for number in 0..CLIENTS {
                let path = if number % 2 == 0 { "a.bin" } else { "b.bin" };
                let url_path = format!("/ada/demo/resolve/main/{path}");
                let get = format!("GET {url_path} HTTP/1.1");
                let kinds = [
                    (format!("HEAD {url_path} HTTP/1.1"), "200", 0),
                    (format!("{get}\r\nrange: bytes=0-0"), "206", 1),
                    (get, "200", LARGE as u64),
                ];
                for (head, expected, length) in kinds {
                    asked.push((scope.spawn(move || ask(url, &head)), expected, length));
                }
            }
            for (response, expected, length) in asked {
                let (status, body) = response.join().unwrap();
                // Whoever has waited long for memory is told to come again.
                if packed == "whole" || !status.contains("503") {
                    assert!(status.contains(expected), "packed {packed}: {status}");
                    assert_eq!(body, length, "packed {packed}: {status}");
                }
            }
        });
        println!("packed {packed}: {} MiB", peak() / MIB);
        assert!(peak() < MOST, "packed {packed}: {} MiB", peak() / MIB);
    }
    served.kill();
}
