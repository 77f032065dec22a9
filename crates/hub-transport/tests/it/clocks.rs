//! A wrong or jumping clock of this machine changes nothing (F62). Time is paused.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use hub_transport::testing::{Script, Step, reply};
use hub_transport::{Clock, ErrorKind, RetryConfig, TokioClock, Transport};
use tokio::time::Instant;

use crate::support::{Ask, Fixed, HUB};

const DAY: i64 = 24 * 3600;

/// A clock whose time of day is wrong by the next of these numbers of seconds each time that somebody looks.
#[derive(Debug)]
struct Wrong(&'static [i64], AtomicUsize);

impl Clock for Wrong {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall(&self) -> SystemTime {
        let off = self.0[self.1.fetch_add(1, Ordering::SeqCst) % self.0.len()];
        let by = Duration::from_secs(off.unsigned_abs());
        if off < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        TokioClock.sleep(duration)
    }
}

#[tokio::test(start_paused = true)]
async fn f62_a_wrong_clock_has_no_effect_on_waits_and_deadlines() {
    let date = ("date", "Fri, 01 Jan 2021 00:00:00 GMT");
    let wait =
        |status| reply(status).header(date.0, date.1).header("retry-after", "Fri, 01 Jan 2021 00:00:20 GMT");
    for off in [&[0][..], &[-DAY], &[DAY], &[DAY, 0, -DAY], &[0, -3600, -7200]] {
        let hub = |script: &Script, retry| {
            let clock = Arc::new(Wrong(off, AtomicUsize::new(0)));
            let builder =
                Transport::builder(HUB).inner_service(script.clone()).clock(clock).rng(Arc::new(Fixed(0)));
            builder.retry(retry).build().unwrap()
        };
        let script = Script::new([wait(503), reply(503), wait(429), reply(200)]);
        let started = Instant::now();
        hub(&script, RetryConfig::default()).send(&Ask::get("/x")).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 42, "{off:?}");

        let script = Script::always(Step::pending());
        let started = Instant::now();
        let error = hub(&script, RetryConfig::none()).send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Timeout, 60), "{off:?}");

        let script = Script::always(wait(503));
        let started = Instant::now();
        hub(&script, RetryConfig::new().max_attempts(50)).send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!(started.elapsed().as_secs(), 8 * 21, "the deadline of 180 s, {off:?}");
    }
}
