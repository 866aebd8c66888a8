//! From a file to its pixels: bounded before anything is unpacked, upright, and in the colours of
//! the web.

use std::io::Cursor;

use image_rs::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::whole;
use crate::domain::{
    Error,
    image::{Format, Kind, PIXELS_MAX, SIDE_MAX},
};

/// The pixels of `file`, of 8 bits in one, three or four channels, and what they are to be kept as.
/// `Rejected` where they are too many, or where the file is broken.
pub fn decode(format: Format, file: &[u8]) -> Result<(DynamicImage, Kind), Error> {
    let whole = whole::of(format, file)?;
    let mut reader = ImageReader::with_format(Cursor::new(whole.file), name(format));
    reader.limits(limits(whole.memory));
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    fits(width, height)?;
    let orientation = decoder.orientation().map_err(refusal)?;
    // A profile that can't be read is as good as none.
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let mut image = coloured(plain(image), profile.as_deref());
    image.apply_orientation(orientation);
    let kind = match format {
        Format::Jpeg => Kind::Jpeg,
        Format::Png | Format::Gif => Kind::Png,
        // Nothing here writes lossy WebP. Without a loss a photograph would be several times as
        // large as it came.
        Format::Webp if whole.is_lossy && !image.color().has_alpha() => Kind::Jpeg,
        Format::Webp => Kind::Webp,
    };
    Ok((image, kind))
}

/// Whether that many pixels are taken: asked before there is memory for them.
pub fn fits(width: u32, height: u32) -> Result<(), Error> {
    let pixels = u64::from(width).saturating_mul(height.into());
    if width.max(height) <= SIDE_MAX && pixels <= PIXELS_MAX {
        return Ok(());
    }
    Err(too_many_pixels())
}

fn too_many_pixels() -> Error {
    let million = PIXELS_MAX / 1_000_000;
    let message =
        format!("an image has at most {million} million pixels, and {SIDE_MAX} on a side");
    Error::Rejected { code: "too_many_pixels", message }
}

pub fn corrupt() -> Error {
    Error::Rejected { code: "corrupt_image", message: "this image is damaged".to_owned() }
}

fn name(format: Format) -> ImageFormat {
    match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Webp => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
    }
}

fn limits(memory: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(memory);
    limits
}

/// Whatever a decoder complains of, it is the file that is at fault.
fn refusal(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => corrupt(),
    }
}

/// With 8 bits a channel, and with an alpha channel only where something can be seen through.
fn plain(image: DynamicImage) -> DynamicImage {
    let color = image.color();
    if !color.has_alpha() {
        return match color.has_color() {
            true => image.into_rgb8().into(),
            false => image.into_luma8().into(),
        };
    }
    let image = image.into_rgba8();
    match image.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        true => DynamicImage::from(image).into_rgb8().into(),
        false => image.into(),
    }
}

/// The same to the eye in sRGB, which is what is shown where there is no profile; ours is not kept.
fn coloured(image: DynamicImage, profile: Option<&[u8]>) -> DynamicImage {
    profile.and_then(|profile| converted(&image, profile)).unwrap_or(image)
}

/// `None` where the profile can't be read, or is for other pixels than these.
fn converted(image: &DynamicImage, profile: &[u8]) -> Option<DynamicImage> {
    let (layout, width, height) = match image {
        DynamicImage::ImageRgb8(it) => (Layout::Rgb, it.width(), it.height()),
        DynamicImage::ImageRgba8(it) => (Layout::Rgba, it.width(), it.height()),
        _ => return None,
    };
    let profile = ColorProfile::new_from_slice(profile).ok()?; // it can't be read
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
    let to_srgb = profile.create_transform_8bit(layout, &srgb, layout, options).ok()?; // nonsense
    let mut pixels = vec![0; image.as_bytes().len()];
    to_srgb.transform(image.as_bytes(), &mut pixels).ok()?; // likewise
    match layout {
        Layout::Rgb => RgbImage::from_raw(width, height, pixels).map(Into::into),
        _ => RgbaImage::from_raw(width, height, pixels).map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use image_rs::{
        ExtendedColorType, ImageEncoder, Luma, Rgb, Rgba,
        codecs::{jpeg::JpegEncoder, png::PngEncoder},
    };

    use super::*;

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut file = Vec::new();
        image.into().write_with_encoder(PngEncoder::new(&mut file)).unwrap();
        file
    }

    #[test]
    fn pixels_come_with_8_bits_and_no_more_channels_than_they_need() {
        let gray = image_rs::ImageBuffer::from_pixel(4, 4, Luma([0x8000u16]));
        let opaque = image_rs::ImageBuffer::from_pixel(4, 4, Rgba([0x8000u16, 0, 0, u16::MAX]));
        let clear = RgbaImage::from_pixel(4, 4, Rgba([200, 0, 0, 100]));

        for (file, color) in [
            (png(gray), image_rs::ColorType::L8),
            (png(opaque), image_rs::ColorType::Rgb8),
            (png(clear), image_rs::ColorType::Rgba8),
        ] {
            assert_eq!(decode(Format::Png, &file).unwrap().0.color(), color);
        }
    }

    #[test]
    fn a_photograph_with_a_profile_looks_the_same_without_it() {
        let pixels = [200, 60, 60].repeat(16 * 16);
        let encoded = |profile: Option<Vec<u8>>| {
            let mut file = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut file, 100);
            if let Some(profile) = profile {
                encoder.set_icc_profile(profile).unwrap();
            }
            encoder.write_image(&pixels, 16, 16, ExtendedColorType::Rgb8).unwrap();
            *decode(Format::Jpeg, &file).unwrap().0.into_rgb8().get_pixel(8, 8)
        };

        let Rgb(plain) = encoded(None);
        let Rgb(wide) = encoded(Some(ColorProfile::new_display_p3().encode().unwrap()));
        let Rgb(noise) = encoded(Some(vec![7; 200]));

        // The same red is a smaller number in the wider space: 217, 43, 51 by the definition of CSS.
        let near = |[r, g, b]: [u8; 3], [x, y, z]: [u8; 3]| {
            r.abs_diff(x) < 4 && g.abs_diff(y) < 4 && b.abs_diff(z) < 4
        };
        assert!(near(plain, [200, 60, 60]) && near(noise, plain), "{plain:?} {noise:?}");
        assert!(near(wide, [217, 43, 51]), "{wide:?}");
    }

    #[test]
    fn as_many_pixels_as_are_taken_fit_and_not_one_more() {
        assert!(fits(5_000, 5_000).is_ok() && fits(12_000, 2_083).is_ok());
        assert!(fits(5_001, 5_000).is_err() && fits(12_001, 1).is_err());
        assert!(fits(u32::MAX, u32::MAX).is_err());
    }
}
