//! Many connections that want nothing, or too much, and somebody honest among them.
#![cfg(target_os = "linux")] // Every address of 127.0.0.0/8 is this machine there.

use std::{net::SocketAddr, time::Duration};

use hub_server::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{ADA, hub};

const PATIENCE: Duration = Duration::from_secs(20);

async fn serve() -> SocketAddr {
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    tokio::spawn(server.run(std::future::pending()));
    address
}

/// A connection from one of many addresses of this machine.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
    socket.connect(to).await.unwrap()
}

/// What an honest caller sees: the status of a request that works with the disk.
async fn status_for_the_honest(to: SocketAddr) -> String {
    let work = async {
        let mut stream = connect(1, to).await;
        let request = format!("GET /api/models/ada/demo HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| "none".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_do_not_come_keep_nobody_from_work() {
    let to = serve().await;
    let mut open = Vec::new();
    // More than there is room for, and from none more than its share.
    for number in 0..600_u16 {
        let mut stream = connect(u8::try_from(number % 8).unwrap() + 2, to).await;
        let head = format!(
            "POST /api/models/ada/demo/commit/main HTTP/1.1\r\nHost: {to}\r\nAuthorization: Bearer {ADA}\r\nContent-Type: \
             application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{{"
        );
        // The last ones find no room.
        let _ = stream.write_all(head.as_bytes()).await;
        open.push(stream);
    }
    assert_eq!(status_for_the_honest(to).await, "200");
    drop(open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_make_room_for_others() {
    let to = serve().await;
    let mut open = Vec::new();
    for number in 0..600_u16 {
        let mut stream = connect(u8::try_from(number % 5).unwrap() + 2, to).await;
        // The beginning of HTTP/2, and nothing after it.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        open.push(stream);
    }
    assert_eq!(status_for_the_honest(to).await, "200");
    drop(open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_its_share_and_no_more() {
    let to = serve().await;
    let mut open = Vec::new();
    for _ in 0..128 {
        open.push(connect(2, to).await);
    }
    // The server takes connections in their order, so that this one is the last.
    let mut one_more = connect(2, to).await;
    let end = tokio::time::timeout(PATIENCE, one_more.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    assert_eq!(status_for_the_honest(to).await, "200");
    drop(open);
}
