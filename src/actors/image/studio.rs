//! The threads that pictures are decoded, resized and encoded on, and how much may be in hand there.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{decode::decode, encode};
use crate::{
    domain::{
        Error,
        image::{Format, ImageFile, Kind, Picture, Size, Width},
    },
    threads::{Rank, Threads},
};

/// The most threads: each may hold a picture of [`PIXELS_MAX`](crate::domain::image::PIXELS_MAX)
/// twice, which is 300 MB at worst, and rarely more than 100.
const THREADS_MAX: usize = 4;
/// How many pictures may be in hand for each thread: one to work on, and one that is ready.
const TURNS_EACH: usize = 2;
/// How many uploads may be in memory at once, of at most
/// [`UPLOAD_BYTES_MAX`](crate::domain::image::UPLOAD_BYTES_MAX): 80 MiB together. A browser sends six.
const UPLOADS_MAX: usize = 8;
/// Whoever would wait for a turn, or for room, for longer is refused.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Works on pictures, in the background.
#[derive(Clone)]
pub struct Studio {
    threads: Threads,
    turns: Arc<Semaphore>,
    room: Arc<Semaphore>,
    resized: Arc<AtomicU64>,
}

/// The right to have one picture in hand.
pub struct Turn {
    _held: OwnedSemaphorePermit,
}

/// Room for the bytes of one upload.
pub struct Room {
    _held: OwnedSemaphorePermit,
}

impl Studio {
    /// Starts the threads: one for every two cores, so that as many are left to serve.
    pub fn start() -> Result<Self, Error> {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).get();
        let count = (cores / 2).clamp(1, THREADS_MAX);
        let turns = count.saturating_mul(TURNS_EACH);
        let threads = Threads::start("picture", count, turns, Rank::Background)?;
        let (turns, room) = (Semaphore::new(turns), Semaphore::new(UPLOADS_MAX));
        Ok(Studio {
            threads,
            turns: Arc::new(turns),
            room: Arc::new(room),
            resized: Arc::default(),
        })
    }

    /// How many pictures were made in a width.
    pub fn resized(&self) -> u64 {
        self.resized.load(Ordering::Relaxed)
    }

    /// To be had before the picture is brought; `Busy` where none is free in time.
    pub async fn turn(&self) -> Result<Turn, Error> {
        one_of(&self.turns).await.map(|_held| Turn { _held })
    }

    /// To be had before an upload is read; `Busy` where there is none in time.
    pub async fn room(&self) -> Result<Room, Error> {
        one_of(&self.room).await.map(|_held| Room { _held })
    }

    /// What is to be kept of an upload. `Rejected` where it is no picture, or too large a one.
    pub async fn develop(&self, room: Room, format: Format, file: Bytes) -> Result<Picture, Error> {
        let turn = self.turn().await?;
        let work = move || {
            let _room = room;
            let (image, kind) = decode(format, &file)?;
            encode::keep(&image, kind)
        };
        self.run(turn, work).await
    }

    /// `original`, which must be one that was kept, in a width.
    pub async fn resize(
        &self,
        turn: Turn,
        original: ImageFile,
        width: Width,
    ) -> Result<Size, Error> {
        self.resized.fetch_add(1, Ordering::Relaxed);
        let work = move || {
            let format = match original.kind {
                Kind::Jpeg => Format::Jpeg,
                Kind::Png => Format::Png,
                Kind::Webp => Format::Webp,
            };
            let decoded = decode(format, &original.bytes);
            let (image, _) = decoded.map_err(Error::internal("decoding a kept image"))?;
            encode::size(&image, &original, width)
        };
        self.run(turn, work).await
    }

    /// The turn is over when the work is, even if nobody waits for it any more. There is no deadline:
    /// what is large would be begun again and again, and never be done.
    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = move || {
            let _turn = turn;
            work()
        };
        self.threads.run(work).await
    }
}

async fn one_of(all: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let free = timeout(WAIT_MAX, Arc::clone(all).acquire_owned()).await;
    free.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[actix_rt::test]
    async fn whoever_finds_no_turn_and_no_room_is_refused() {
        let studio = Studio::start().unwrap();
        let turns = studio.turns.available_permits();
        let turns = join_all((0..turns).map(|_| studio.turn())).await;
        let room = join_all((0..UPLOADS_MAX).map(|_| studio.room())).await;
        assert!(turns.iter().all(Result::is_ok) && room.iter().all(Result::is_ok));

        let refused = tokio::join!(studio.turn(), studio.room());

        assert!(matches!(refused, (Err(Error::Busy), Err(Error::Busy))));
        drop((turns, room));
        assert!(studio.turn().await.is_ok() && studio.room().await.is_ok());
    }

    #[actix_rt::test]
    async fn what_is_refused_gives_back_its_turn_and_its_room() {
        let studio = Studio::start().unwrap();

        for _ in 0..UPLOADS_MAX * 2 {
            let room = studio.room().await.unwrap();
            let refused = studio.develop(room, Format::Png, Bytes::from_static(b"none")).await;
            assert_eq!(refused.unwrap_err().code(), "corrupt_image");
        }
    }
}
