//! Draws a [`Sketch`] as a PNG: a soft background, a shadow, then the marks.
#![expect(clippy::float_arithmetic, reason = "places on a drawing; nothing here is money")]

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder,
    Pixmap, Point, RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::{
    palette,
    sketch::{Ink, Mark, Pose, Rgb, Sketch},
};

/// The width and the height of every picture, in pixels.
pub const SIDE: u16 = 640;

/// The backgrounds, top and bottom: the seed chooses one.
const BACKDROPS: [(Rgb, Rgb); 8] = [
    (Rgb(0xF7EFE4), Rgb(0xE9D8C3)),
    (Rgb(0xEAF1EE), Rgb(0xCCDED8)),
    (Rgb(0xEEF0F7), Rgb(0xD3D9EA)),
    (Rgb(0xFAEDE9), Rgb(0xEFD2C9)),
    (Rgb(0xF5F2E1), Rgb(0xE3DDB9)),
    (Rgb(0xF3EDF4), Rgb(0xDDD0E2)),
    (Rgb(0xE9F2F6), Rgb(0xC8DEE7)),
    (Rgb(0xF2F1EE), Rgb(0xDAD7D0)),
];

/// How much lower than wide the shadow on the floor is.
const FLATNESS: f32 = 0.13;

/// The picture as PNG, the same bytes for the same arguments; `seed` chooses its background.
/// `None` where a path of the sketch cannot be read.
pub fn picture(sketch: &Sketch, main: Rgb, seed: u64) -> Option<Vec<u8>> {
    let side = f32::from(SIDE);
    let turn = match sketch.pose {
        Pose::Lies(degrees) => Transform::from_rotate_at(degrees.into(), side / 2.0, side / 2.0),
        Pose::Stands | Pose::Hangs => Transform::identity(),
    };
    let turned = |mark: &'static Mark| Some((mark, path(mark.path)?.transform(turn)?));
    let strokes: Vec<(&Mark, Path)> = sketch.marks.iter().map(turned).collect::<Option<_>>()?;

    let mut canvas = Canvas { pixels: Pixmap::new(SIDE.into(), SIDE.into())?, main };
    canvas.backdrop(seed)?;
    match sketch.pose {
        Pose::Stands => canvas.floor_shadow(&strokes)?,
        Pose::Lies(_) => canvas.cast_shadow(&strokes),
        Pose::Hangs => {}
    }
    for (mark, path) in &strokes {
        canvas.mark(mark, path)?;
    }
    encode(&canvas.pixels)
}

/// Tiny-skia would write four bytes a pixel, twice as large a file.
fn encode(pixels: &Pixmap) -> Option<Vec<u8>> {
    let (drawn, _) = pixels.data().as_chunks();
    let reduced = palette::reduce(drawn);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE.into(), SIDE.into());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(reduced.palette.concat());
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?; // a fault of the encoder: no picture
    writer.write_image_data(&reduced.pixels).ok()?; // likewise
    writer.finish().ok()?; // likewise
    Some(bytes)
}

struct Canvas {
    pixels: Pixmap,
    main: Rgb,
}

impl Canvas {
    /// A wall that darkens towards the floor, with a disc of light on it.
    fn backdrop(&mut self, seed: u64) -> Option<()> {
        let side = f32::from(SIDE);
        let count = u64::try_from(BACKDROPS.len()).ok()?; // it is 8
        let chosen = usize::try_from(seed % count).ok()?; // it is below 8
        let (top, bottom) = BACKDROPS.get(chosen)?;
        let wall = gradient((0.0, 0.0), (0.0, side), [opaque(*top), opaque(*bottom)])?;
        let everything = PathBuilder::from_rect(Rect::from_xywh(0.0, 0.0, side, side)?);
        self.fill(&everything, wall);
        let disc = PathBuilder::from_circle(320.0, 310.0, 236.0)?;
        self.fill(&disc, Shader::SolidColor(colour(Rgb::WHITE, 96)));
        Some(())
    }

