//! From pixels to the file that is kept: nothing is in it but the pixels.

use std::io::Cursor;

use bytes::Bytes;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image_rs::{
    DynamicImage,
    codecs::{jpeg::JpegEncoder, png, webp::WebPEncoder},
};

use crate::domain::{
    Error,
    image::{ImageFile, ImageKey, KEPT_BYTES_MAX, Kind, Picture, Size, Width},
};

/// What is kept is what all sizes are made of.
const KEPT_QUALITY: u8 = 90;
const SIZE_QUALITY: u8 = 82;

/// A picture to keep.
pub fn keep(image: &DynamicImage, kind: Kind) -> Result<Picture, Error> {
    let bytes = encode(image, kind, KEPT_QUALITY)?;
    if bytes.len() > KEPT_BYTES_MAX {
        let mebibytes = KEPT_BYTES_MAX >> 20;
        let message = format!("kept without a loss it has more than {mebibytes} MiB: send a JPEG");
        return Err(Error::Rejected { code: "image_too_large", message });
    }
    let side = |pixels: u32| i32::try_from(pixels).map_err(Error::internal("counting pixels"));
    let (width, height) = (side(image.width())?, side(image.height())?);
    let (key, file) = (ImageKey::of(&bytes), ImageFile { kind, bytes });
    Ok(Picture { key, width, height, file })
}

/// `image`, whose file is `original`, in a width: never a larger one, nor a larger file.
pub fn size(image: &DynamicImage, original: &ImageFile, width: Width) -> Result<Size, Error> {
    if image.width() <= width.get().into() {
        return Ok(Size::Original);
    }
    let bytes = encode(&shrink(image, width.get().into())?, original.kind, SIZE_QUALITY)?;
    match bytes.len() < original.bytes.len() {
        true => Ok(Size::Made(ImageFile { kind: original.kind, bytes })),
        false => Ok(Size::Original),
    }
}

fn shrink(image: &DynamicImage, width: u32) -> Result<DynamicImage, Error> {
    let (whole, height) = (u64::from(image.width()), u64::from(image.height()));
    let height = height.saturating_mul(width.into()).saturating_add(whole / 2) / whole.max(1);
    let height = u32::try_from(height).map_err(Error::internal("counting pixels"))?.max(1);
    let mut small = DynamicImage::new(width, height, image.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let resized = Resizer::new().resize(image, &mut small, &options);
    resized.map_err(Error::internal("resizing an image"))?;
    Ok(small)
}

fn encode(image: &DynamicImage, kind: Kind, quality: u8) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    let mut to = Cursor::new(&mut bytes);
    let written = match kind {
        Kind::Jpeg => image.write_with_encoder(JpegEncoder::new_with_quality(to, quality)),
        Kind::Png => {
            let (effort, filter) = (png::CompressionType::Default, png::FilterType::Adaptive);
            image.write_with_encoder(png::PngEncoder::new_with_quality(to, effort, filter))
        }
        Kind::Webp => image.write_with_encoder(WebPEncoder::new_lossless(&mut to)),
    };
    written.map_err(Error::internal("encoding an image"))?;
    bytes.shrink_to_fit(); // it may stay in memory for long
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use image_rs::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn width(pixels: u16) -> Width {
        Width::at_least(pixels).unwrap()
    }

    #[test]
    fn a_size_that_would_be_the_larger_file_is_not_made() {
        let image =
            RgbImage::from_fn(200, 100, |x, _| Rgb([u8::try_from(x).unwrap(), 7, 7])).into();
        let file = keep(&image, Kind::Png).unwrap().file;
        let tiny = ImageFile { bytes: file.bytes.slice(..60), ..file.clone() };

        assert!(matches!(size(&image, &file, width(64)).unwrap(), Size::Made(_)));
        assert_eq!(size(&image, &tiny, width(64)).unwrap(), Size::Original);
        assert_eq!(size(&image, &file, width(256)).unwrap(), Size::Original);
    }

    #[test]
    fn the_shape_stays_down_to_one_pixel() {
        let shape = |width, height| {
            let small = shrink(&RgbImage::new(width, height).into(), 64).unwrap();
            (small.width(), small.height())
        };
        assert_eq!(shape(128, 256), (64, 128));
        assert_eq!(shape(192, 100), (64, 33));
        assert_eq!(shape(12_000, 10), (64, 1));
    }

    #[test]
    fn what_cannot_be_seen_does_not_colour_what_can() {
        // Green behind the transparent half: it must not shine through at the edge.
        let image = RgbaImage::from_fn(128, 128, |x, _| match x < 63 {
            true => Rgba([200, 0, 0, 255]),
            false => Rgba([0, 255, 0, 0]),
        });

        let small = shrink(&image.into(), 64).unwrap().into_rgba8();

        assert!(small.pixels().all(|pixel| pixel.0[3] == 0 || pixel.0[1] < 20));
    }
}
