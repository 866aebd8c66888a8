//! Dice that fall alike on every run, for what is made up.

/// Numbers that follow from the one it starts with (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> i64 {
        let rolled = self.roll() % u64::from(bound.max(1));
        i64::try_from(rolled).unwrap_or(0) // it is below a u32
    }

    /// One of a list; none of an empty one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(from.len()).ok()?; // the lists are short
        usize::try_from(self.below(count)).ok().and_then(|at| from.get(at)) // it is below `count`
    }
}
