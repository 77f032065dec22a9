//! How calls are run: [`Async`] or [`Blocking`].

/// Calls are awaited. The default.
#[derive(Debug, Clone, Copy)]
pub enum Async {}

/// Calls are run with `.send()` and block the thread.
#[derive(Debug, Clone, Copy)]
pub enum Blocking {}

/// Either of the two. Sealed: there are no others.
pub trait Mode: sealed::Sealed + Send + Sync + 'static {}

impl Mode for Async {}
impl Mode for Blocking {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Async {}
    impl Sealed for super::Blocking {}
}
