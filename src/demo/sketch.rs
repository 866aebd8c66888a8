//! What a picture is made of, as data: marks in paints that follow the colour of the product.
//!
//! A sketch is drawn on a square of 640 by 640, things standing with their feet near y = 510.

/// A colour, `0xRRGGBB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u32);

/// A picture in the colour of whichever product it is of.
#[derive(Debug)]
pub struct Sketch {
    pub pose: Pose,
    /// From the back to the front.
    pub marks: &'static [Mark],
}

/// How the thing is seen, and with that its shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pose {
    Stands,
    Hangs,
    /// Seen from above, turned by so many degrees.
    Lies(i8),
}

/// One stroke of the brush. The path is SVG's with absolute `M L Q C Z`, every number after a
/// blank or its letter, and two letters more: `Rx y width height radius` and `Ox y rx ry`.
#[derive(Debug)]
pub struct Mark {
    pub ink: Ink,
    /// The width of the line, or 0 for a filled shape.
    pub width: u8,
    pub path: &'static str,
}

pub const fn fill(ink: Ink, path: &'static str) -> Mark {
    Mark { ink, width: 0, path }
}

pub const fn line(ink: Ink, width: u8, path: &'static str) -> Mark {
    Mark { ink, width, path }
}

pub const fn stands(marks: &'static [Mark]) -> Sketch {
    Sketch { pose: Pose::Stands, marks }
}

pub const fn hangs(marks: &'static [Mark]) -> Sketch {
    Sketch { pose: Pose::Hangs, marks }
}

pub const fn lies(degrees: i8, marks: &'static [Mark]) -> Sketch {
    Sketch { pose: Pose::Lies(degrees), marks }
}

/// What a mark is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The product's own colour, and four shades of it.
    Main,
    Light,
    Pale,
    Dark,
    Deep,
    /// Materials that keep their colour.
    Wood,
    Bark,
    Metal,
    Brass,
    Coal,
    Paper,
    Leaf,
    Flame,
    /// Films over what is below them.
    Glass,
    Shine,
    Shade,
    /// Light that fades away from its middle, and light that fades as it falls.
    Halo,
    Beam,
}

impl Ink {
    /// The colour on a product whose own colour is `main`, and its opacity of 255.
    pub fn on(self, main: Rgb) -> (Rgb, u8) {
        match self {
            Ink::Main => (main, 255),
            Ink::Light => (main.mixed(Rgb::WHITE, 26), 255),
            Ink::Pale => (main.mixed(Rgb(0xFFFAF2), 80), 255),
            Ink::Dark => (main.mixed(Rgb::NIGHT, 24), 255),
            Ink::Deep => (main.mixed(Rgb::NIGHT, 56), 255),
            Ink::Wood => (Rgb(0xC99A6B), 255),
            Ink::Bark => (Rgb(0x5B3F30), 255),
            Ink::Metal => (Rgb(0xAEB6BD), 255),
            Ink::Brass => (Rgb(0xC9A24D), 255),
            Ink::Coal => (Rgb(0x333539), 255),
            Ink::Paper => (Rgb(0xFBF7EE), 255),
            Ink::Leaf => (Rgb(0x6E8F5E), 255),
            Ink::Flame => (Rgb(0xFFD27A), 255),
            Ink::Glass => (Rgb(0xF4FAFB), 120),
            Ink::Shine => (Rgb::WHITE, 64),
            Ink::Shade => (Rgb::NIGHT, 34),
            Ink::Halo | Ink::Beam => (Rgb(0xFFDA8C), 150),
        }
    }
}

impl Rgb {
    pub const WHITE: Rgb = Rgb(0xFFFFFF);
    /// What colours are darkened with: black would make them dull.
    pub const NIGHT: Rgb = Rgb(0x221C2E);

    /// Red, green and blue.
    pub fn parts(self) -> [u8; 3] {
        let [_, red, green, blue] = self.0.to_be_bytes();
        [red, green, blue]
    }

    /// The colour with `percent` of another in it.
    pub fn mixed(self, other: Rgb, percent: u32) -> Rgb {
        let share = percent.min(100);
        let channel = |shift: u32| {
            let (own, foreign) = ((self.0 >> shift) & 0xFF, (other.0 >> shift) & 0xFF);
            ((own * (100 - share) + foreign * share) / 100) << shift
        };
        Rgb(channel(16) | channel(8) | channel(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_has_the_shares_that_were_asked_for() {
        assert_eq!(Rgb(0).mixed(Rgb::WHITE, 0), Rgb(0));
        assert_eq!(Rgb(0).mixed(Rgb::WHITE, 50), Rgb(0x7F7F7F));
        assert_eq!(Rgb(0x102030).mixed(Rgb(0x302010), 100), Rgb(0x302010));
        assert_eq!(Rgb(0x102030).parts(), [0x10, 0x20, 0x30]);
    }
}
