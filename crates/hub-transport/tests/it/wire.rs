//! A TCP server that plays a script byte by byte: what no well-behaved server would do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One step of a connection.
#[derive(Debug, Clone)]
pub enum Act {
    /// Reads up to the end of a request head.
    Head,
    /// Reads a whole request: head and `Content-Length` bytes of body.
    Request,
    /// Reads exactly this many bytes.
    Read(usize),
    Write(Vec<u8>),
    /// Writes one byte each time.
    Drip(Vec<u8>, Duration),
    /// Ends the connection with a FIN.
    Fin,
    /// Ends the connection with a RST.
    Reset,
    /// Ends the sending side, then reads what still comes for a while.
    Linger,
    /// Writes this again and again, for as long as somebody reads.
    Flood(Vec<u8>),
    /// Does nothing any more, and keeps the connection.
    Stall,
}

pub fn write(text: impl Into<String>) -> Act {
    Act::Write(text.into().into_bytes())
}

/// A whole response that keeps the connection.
pub fn response(status: &str, headers: &str, body: &str) -> Act {
    write(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()))
}

pub fn ok() -> Vec<Act> {
    vec![Act::Request, response("200 OK", "", "fine")]
}

pub struct Server {
    address: SocketAddr,
    /// What each connection received.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Each connection plays the next script; further connections are closed at once, but counted.
    pub async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let index = {
                    let mut log = log.lock().unwrap();
                    log.push(Vec::new());
                    log.len() - 1
                };
                let script = scripts.next().unwrap_or_default();
                tokio::spawn(play(stream, script, Arc::clone(&log), index));
            }
        });
        Self { address, seen, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What each connection received, as text.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// How many requests began, over all connections.
    pub fn requests(&self) -> usize {
        self.seen().iter().map(|text| text.matches(" HTTP/1.1\r\n").count()).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(mut stream: TcpStream, script: Vec<Act>, log: Arc<Mutex<Vec<Vec<u8>>>>, index: usize) {
    let note = |bytes: &[u8]| log.lock().unwrap()[index].extend_from_slice(bytes);
    for act in script {
        match act {
            Act::Head => {
                head(&mut stream, &note).await;
            }
            Act::Request => {
                let text = head(&mut stream, &note).await;
                let length = text
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                    .unwrap_or(0);
                exactly(&mut stream, length, &note).await;
            }
            Act::Read(count) => exactly(&mut stream, count, &note).await,
            Act::Write(bytes) => {
                // The client may be gone already; that is its right.
                let _ = stream.write_all(&bytes).await;
            }
            Act::Drip(bytes, pause) => {
                for byte in bytes {
                    tokio::time::sleep(pause).await;
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                }
            }
            Act::Fin => {
                let _ = stream.shutdown().await;
                return;
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Linger => {
                let _ = stream.shutdown().await;
                let mut rest = Vec::new();
                let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
                return;
            }
            Act::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Act::Stall => std::future::pending().await,
        }
    }
    // A script that ends leaves the connection open until the client closes it.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    note(&rest);
}

async fn head(stream: &mut TcpStream, note: &impl Fn(&[u8])) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => text.push(byte),
            Err(_) => break,
        }
    }
    note(&text);
    String::from_utf8_lossy(&text).to_ascii_lowercase()
}

async fn exactly(stream: &mut TcpStream, count: usize, note: &impl Fn(&[u8])) {
    let mut bytes = vec![0; count];
    if stream.read_exact(&mut bytes).await.is_ok() {
        note(&bytes);
    }
}