    /// A soft ellipse below what stands.
    fn floor_shadow(&mut self, strokes: &[(&Mark, Path)]) -> Option<()> {
        let solid = strokes.iter().filter(|(mark, _)| mark.ink.on(self.main).1 == 255);
        let (left, right, floor) = solid.map(|(_, path)| path.bounds()).fold(
            (f32::MAX, f32::MIN, f32::MIN),
            |(left, right, floor), it| {
                (left.min(it.left()), right.max(it.right()), floor.max(it.bottom()))
            },
        );
        let (centre, reach) = ((left + right) / 2.0, (right - left) / 2.0 + 36.0);
        let flat = Transform::from_row(1.0, 0.0, 0.0, FLATNESS, 0.0, floor * (1.0 - FLATNESS));
        let shades = [(0.0, Rgb::NIGHT, 96), (0.6, Rgb::NIGHT, 44), (1.0, Rgb::NIGHT, 0)];
        let shader = glow((centre, floor), reach, flat, shades)?;
        let oval = Rect::from_ltrb(
            centre - reach,
            floor - reach * FLATNESS,
            centre + reach,
            floor + reach * FLATNESS,
        )?;
        self.fill(&PathBuilder::from_oval(oval)?, shader);
        Some(())
    }

    /// The silhouette again, lower and to the right, of what lies.
    fn cast_shadow(&mut self, strokes: &[(&Mark, Path)]) {
        let Some(mut shadow) = Pixmap::new(SIDE.into(), SIDE.into()) else { return };
        let moved = Transform::from_translate(12.0, 18.0);
        let black = solid(Shader::SolidColor(colour(Rgb::NIGHT, 255)));
        for (mark, path) in strokes.iter().filter(|(mark, _)| mark.ink.on(self.main).1 == 255) {
            match mark.width {
                0 => shadow.fill_path(path, &black, FillRule::Winding, moved, None),
                width => shadow.stroke_path(path, &black, &pen(width), moved, None),
            }
        }
        let faint = tiny_skia::PixmapPaint { opacity: 0.16, ..Default::default() };
        let still = Transform::identity();
        self.pixels.draw_pixmap(0, 0, shadow.as_ref(), &faint, still, None);
    }

    /// A filled shape is lit from the left, a line is plain.
    fn mark(&mut self, mark: &Mark, path: &Path) -> Option<()> {
        let (rgb, opacity) = mark.ink.on(self.main);
        if mark.width > 0 {
            let paint = solid(Shader::SolidColor(colour(rgb, opacity)));
            self.pixels.stroke_path(path, &paint, &pen(mark.width), Transform::identity(), None);
            return Some(());
        }
        let bounds = path.bounds();
        let lit = colour(rgb.mixed(Rgb::WHITE, 9), opacity);
        let dim = colour(rgb.mixed(Rgb::NIGHT, 11), opacity);
        let shader = match mark.ink {
            Ink::Halo => {
                let reach = bounds.width().max(bounds.height()) / 2.0;
                let middle = (bounds.left() + bounds.width() / 2.0, bounds.top() + reach);
                glow(middle, reach, Transform::identity(), [(0.2, rgb, opacity), (1.0, rgb, 0)])?
            }
            Ink::Beam => {
                let fade = [colour(rgb, opacity), colour(rgb, 0)];
                gradient((0.0, bounds.top()), (0.0, bounds.bottom()), fade)?
            }
            _ => gradient((bounds.left(), 0.0), (bounds.right(), 0.0), [lit, dim])?,
        };
        self.fill(path, shader);
        Some(())
    }

    fn fill(&mut self, path: &Path, shader: Shader<'_>) {
        self.pixels.fill_path(path, &solid(shader), FillRule::Winding, Transform::identity(), None);
    }
}

