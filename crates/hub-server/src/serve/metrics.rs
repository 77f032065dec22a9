//! What a monitoring system is told: counts and times, in the OpenMetrics format.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::limits::activity::Connections;

/// Media type of the text.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper ends of the times that are told apart, in seconds.
const TIMES: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    times: Histogram,
    broken: Counter,
    open: Connections,
    connections: Gauge,
    working: Gauge,
    git_programs: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    status: u16,
}

impl Metrics {
    pub(super) fn new(open: Connections) -> Self {
        let mut registry = Registry::with_prefix("hub");
        let metrics = Self {
            requests: Family::default(),
            times: Histogram::new(TIMES),
            broken: Counter::default(),
            open,
            connections: Gauge::default(),
            working: Gauge::default(),
            git_programs: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests, by method and status", metrics.requests.clone());
        let times = "Time from a request to the head of its response";
        registry.register_with_unit("request", times, Unit::Seconds, metrics.times.clone());
        let broken = "Responses that broke off inside the hub, because what is stored cannot be read";
        registry.register("broken_responses", broken, metrics.broken.clone());
        registry.register("connections", "Connections that are open", metrics.connections.clone());
        registry.register("working", "Requests that are worked on", metrics.working.clone());
        registry.register("git_programs", "Git programs that run", metrics.git_programs.clone());
        let start: Gauge = Gauge::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        registry.register_with_unit("start_time", "When the server began", Unit::Seconds, start);
        Self { registry, ..metrics }
    }

    pub(super) fn answered(&self, method: &Method, status: StatusCode, time: Duration) {
        // Others would be names that a caller chooses.
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        self.requests.get_or_create(&Request { method, status: status.as_u16() }).inc();
        self.times.observe(time.as_secs_f64());
    }

    pub(super) fn broke_off(&self) {
        self.broken.inc();
    }

    /// Everything, with what is counted elsewhere: requests that are worked on, and git programs.
    pub(super) fn text(&self, (working, git_programs): (usize, usize)) -> String {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.connections.set(count(self.open.count()));
        self.working.set(count(working));
        self.git_programs.set(count(git_programs));
        let mut text = String::new();
        match text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a text does not fail.
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_is_counted() {
        let metrics = Metrics::new(Connections::new(1, 1));
        metrics.answered(&Method::GET, StatusCode::OK, Duration::from_millis(3));
        metrics.answered(&Method::GET, StatusCode::OK, Duration::from_secs(90));
        metrics.answered(&Method::from_bytes(b"EVIL").unwrap(), StatusCode::NOT_FOUND, Duration::ZERO);
        metrics.broke_off();
        let text = metrics.text((7, 2));
        for line in [
            "hub_requests_total{method=\"GET\",status=\"200\"} 2",
            "hub_requests_total{method=\"other\",status=\"404\"} 1",
            "hub_request_seconds_bucket{le=\"0.005\"} 2",
            "hub_request_seconds_count 3",
            "hub_broken_responses_total 1",
            "hub_working 7",
            "hub_git_programs 2",
        ] {
            assert!(text.lines().any(|it| it == line), "no {line} in {text}");
        }
        assert!(text.ends_with("# EOF\n") && !text.contains("EVIL"));
    }
}
