//! Request bodies that are read while they are sent.
//!
//! What the system has in memory is read by the connection itself, for to wake a thread and to be woken costs more than to read
//! it. For anything else a thread waits, one piece ahead.

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use hub_transport::Body;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::CommitError;
use crate::blocking::joined;
use crate::body::encoded::{Exact, Fault};

/// Content that comes in pieces.
pub(crate) trait Pieces: Send + 'static {
    /// The next piece, never an empty one. Without `wait`, `None` where it cannot be had at once; what was read of it is kept.
    fn next(&mut self, wait: bool) -> Result<Option<Bytes>, CommitError>;
}

/// A body of `len` bytes, which `open` makes readable anew for each time it is sent, on a thread that may wait. The last piece
/// follows when nothing of the job is held any more. Made inside a runtime, it may be read anywhere.
pub(crate) fn body<P: Pieces>(
    len: u64,
    fault: &Fault,
    open: impl Fn() -> Result<P, CommitError> + Clone + Send + Sync + 'static,
) -> Body {
    let (fault, runtime) = (fault.clone(), Handle::current());
    Body::replay(Some(len), move || {
        let (open, fault, runtime) = (open.clone(), fault.clone(), runtime.clone());
        let first = Source::Waiting(runtime.spawn_blocking(move || open().and_then(wait)));
        let pieces =
            stream::try_unfold((first, len), move |(source, left)| read(source, left, runtime.clone()));
        Exact::new(len, Box::pin(pieces.map_err(move |error| fault.leave(error))))
    })
}

/// Where the next piece comes from.
enum Source<P> {
    Here(P),
    Waiting(JoinHandle<Result<Piece<P>, CommitError>>),
    Ended,
}

/// A piece, and what has those behind it.
struct Piece<P> {
    bytes: Bytes,
    pieces: P,
    /// Whether it was not to be had at once.
    late: bool,
}

fn wait<P: Pieces>(mut pieces: P) -> Result<Piece<P>, CommitError> {
    let (bytes, late) = match pieces.next(false)? {
        Some(bytes) => (bytes, false),
        None => (pieces.next(true)?.unwrap_or_default(), true),
    };
    Ok(Piece { bytes, pieces, late })
}

/// The next piece of the `left` bytes that are to come, what comes then, and how much.
async fn read<P: Pieces>(
    source: Source<P>,
    left: u64,
    runtime: Handle,
) -> Result<Option<(Bytes, (Source<P>, u64))>, CommitError> {
    let Piece { bytes, pieces, late } = match source {
        Source::Here(mut pieces) => match pieces.next(false)? {
            Some(bytes) => Piece { bytes, pieces, late: false },
            None => joined(runtime.spawn_blocking(move || wait(pieces)).await)?,
        },
        Source::Waiting(thread) => joined(thread.await)?,
        Source::Ended => return Ok(None),
    };
    let left = left.saturating_sub(bytes.len() as u64);
    let next = match late {
        _ if left == 0 => Source::Ended,
        true => Source::Waiting(runtime.spawn_blocking(move || wait(pieces))),
        false => Source::Here(pieces),
    };
    Ok(Some((bytes, (next, left))))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};
    use std::thread::ThreadId;

    use http_body_util::BodyExt;

    use super::*;

    /// Pieces, of which those with `true` have to be waited for, and the threads that read them.
    #[derive(Clone)]
    struct Script {
        pieces: VecDeque<(bool, &'static str)>,
        readers: std::sync::mpsc::Sender<ThreadId>,
        _held: Arc<()>,
    }

    impl Pieces for Script {
        fn next(&mut self, wait: bool) -> Result<Option<Bytes>, CommitError> {
            match self.pieces.front() {
                Some((true, _)) if !wait => Ok(None),
                Some((_, "changed")) => Err(CommitError::SourceChanged { path: "a".into() }),
                Some((_, piece)) => {
                    self.readers.send(std::thread::current().id()).unwrap();
                    let piece = Bytes::from_static(piece.as_bytes());
                    self.pieces.pop_front();
                    Ok(Some(piece))
                }
                None => panic!("nothing is left"),
            }
        }
    }

    struct Scripted {
        body: Body,
        fault: Fault,
        readers: std::sync::mpsc::Receiver<ThreadId>,
        held: std::sync::Weak<()>,
    }

    fn scripted(len: u64, pieces: impl IntoIterator<Item = (bool, &'static str)>) -> Scripted {
        let (readers, seen) = std::sync::mpsc::channel();
        let held = Arc::new(());
        let (fault, weak) = (Fault::default(), Arc::downgrade(&held));
        let script = Script { pieces: pieces.into_iter().collect(), readers, _held: held };
        // A mutex, because a sender of news is not for several threads.
        let script = Arc::new(std::sync::Mutex::new(script));
        let body = body(len, &fault, move || Ok(script.lock().unwrap().clone()));
        Scripted { body, fault, readers: seen, held: weak }
    }

    #[tokio::test]
    async fn only_what_has_to_be_waited_for_is_read_on_another_thread() {
        let script =
            scripted(6, [(false, "a"), (false, "b"), (true, "c"), (true, "d"), (false, "e"), (false, "f")]);
        assert_eq!(script.body.collect().await.unwrap().to_bytes(), "abcdef");
        let here = std::thread::current().id();
        let readers: Vec<bool> = script.readers.try_iter().map(|reader| reader == here).collect();
        // The first piece is read where the source was opened, and one piece ahead of what had to be waited for.
        assert_eq!(readers, [false, true, false, false, false, true]);
    }

    #[tokio::test]
    async fn a_body_is_read_anew_for_each_copy() {
        let script = scripted(2, [(false, "a"), (true, "b")]);
        let copy = script.body.try_clone().unwrap();
        assert_eq!(script.body.collect().await.unwrap().to_bytes(), "ab");
        assert_eq!(copy.collect().await.unwrap().to_bytes(), "ab");
    }

    #[tokio::test]
    async fn an_error_ends_the_call_with_its_own_type() {
        for late in [false, true] {
            let script = scripted(2, [(false, "a"), (late, "changed")]);
            let result = script.fault.guard(script.body.collect()).await;
            assert!(matches!(result, Err(CommitError::SourceChanged { .. })), "{late}");
        }
    }

    #[tokio::test]
    async fn a_body_can_be_read_outside_the_runtime_that_it_was_made_in() {
        let script = scripted(3, [(false, "a"), (true, "b"), (true, "c")]);
        let reader = std::thread::spawn(move || {
            let mut content = std::pin::pin!(script.body.collect());
            let mut cx = Context::from_waker(Waker::noop());
            loop {
                if let Poll::Ready(content) = content.as_mut().poll(&mut cx) {
                    return content.unwrap().to_bytes();
                }
                std::thread::yield_now();
            }
        });
        assert_eq!(reader.join().unwrap(), "abc");
    }

    #[tokio::test]
    async fn a_panic_of_a_source_is_an_error() {
        let script = scripted(2, [(true, "a")]);
        let result = script.fault.guard(script.body.collect()).await;
        assert!(matches!(result, Err(CommitError::Stopped(_))));
    }

    #[tokio::test]
    async fn what_a_source_holds_is_let_go_of_before_its_body_ends() {
        for late in [false, true].repeat(500) {
            let script = scripted(2, [(false, "a"), (late, "b")]);
            script.body.collect().await.unwrap();
            assert!(script.held.upgrade().is_none(), "{late}");
        }
    }
}
