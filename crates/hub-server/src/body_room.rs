//! How much memory the bodies of requests take together that are read whole before anything is done with them.
//!
//! Each may be large, and its caller slow: without a bound on all of them, some hundred callers could fill the memory.

use http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::api_error::ApiError;

/// What each body has for itself.
const OWN: usize = 64 << 10;
/// What all of them share beyond that, and in pieces of which size.
const SHARED: usize = 32 << 20;
const PIECE: usize = 4 << 10;

static ROOM: Semaphore = Semaphore::const_new(SHARED / PIECE);

/// The room of one body, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct BodyRoom {
    taken: Option<SemaphorePermit<'static>>,
}

impl BodyRoom {
    /// Takes room for a body that has so many bytes by now.
    ///
    /// # Errors
    /// 503 where others have it.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        let wanted = bytes.saturating_sub(OWN).div_ceil(PIECE);
        let taken = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = u32::try_from(wanted.saturating_sub(taken)).unwrap_or(u32::MAX);
        let more = ROOM.try_acquire_many(more).map_err(|_| {
            let message = "the server holds as many large requests as it can: try again in a moment";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message)
        })?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_always_have_room_and_large_ones_share_it() {
        let mut rooms: Vec<BodyRoom> = (0..10_000).map(|_| BodyRoom::default()).collect();
        assert!(rooms.iter_mut().all(|room| room.grow(OWN).is_ok()));
        let large = SHARED / 4;
        let granted = rooms.iter_mut().filter_map(|room| room.grow(large).is_ok().then_some(())).count();
        // Other tests may have some of it.
        assert!((1..=4).contains(&granted), "{granted}");
        assert!(rooms[0].grow(OWN).is_ok());
        drop(rooms);
        assert!(BodyRoom::default().grow(large).is_ok());
    }
}
