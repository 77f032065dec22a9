//! A slow way to a server: it takes a while to connect, and each connection carries only so much.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long connecting takes.
const CONNECT: Duration = Duration::from_millis(100);
/// Bytes a second on each connection, each way.
const RATE: f64 = 100e6;

/// Starts the way to `server` (`http://HOST:PORT`) and gives its address. It runs until the program ends.
pub(super) fn start(server: &str) -> Outcome<String> {
    let fail = |error: std::io::Error| format!("cannot listen on this machine: {error}");
    let listener = TcpListener::bind("127.0.0.1:0").map_err(fail)?;
    let url = format!("http://{}", listener.local_addr().map_err(fail)?);
    let server = server.trim_start_matches("http://").to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = server.clone();
            // A connection that ends with an error is the client's to notice.
            thread::spawn(move || drop(carry(client, &server)));
        }
    });
    Ok(url)
}

fn carry(client: TcpStream, server: &str) -> std::io::Result<()> {
    thread::sleep(CONNECT);
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (responses, back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = limited(responses, &back);
        let _ = back.shutdown(std::net::Shutdown::Write);
    });
    let sent = limited(client, &server);
    server.shutdown(std::net::Shutdown::Write)?;
    sent
}

/// Carries bytes no faster than [`RATE`]. What was not used in a pause cannot be caught up.
fn limited(mut from: TcpStream, mut to: &TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    let mut free_at = Instant::now();
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(buffer.get(..count).unwrap_or_default())?;
        let now = Instant::now();
        free_at = free_at.max(now - Duration::from_millis(5)) + Duration::from_secs_f64(count as f64 / RATE);
        thread::sleep(free_at.saturating_duration_since(now));
    }
}
