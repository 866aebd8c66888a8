//! Pictures: kept once, and made in a width when that is first asked for.

use actix::prelude::*;

mod decode;
mod encode;
pub mod studio;
mod whole;

use self::studio::Studio;
use super::{
    Holds, atomically,
    directory::{Entity, Incarnation},
};
use crate::{
    cache::image::Images,
    domain::{
        Error,
        image::{ImageKey, Keep, KeepSize, Picture, Size, Width},
    },
    store::{Store, read},
};

/// One image. It does one thing at a time, so that of a hundred who ask for the same width at once
/// the first has it made, and the others get what was made.
pub struct ImageActor {
    darkroom: Option<Darkroom>,
}

/// What an image is worked on with.
pub struct Darkroom {
    key: ImageKey,
    deps: Deps,
}

#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub studio: Studio,
    pub hot: Images,
}

impl Actor for ImageActor {
    type Context = Context<Self>;
}

impl Entity for ImageActor {
    type Id = ImageKey;
    type Deps = Deps;
    const KIND: &'static str = "image";
    /// All the phones that open a page on which a new picture is.
    const MAILBOX: usize = 1024;

    async fn load(key: ImageKey, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(ImageActor { darkroom: Some(Darkroom { key, deps }) })
    }
}

impl Holds for ImageActor {
    type Held = Darkroom;

    fn held(&mut self) -> &mut Option<Darkroom> {
        &mut self.darkroom
    }
}

/// Keeps the picture, which must be the one of this key; tells whether it is new.
#[derive(Message)]
#[rtype(result = "Result<bool, Error>")]
pub struct Upload(pub Picture);

impl Handler<Upload> for ImageActor {
    type Result = AtomicResponse<Self, Result<bool, Error>>;

    fn handle(&mut self, Upload(picture): Upload, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |darkroom: &mut Darkroom| {
            darkroom.deps.store.write(Keep(picture)).await
        })
    }
}

/// Gives the image in a width, which is made and kept where it is not there yet.
#[derive(Message)]
#[rtype(result = "Result<Size, Error>")]
pub struct Resize(pub Width);

impl Handler<Resize> for ImageActor {
    // What comes while a width is made waits, and then finds it.
    type Result = AtomicResponse<Self, Result<Size, Error>>;

    fn handle(&mut self, Resize(width): Resize, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |darkroom: &mut Darkroom| darkroom.size(width).await)
    }
}

impl Darkroom {
    async fn size(&self, width: Width) -> Result<Size, Error> {
        let (key, Deps { store, hot, .. }) = (self.key, &self.deps);
        if let Some(size) = hot.size(key, width) {
            return Ok(size);
        }
        let size = match read!(store, image::find_size(key, width))? {
            Some(size) => size,
            None => self.make(width).await?,
        };
        hot.hold_size(key, width, size.clone());
        Ok(size)
    }

    async fn make(&self, width: Width) -> Result<Size, Error> {
        let (key, Deps { store, studio, .. }) = (self.key, &self.deps);
        // First a turn, then the bytes: whoever waits holds none.
        let turn = studio.turn().await?;
        let original = read!(store, image::get(key))?;
        let size = studio.resize(turn, original, width).await?;
        store.write(KeepSize { key, width, size: size.clone() }).await?;
        Ok(size)
    }
}
