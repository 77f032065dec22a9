//! Request bodies that are read while they are sent.
//!
//! What the system has in memory is read by the connection itself, for to wake a thread and to be woken costs more than to read
//! it. For anything else a thread waits, one piece ahead.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hub_transport::{Body, BoxError};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::CommitError;
use crate::job::joined;
use crate::stream::Fault;

/// Content that comes in pieces.
pub(crate) trait Pieces: Send + Unpin + 'static {
    /// The next piece, never an empty one. Without `wait`, `None` where it cannot be had at once; what was read of it is kept.
    fn next(&mut self, wait: bool) -> Result<Option<Bytes>, CommitError>;
}

/// A body of `len` bytes, which `open` makes readable anew for each time it is sent, on a thread that may wait. The last piece
/// follows when nothing of the job is held any more.
pub(crate) fn body<P: Pieces>(
    len: u64,
    fault: &Fault,
    open: impl Fn() -> Result<P, CommitError> + Clone + Send + Sync + 'static,
) -> Body {
    let fault = fault.clone();
    Body::replay(Some(len), move || {
        let open = open.clone();
        let source = Source::Waiting(spawn_blocking(move || open().and_then(wait)));
        Read { source, fault: fault.clone(), left: len }
    })
}

/// A piece, and where the next one comes from.
struct Waited<P> {
    piece: Bytes,
    pieces: P,
    /// Whether it was not to be had at once.
    late: bool,
}

fn wait<P: Pieces>(mut pieces: P) -> Result<Waited<P>, CommitError> {
    let (piece, late) = match pieces.next(false)? {
        Some(piece) => (piece, false),
        None => (pieces.next(true)?.unwrap_or_default(), true),
    };
    Ok(Waited { piece, pieces, late })
}

enum Source<P> {
    Here(P),
    Waiting(JoinHandle<Result<Waited<P>, CommitError>>),
    Ended,
}

struct Read<P> {
    source: Source<P>,
    fault: Fault,
    left: u64,
}

impl<P: Pieces> Read<P> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, CommitError>> {
        loop {
            let (piece, pieces, late) = match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Here(mut pieces) => {
                    let Some(piece) = pieces.next(false)? else {
                        self.source = Source::Waiting(spawn_blocking(move || wait(pieces)));
                        continue;
                    };
                    (piece, pieces, false)
                }
                Source::Waiting(mut thread) => {
                    let Poll::Ready(waited) = Pin::new(&mut thread).poll(cx) else {
                        self.source = Source::Waiting(thread);
                        return Poll::Pending;
                    };
                    let Waited { piece, pieces, late } = joined(waited)?;
                    (piece, pieces, late)
                }
                Source::Ended => return Poll::Ready(Err(CommitError::Stopped("a body was read on".into()))),
            };
            self.left = self.left.saturating_sub(piece.len() as u64);
            if self.left > 0 {
                self.source = if late {
                    Source::Waiting(spawn_blocking(move || wait(pieces)))
                } else {
                    Source::Here(pieces)
                };
            }
            return Poll::Ready(Ok(piece));
        }
    }
}

impl<P: Pieces> http_body::Body for Read<P> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(cx)).map_err(|error| {
            let text = error.to_string();
            self.fault.set(error);
            text.into()
        });
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;
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
