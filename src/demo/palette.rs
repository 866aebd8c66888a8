//! Reduces a drawing to 256 colours, which halves its PNG and is not seen.

use std::collections::HashMap;

/// The last entry that the palette of a PNG can have.
const ENTRY_MAX: u8 = 255;

/// Red, green and blue.
pub type Colour = [u8; 3];
/// A colour with its opacity, which is not looked at: what is drawn here is opaque.
pub type Pixel = [u8; 4];

/// A picture whose pixels are places in a palette.
pub struct Reduced {
    /// At most 256.
    pub palette: Vec<Colour>,
    pub pixels: Vec<u8>,
}

/// A colour of the original, and the entry of the palette that stands for it.
struct Tally {
    colour: Colour,
    pixels: i64,
    entry: u8,
    /// How far off the entry is, as the square of the distance.
    error: i64,
}

/// Takes into the palette, time and again, the colour whose pixels are now shown worst in sum: so
/// wide gradients stay smooth, and a small thing in a colour of its own keeps it.
pub fn reduce(pixels: &[Pixel]) -> Reduced {
    let (mut tallies, runs) = tally(pixels);
    let mut palette = Vec::new();
    for entry in 0..=ENTRY_MAX {
        let worst = tallies.iter().max_by_key(|it| it.error.saturating_mul(it.pixels));
        let Some(chosen) = worst.filter(|it| it.error > 0).map(|it| it.colour) else { break };
        palette.push(chosen);
        for tally in &mut tallies {
            let error = distance(tally.colour, chosen);
            if error < tally.error {
                (tally.error, tally.entry) = (error, entry);
            }
        }
    }
    let mut reduced = Vec::with_capacity(pixels.len());
    for (place, length) in runs {
        let entry = tallies.get(place).map_or(0, |it| it.entry);
        reduced.resize(reduced.len().saturating_add(length), entry);
    }
    Reduced { palette, pixels: reduced }
}

/// The colours that occur, in the order of their first pixels, and the picture as runs of one
/// colour: which it is, and of how many pixels.
fn tally(pixels: &[Pixel]) -> (Vec<Tally>, Vec<(usize, usize)>) {
    let mut known: HashMap<Colour, usize> = HashMap::new();
    let mut tallies: Vec<Tally> = Vec::new();
    let mut runs = Vec::new();
    for run in pixels.chunk_by(|one, next| one == next) {
        let Some([red, green, blue, _]) = run.first() else { continue };
        let colour = [*red, *green, *blue];
        let place = *known.entry(colour).or_insert_with(|| {
            tallies.push(Tally { colour, pixels: 0, entry: 0, error: i64::from(u32::MAX) });
            tallies.len() - 1
        });
        if let Some(tally) = tallies.get_mut(place) {
            tally.pixels += i64::try_from(run.len()).unwrap_or(i64::MAX); // a picture is smaller
        }
        runs.push((place, run.len()));
    }
    (tallies, runs)
}

/// The square of the distance. Written out, because a debug build calls it half a million times a
/// picture.
fn distance(one: Colour, other: Colour) -> i64 {
    let ([red, green, blue], [other_red, other_green, other_blue]) = (one, other);
    let red = i64::from(red) - i64::from(other_red);
    let green = i64::from(green) - i64::from(other_green);
    let blue = i64::from(blue) - i64::from(other_blue);
    red * red + green * green + blue * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reduced: &Reduced) -> Vec<Colour> {
        reduced.pixels.iter().map(|entry| reduced.palette[usize::from(*entry)]).collect()
    }

    #[test]
    fn few_colours_are_kept_as_they_are() {
        let pixels = [[1, 2, 3, 255], [9, 9, 9, 255], [1, 2, 3, 255], [255, 0, 0, 255]];
        let reduced = reduce(&pixels);
        assert_eq!(shown(&reduced), [[1, 2, 3], [9, 9, 9], [1, 2, 3], [255, 0, 0]]);
        assert_eq!(reduced.palette.len(), 3);
        assert!(reduce(&[]).palette.is_empty());
    }

    #[test]
    fn of_many_colours_none_is_far_off_and_a_rare_one_is_kept() {
        let gradient = (0..60_000_u32).map(|at| (at / 60).to_be_bytes());
        let gradient = gradient.map(|[.., high, low]| [high * 40, low, 90, 255]);
        let pixels: Vec<Pixel> = gradient.chain([[0, 255, 0, 255]; 9]).collect();

        let reduced = reduce(&pixels);

        let was = pixels.iter().map(|[red, green, blue, _]| [*red, *green, *blue]);
        let worst = shown(&reduced).into_iter().zip(was).map(|(it, was)| distance(it, was));
        assert_eq!((reduced.palette.len(), worst.max() <= Some(25)), (256, true));
        assert_eq!(shown(&reduced).last(), Some(&[0, 255, 0]));
    }
}
