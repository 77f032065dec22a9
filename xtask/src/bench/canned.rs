//! A server that answers from memory, so that clients are what is measured.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::Outcome;

/// Models in a listing, and how many of them stand on a page: as many as the Hub gives.
pub(super) const MODELS: usize = 200_000;
const PAGE: usize = 1_000;

/// The server. It runs until the program ends.
pub(super) struct Canned {
    /// Its address: `http://127.0.0.1:PORT`.
    pub(super) url: String,
    delay: Arc<AtomicU64>,
}

struct Responses {
    url: String,
    short: Vec<String>,
    full: Vec<String>,
    info: String,
}

impl Canned {
    pub(super) fn start() -> Outcome<Self> {
        let fail = |error: std::io::Error| format!("cannot listen on this machine: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(fail)?;
        let url = format!("http://{}", listener.local_addr().map_err(fail)?);
        let pages = |full| (0..MODELS / PAGE).map(|page| items(page, full)).collect();
        let responses = Arc::new(Responses {
            url: url.clone(),
            short: pages(false),
            full: pages(true),
            info: item(1, true),
        });
        let delay = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&delay);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (responses, delay) = (Arc::clone(&responses), Arc::clone(&shared));
                // A client that goes away ends its connection with an error, and nothing else.
                thread::spawn(move || drop(serve(stream, &responses, &delay)));
            }
        });
        Ok(Self { url, delay })
    }

    /// Adds a wait to every response from now on.
    pub(super) fn set_delay(&self, delay: Duration) {
        self.delay.store(delay.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn serve(stream: TcpStream, responses: &Responses, delay: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while line != "\r\n" {
            line.clear();
            requests.read_line(&mut line)?;
        }
        let delay = delay.load(Ordering::Relaxed);
        if delay > 0 {
            thread::sleep(Duration::from_millis(delay));
        }
        if !target.starts_with("/api/models") {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        }
        let (link, body) = responses.to(&target);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{link}content-length: {}\r\n\r\n",
            body.len()
        );
        if body.len() < 16 * 1024 {
            stream.write_all((head + body).as_bytes())?;
        } else {
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())?;
        }
    }
}

impl Responses {
    /// The `Link` header, if there is one, and the body.
    fn to(&self, target: &str) -> (String, &str) {
        if target.starts_with("/api/models/") {
            return (String::new(), &self.info);
        }
        let full = target.contains("full=");
        let page: usize = target
            .split_once("cursor=")
            .and_then(|(_, rest)| rest.split('&').next()?.parse().ok())
            .unwrap_or_default();
        let pages = if full { &self.full } else { &self.short };
        let body = pages.get(page).map_or("[]", String::as_str);
        if page + 1 >= pages.len() {
            return (String::new(), body);
        }
        let full = if full { "&full=true" } else { "" };
        (format!("link: <{}/api/models?cursor={}{full}>; rel=\"next\"\r\n", self.url, page + 1), body)
    }
}

fn items(page: usize, full: bool) -> String {
    let items: Vec<String> = (0..PAGE).map(|index| item(page * PAGE + index, full)).collect();
    format!("[{}]", items.join(","))
}

/// A model as listings have it; `full` with what the option of that name adds.
fn item(number: usize, full: bool) -> String {
    let mut text = format!(
        r#"{{"_id":"{number:024x}","id":"ada/model-{number:06}","likes":{},"trendingScore":0,"private":false,"downloads":{},"tags":["transformers","pytorch","safetensors","bert","text-classification","en","dataset:glue","license:apache-2.0","region:us"],"pipeline_tag":"text-classification","library_name":"transformers","createdAt":"2024-05-06T07:08:09.000Z","modelId":"ada/model-{number:06}""#,
        number % 97,
        number * 13,
    );
    if full {
        let _ = write!(
            text,
            r#","author":"ada","sha":"{number:040x}","lastModified":"2024-06-07T08:09:10.000Z","gated":false,"disabled":false,"siblings":["#
        );
        for (index, name) in FILES.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(text, r#"{comma}{{"rfilename":"{name}"}}"#);
        }
        text.push(']');
    }
    text.push('}');
    text
}

const FILES: [&str; 12] = [
    ".gitattributes",
    "README.md",
    "config.json",
    "generation_config.json",
    "merges.txt",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
];
