//! What the errors of the network say about the request: see `Delivery`.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::Error as ClientError;

use crate::{BoxError, Delivery, ErrorKind, Failure};

/// What the reader can do when no server was reached.
pub(super) const CHECK_NETWORK: &str = "check the network and the endpoint";

/// The cause of type `T` in a chain.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // `io::Error` hides an inner error of another type behind `get_ref`.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// "Connection closed" proves nothing: the same error comes back whether the server read none or all of the request. Only a
/// connection that was never made, and a stream that the server refused by name, were not sent.
pub(super) fn of_client(error: ClientError) -> BoxError {
    if let Some(failure) = find::<Failure>(&error) {
        let known = Failure::maybe_processed(failure.kind(), failure.to_string());
        let known = match failure.delivery() {
            Delivery::NotSent => Failure::not_sent(failure.kind(), failure.to_string()),
            _ => known,
        };
        let known = failure.hint_message().cloned().into_iter().fold(known, Failure::with_hint);
        let known = if failure.is_permanent() { known.permanent() } else { known };
        return known.with_source(error).into();
    }
    if find::<SpeaksTls>(&error).is_some() {
        return Failure::not_sent(
            ErrorKind::Protocol,
            "the server speaks https on this port, and http was spoken to it",
        )
        .with_source(error)
        .with_hint("write https:// in the URL")
        .permanent()
        .into();
    }
    if error.is_connect() {
        return Failure::not_sent(ErrorKind::Connect, "no connection").with_source(error).into();
    }
    // RFC 9113, sections 6.8 and 8.7: the server did nothing for a stream that it refuses, and for those above the last one that
    // its GOAWAY names. To a stream up to that one h2 reports the end of the connection instead.
    let refusal = find::<h2::Error>(&error).filter(|error| error.is_remote()).and_then(|error| {
        if error.is_go_away() {
            Some("the server closes the connection and did not look at the request")
        } else if error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM) {
            Some("the server refused the stream")
        } else {
            None
        }
    });
    if let Some(message) = refusal {
        return Failure::not_sent(ErrorKind::Interrupted, message).with_source(error).into();
    }
    let (kind, message) = match find::<hyper::Error>(&error) {
        Some(inner) if inner.is_parse() => {
            (ErrorKind::Protocol, "what came back is not a complete HTTP response")
        }
        Some(inner) if inner.is_timeout() => (ErrorKind::Timeout, "the connection timed out"),
        _ => (ErrorKind::Interrupted, "the connection ended before a response came"),
    };
    Failure::maybe_processed(kind, message).with_source(error).into()
}

pub(super) fn of_dial(host: &str, port: u16, error: io::Error) -> Failure {
    let refused = find_kind(&error, io::ErrorKind::ConnectionRefused);
    let timed_out = find_kind(&error, io::ErrorKind::TimedOut);
    // The error type of hyper-util's connector is private: only its text tells a failed resolution apart.
    let unknown = error.get_ref().is_some_and(|inner| inner.to_string() == "dns error");
    let (kind, message) = if unknown {
        (ErrorKind::Connect, format!("the host {host} is not known"))
    } else if refused {
        (ErrorKind::Connect, format!("{host}:{port} refused the connection"))
    } else if timed_out {
        (ErrorKind::Timeout, format!("{host}:{port} did not answer in time"))
    } else {
        (ErrorKind::Connect, format!("no connection to {host}:{port}"))
    };
    let hint = if refused { "check that the server runs and that the port is right" } else { CHECK_NETWORK };
    Failure::not_sent(kind, message).with_source(error).with_hint(hint)
}

fn find_kind(error: &io::Error, kind: io::ErrorKind) -> bool {
    if error.kind() == kind {
        return true;
    }
    let mut next = error.get_ref().map(|inner| inner as &(dyn StdError + 'static));
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|inner| find_kind(inner, kind)) {
            return true;
        }
        next = error.source();
    }
    false
}

/// No connection to a proxy: its own URL is not what the caller asked for, so that it is called a proxy.
pub(super) fn of_dial_to_proxy(host: &str, port: u16, error: io::Error) -> Failure {
    let failure = of_dial(host, port, error);
    let message = format!("the proxy cannot be used: {failure}");
    let failure = Failure::not_sent(ErrorKind::Proxy, message).with_source(failure);
    failure
        .with_hint("check the proxy settings (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), and that the proxy runs")
}

/// The proxy wants a user and password, or other ones than those in its URL. It forwarded nothing.
pub(super) fn of_proxy_login(given: bool) -> Failure {
    let (message, hint) = if given {
        (
            "the proxy does not accept the user and password of its URL (407)",
            "check user and password in the proxy URL",
        )
    } else {
        ("the proxy asks for authentication (407)", "put user and password into the proxy URL")
    };
    Failure::not_sent(ErrorKind::ProxyAuth, message).with_hint(hint).permanent()
}

/// The error type of the tunnel is private: only its text tells the reasons apart.
pub(super) fn of_tunnel(given: bool, error: impl StdError + Send + Sync + 'static) -> Failure {
    if error.to_string().contains("authorization required") {
        return of_proxy_login(given).with_source(error);
    }
    Failure::not_sent(ErrorKind::Proxy, "the proxy did not open a tunnel").with_source(error)
}

/// The error of the SOCKS layer is told apart by its text for the same reason.
pub(super) fn of_socks(given: bool, error: impl StdError) -> Failure {
    let text = error.to_string();
    if text.contains("credentials not accepted") {
        return Failure::not_sent(
            ErrorKind::ProxyAuth,
            "the SOCKS proxy does not accept the user and password of its URL",
        )
        .with_source(text)
        .with_hint("check user and password in the proxy URL")
        .permanent();
    }
    if text.contains("authentication") {
        let (message, hint) = if given {
            ("the SOCKS proxy takes no user and password", "remove them from the proxy URL")
        } else {
            ("the SOCKS proxy asks for authentication", "put user and password into the proxy URL")
        };
        return Failure::not_sent(ErrorKind::ProxyAuth, message)
            .with_source(text)
            .with_hint(hint)
            .permanent();
    }
    Failure::not_sent(ErrorKind::Proxy, "the SOCKS proxy did not connect").with_source(text)
}

/// A server that was spoken to in plain http and began to answer in TLS. It has understood nothing of the request.
#[derive(Debug)]
pub(super) struct SpeaksTls;

impl std::fmt::Display for SpeaksTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the server speaks TLS")
    }
}

impl StdError for SpeaksTls {}