fn solid(shader: Shader<'_>) -> Paint<'_> {
    Paint { shader, anti_alias: true, ..Paint::default() }
}

fn pen(width: u8) -> Stroke {
    Stroke {
        width: width.into(),
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }
}

fn colour(rgb: Rgb, opacity: u8) -> Color {
    let [red, green, blue] = rgb.parts();
    Color::from_rgba8(red, green, blue, opacity)
}

fn opaque(rgb: Rgb) -> Color {
    colour(rgb, 255)
}

fn gradient(from: (f32, f32), to: (f32, f32), colours: [Color; 2]) -> Option<Shader<'static>> {
    let [first, last] = colours;
    let stops = vec![GradientStop::new(0.0, first), GradientStop::new(1.0, last)];
    let (from, to) = (Point::from(from), Point::from(to));
    LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity())
}

/// From the middle outwards; each stop is a place from 0 to 1, a colour and its opacity.
fn glow<const N: usize>(
    middle: (f32, f32),
    reach: f32,
    form: Transform,
    stops: [(f32, Rgb, u8); N],
) -> Option<Shader<'static>> {
    let middle = Point::from(middle);
    let stop = |(place, rgb, opacity)| GradientStop::new(place, colour(rgb, opacity));
    let stops = stops.into_iter().map(stop).collect();
    RadialGradient::new(middle, 0.0, middle, reach, stops, SpreadMode::Pad, form)
}

/// Reads the path of a [`Mark`]; `None` where it breaks the rules given there.
fn path(text: &str) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let letter = word.chars().next().filter(char::is_ascii_uppercase)?;
        let first = word.strip_prefix(letter).filter(|rest| !rest.is_empty());
        let mut numbers: Vec<f32> = Vec::new();
        let next = || words.next_if(|word| !word.starts_with(|it: char| it.is_ascii_uppercase()));
        for number in first.into_iter().chain(std::iter::from_fn(next)) {
            numbers.push(number.parse().ok()?); // `None` says it
        }
        segment(&mut builder, letter, &numbers)?;
    }
    builder.finish()
}

fn segment(builder: &mut PathBuilder, letter: char, numbers: &[f32]) -> Option<()> {
    match (letter, numbers) {
        ('M', &[x, y]) => builder.move_to(x, y),
        ('L', &[x, y]) => builder.line_to(x, y),
        ('Q', &[x1, y1, x, y]) => builder.quad_to(x1, y1, x, y),
        ('C', &[x1, y1, x2, y2, x, y]) => builder.cubic_to(x1, y1, x2, y2, x, y),
        ('Z', &[]) => builder.close(),
        ('O', &[x, y, rx, ry]) => {
            builder.push_oval(Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry)?);
        }
        ('R', &[x, y, width, height, radius]) => {
            let (right, bottom) = (x + width, y + height);
            let bend = radius.min(width / 2.0).min(height / 2.0);
            builder.move_to(x + bend, y);
            builder.line_to(right - bend, y);
            builder.quad_to(right, y, right, y + bend);
            builder.line_to(right, bottom - bend);
            builder.quad_to(right, bottom, right - bend, bottom);
            builder.line_to(x + bend, bottom);
            builder.quad_to(x, bottom, x, bottom - bend);
            builder.line_to(x, y + bend);
            builder.quad_to(x, y, x + bend, y);
            builder.close();
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sketch::{Ink, fill, stands};

    #[test]
    fn a_path_says_what_it_cannot_read() {
        assert!(path("M10 20 L30 40 Q1 2 3 4 C1 2 3 4 5 6 Z O9 9 2 2 R1 1 8 8 2").is_some());
        for wrong in ["", "M10", "M10 20 L30", "10 20", "M1 2 L3 x", "H20", "Z 1", "M10,20"] {
            assert!(path(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_same_sketch_is_the_same_bytes_and_the_seed_is_seen() {
        let sketch = stands(const { &[fill(Ink::Main, "R200 200 240 310 20")] });
        let first = picture(&sketch, Rgb(0xC08040), 1).unwrap();
        assert_eq!(first, picture(&sketch, Rgb(0xC08040), 1).unwrap());
        assert_ne!(first, picture(&sketch, Rgb(0xC08040), 2).unwrap());
        assert_ne!(first, picture(&sketch, Rgb(0x4080C0), 1).unwrap());
    }
}
