//! The bytes of the images that are asked for most, so that they cost no query.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};

use crate::domain::image::{ImageFile, ImageKey, Size, Width};

/// What the images in memory may weigh together: some two thousand as a listing shows them.
const BYTES_MAX: u64 = 64 << 20;
/// What there is to an image besides its bytes.
const OVERHEAD_BYTES: u64 = 256;
/// How many images are expected. The cache makes its parts by it, none with fewer than 32, and
/// what is larger than a part is not held: at eight parts, nothing above 8 MiB.
const ITEMS: usize = 256;

/// Images and their sizes; clones share them. Nothing here gets old, since nothing changes.
#[derive(Clone)]
pub struct Images(Arc<Cache<(ImageKey, Option<Width>), Size, Bytes>>);

impl Default for Images {
    fn default() -> Self {
        Images(Arc::new(Cache::with_weighter(ITEMS, BYTES_MAX, Bytes)))
    }
}

impl Images {
    /// The image itself.
    pub fn original(&self, key: ImageKey) -> Option<ImageFile> {
        match self.0.get(&(key, None))? {
            Size::Made(file) => Some(file),
            Size::Original => None,
        }
    }

    pub fn size(&self, key: ImageKey, width: Width) -> Option<Size> {
        self.0.get(&(key, Some(width)))
    }

    pub fn hold(&self, key: ImageKey, original: ImageFile) {
        self.0.insert((key, None), Size::Made(original));
    }

    pub fn hold_size(&self, key: ImageKey, width: Width, size: Size) {
        self.0.insert((key, Some(width)), size);
    }
}

#[derive(Clone)]
struct Bytes;

impl<Key> Weighter<Key, Size> for Bytes {
    fn weight(&self, _: &Key, size: &Size) -> u64 {
        let bytes = match size {
            Size::Original => 0,
            Size::Made(file) => file.bytes.len(),
        };
        u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(OVERHEAD_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image::Kind;

    #[test]
    fn what_is_held_weighs_no_more_than_it_may() {
        let images = Images::default();
        let file = ImageFile { kind: Kind::Png, bytes: vec![7; 1 << 20].into() };

        for number in 0..200u32 {
            images.hold(ImageKey::of(&number.to_le_bytes()), file.clone());
        }

        let weight = images.0.weight();
        assert!(weight > BYTES_MAX / 2 && weight <= BYTES_MAX, "{weight}");
    }

    #[test]
    fn an_image_and_its_sizes_are_told_apart() {
        let (images, key) = (Images::default(), ImageKey::of(b"a picture"));
        let file = ImageFile { kind: Kind::Png, bytes: vec![7].into() };
        let [small, large] = [64, 2048].map(|it| Width::at_least(it).unwrap());

        images.hold_size(key, small, Size::Original);
        images.hold_size(key, large, Size::Made(file.clone()));

        assert_eq!(images.original(key), None);
        assert_eq!(images.size(key, small), Some(Size::Original));
        assert_eq!(images.size(key, large), Some(Size::Made(file)));
    }
}
