//! Progress that cannot harm the job: a callback that panics is not called again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hub_types::progress::{Event, Phase, Progress};

/// Tells the caller's [`Progress`] what happens.
#[derive(Clone, Default)]
pub(crate) struct Reporter {
    sink: Option<Arc<dyn Progress>>,
    broken: Arc<AtomicBool>,
}

impl Reporter {
    pub(crate) fn new(sink: Option<Arc<dyn Progress>>) -> Self {
        Self { sink, broken: Arc::default() }
    }

    pub(crate) fn event(&self, event: &Event<'_>) {
        let Some(sink) = &self.sink else { return };
        if self.broken.load(Ordering::SeqCst) {
            return;
        }
        if catch_unwind(AssertUnwindSafe(|| sink.event(event))).is_err() {
            self.broken.store(true, Ordering::SeqCst);
            tracing::warn!("the progress callback panicked; it is not called again");
        }
    }

    pub(crate) fn file(&self, phase: Phase, path: &str, position: u64, total: u64) {
        if self.sink.is_some() {
            self.event(&Event::File { phase, path, position, total });
        }
    }

    pub(crate) fn phase(&self, phase: Phase) {
        self.event(&Event::Phase(phase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_callback_that_panics_is_called_once() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let sink = move |_: &Event<'_>| {
            counter.fetch_add(1, Ordering::SeqCst);
            panic!("a mistake of the caller");
        };
        let reporter = Reporter::new(Some(Arc::new(sink)));
        reporter.phase(Phase::Hashing);
        reporter.file(Phase::Hashing, "a", 1, 2);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
