//! The hub on a port.

use std::net::SocketAddr;

use hub_server::{EmbeddedHub, Fault, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::{ADA, builder, commit, file_line, hub, tip};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn serve(hub: EmbeddedHub) -> Running {
    let server = Server::bind(hub, "127.0.0.1:0").await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let address = server.local_addr();
    let done = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    Running { address, stop, done }
}

/// Sends `request` and reads until the server closes the connection.
async fn send(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    // A reset after the bytes that count is as good as an end.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

fn request(method: &str, path: &str, host: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_head_of_a_file_has_its_length_and_no_body() {
    let running = serve(hub()).await;
    let host = running.address.to_string();
    let path = "/ada/demo/resolve/main/.gitattributes";
    let full = send(running.address, &request("GET", path, &host)).await;
    let length = full.split_once("\r\n\r\n").unwrap().1.len();
    let response = send(running.address, &request("HEAD", path, &host)).await;
    let (headers, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(headers.to_lowercase().contains(&format!("content-length: {length}")), "{headers}");
    assert!(length > 100 && body.is_empty());
}

#[tokio::test]
async fn those_who_run_it_ask_whether_it_lives_can_work_and_how_much_it_does() {
    let running = serve(hub()).await;
    let host = running.address.to_string();
    let ask = |method, path| send_owned(running.address, request(method, path, &host));
    for path in ["/healthz", "/readyz"] {
        let response = ask("GET", path).await;
        assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("ok\n"), "{response}");
    }
    assert!(ask("POST", "/healthz").await.starts_with("HTTP/1.1 405 "));
    ask("GET", "/api/models/ada/demo").await;
    let metrics = ask("GET", "/metrics").await;
    assert!(metrics.contains("application/openmetrics-text") && metrics.ends_with("# EOF\n"), "{metrics}");
    assert!(metrics.contains("hub_requests_total{method=\"GET\",status=\"200\"} 3"), "{metrics}");
    let forwarded = format!(
        "GET /metrics HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n\r\n"
    );
    assert!(
        send(running.address, forwarded.as_bytes()).await.starts_with("HTTP/1.1 403 "),
        "not through a proxy"
    );
}

async fn send_owned(address: SocketAddr, request: Vec<u8>) -> String {
    send(address, &request).await
}

#[tokio::test]
async fn on_loopback_only_loopback_hosts_are_answered() {
    let running = serve(hub()).await;
    let port = running.address.port();
    let cases = [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        (format!("evil.example:{port}"), 421),
        ("127.0.0.1.evil.example".to_owned(), 421),
        (String::new(), 421),
    ];
    for (host, status) in cases {
        let response = send(running.address, &request("GET", "/api/models/ada/demo", &host)).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {response}");
    }
    let absolute = format!(
        "GET http://evil.example/api/models/ada/demo HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    assert!(send(running.address, absolute.as_bytes()).await.starts_with("HTTP/1.1 421 "));
}

#[tokio::test]
async fn the_public_host_is_answered_too() {
    let running = serve(builder().public_url("https://hub.example").build().unwrap()).await;
    let response = send(running.address, &request("GET", "/api/models/ada/demo", "hub.example")).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}

#[tokio::test]
async fn addresses_in_responses_lead_back_to_the_port() {
    let running = serve(hub()).await;
    let host = running.address.to_string();
    let body = r#"{"name":"new"}"#;
    let request = format!(
        "POST /api/repos/create HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.example\r\nAuthorization: Bearer {ADA}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let response = send(running.address, request.as_bytes()).await;
    assert!(response.contains(&format!(r#""url":"http://{host}/ada/new""#)), "{response}");
}

#[tokio::test]
async fn a_chunked_commit_without_a_length_is_taken() {
    let hub = hub();
    let running = serve(hub.clone()).await;
    let host = running.address.to_string();
    let mut request = format!(
        "POST /api/models/ada/demo/commit/main HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ADA}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    for line in [crate::support::header_line("x"), file_line("a.txt", "a")] {
        let line = format!("{line}\n");
        request.push_str(&format!("{:x}\r\n{line}\r\n", line.len()));
    }
    request.push_str("0\r\n\r\n");
    let response = send(running.address, request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(response.contains(&tip(&hub, "ada/demo").await));
}

#[tokio::test]
async fn a_refusal_reaches_a_caller_that_is_still_sending() {
    let running = serve(hub()).await;
    let host = running.address.to_string();
    let body = "x".repeat(8 << 20);
    let request = format!(
        "POST /api/models/ada/demo/commit/main HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer hf_wrong\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let response = send(running.address, request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
    let elsewhere = request.replacen(&host, "evil.example", 1);
    let response = send(running.address, elsewhere.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 421 "), "{response}");
}

#[tokio::test]
async fn a_lost_response_closes_the_connection_after_the_commit() {
    let hub = hub();
    let before = tip(&hub, "ada/demo").await;
    hub.fault(Fault::lose_response().path("/commit/"));
    let running = serve(hub.clone()).await;
    let host = running.address.to_string();
    let body = crate::support::ndjson(&[crate::support::header_line("x"), file_line("a.txt", "a")]);
    let request = format!(
        "POST /api/models/ada/demo/commit/main HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ADA}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(send(running.address, request.as_bytes()).await, "");
    assert_ne!(tip(&hub, "ada/demo").await, before);
}

#[tokio::test]
async fn a_reset_and_a_truncated_response_both_close_the_connection_early() {
    let hub = hub();
    hub.fault(Fault::reset_after(20).path("/resolve/"));
    hub.fault(Fault::truncate_after(20).path("/resolve/"));
    let running = serve(hub).await;
    let host = running.address.to_string();
    let path = "/ada/demo/resolve/main/.gitattributes";
    for _ in 0..2 {
        let response = send(running.address, &request("GET", path, &host)).await;
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{response}");
        assert_eq!(body.len(), 20, "{response}");
    }
    let whole = send(running.address, &request("GET", path, &host)).await;
    assert!(whole.split_once("\r\n\r\n").unwrap().1.len() > 20, "{whole}");
}

#[tokio::test]
async fn heads_with_too_many_headers_are_refused() {
    let running = serve(hub()).await;
    let many: String = (0..120).map(|n| format!("X-{n}: 1\r\n")).collect();
    let large = format!("X-Large: {}\r\n", "x".repeat(80 << 10));
    for headers in [many, large] {
        let start =
            format!("GET /api/models/ada/demo HTTP/1.1\r\nHost: {}\r\nConnection: close", running.address);
        let response = send(running.address, format!("{start}\r\n{headers}\r\n").as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 431 "), "{} bytes of headers: {response}", headers.len());
    }
}

#[tokio::test]
async fn http_2_is_spoken_without_tls() {
    let running = serve(hub()).await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    for (host, status) in [(running.address.to_string(), 200), ("evil.example".to_owned(), 421)] {
        let request = http::Request::get(format!("http://{host}/api/models/ada/demo"))
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), status, "{host}");
    }
    drop(sender);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_runs_ends_before_the_server_does() {
    let hub = hub();
    let (fault, held) = Fault::hold();
    hub.fault(fault.path("/commit/"));
    let running = serve(hub.clone()).await;
    let host = running.address.to_string();
    let body = crate::support::ndjson(&[crate::support::header_line("x"), file_line("a.txt", "a")]);
    let request = format!(
        "POST /api/models/ada/demo/commit/main HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ADA}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = running.address;
    let client = tokio::spawn(async move { send(address, request.as_bytes()).await });
    held.reached().await;
    running.stop.send(()).unwrap();
    held.release();
    assert!(client.await.unwrap().starts_with("HTTP/1.1 200 "));
    running.done.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the port is free again");
    assert_eq!(commit("ada/demo", &[]).token(ADA).send(&hub).await.status, 200, "the hub itself goes on");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let running = serve(hub()).await;
    let error = Server::bind(hub(), running.address).await.unwrap_err();
    assert!(error.to_string().contains(&running.address.to_string()), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_no_request_is_closed() {
    let running = serve(hub()).await;
    for start in ["", "PRI * HT", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow"] {
        let started = tokio::time::Instant::now();
        let response = send(running.address, start.as_bytes()).await;
        assert_eq!(response, "", "after {start:?}");
        let kept = started.elapsed().as_secs();
        assert!((10..=25).contains(&kept), "{start:?} was kept for {kept} s");
    }
}

/// Reads the head of a response and its body, which has a length.
async fn response(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        stream.read_buf(&mut text).await.unwrap();
        let said = String::from_utf8_lossy(&text).to_lowercase();
        let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            return String::from_utf8(text).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_for_a_minute_between_requests_and_ten_seconds_in_the_head_of_one() {
    use std::time::Duration;
    let running = serve(hub()).await;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", running.address);
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    for pause in [0, 30, 55] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(response(&mut stream).await.starts_with("HTTP/1.1 200 "), "after {pause} s");
    }
    let end = async |stream: &mut TcpStream| {
        let started = tokio::time::Instant::now();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        started.elapsed().as_secs()
    };
    let kept = end(&mut stream).await;
    assert!((59..=62).contains(&kept), "idle for {kept} s");

    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    response(&mut stream).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow").await.unwrap();
    let kept = end(&mut stream).await;
    assert!((9..=12).contains(&kept), "a slow head for {kept} s");
}

#[tokio::test]
async fn a_header_that_decides_is_there_once() {
    let running = serve(hub()).await;
    let host = running.address.to_string();
    let cases = [
        (format!("Host: {host}\r\nHost: evil.example\r\n"), 400),
        (format!("Host: evil.example\r\nHost: {host}\r\n"), 400),
        (format!("Host: {host}\r\nHost: {host}\r\n"), 400),
        (String::new(), 400),
        (format!("Host: {host}\r\nAuthorization: Bearer {ADA}\r\nAuthorization: Bearer hf_x\r\n"), 400),
        (format!("Host: {host}\r\nAuthorization: Bearer {ADA}\r\n"), 200),
    ];
    for (headers, status) in cases {
        let request = format!("GET /api/whoami-v2 HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        let response = send(running.address, request.as_bytes()).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {response}");
    }
}
