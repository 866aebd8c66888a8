//! What is left of images.

use serde_json::json;

use super::{Action, Audited, Entry, Object, ObjectKind};
use crate::domain::image::{ImageKey, Keep, KeepSize, Uploaded};

impl From<ImageKey> for Object {
    fn from(key: ImageKey) -> Object {
        Object { kind: ObjectKind::Image, id: Some(key.uuid()) }
    }
}

impl Audited for Keep {
    type Outcome = bool;

    fn audit(&self, is_new: &bool) -> Option<Entry> {
        let Keep(picture) = self;
        let entry = Entry::new(Action::ImageUploaded, picture.key);
        is_new.then(|| entry.after(json!(Uploaded::from(picture))))
    }
}

/// Nothing is kept that could not be made again.
impl Audited for KeepSize {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        None
    }
}
