//! The types of the settings: what each may be, and what may be shown of it.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use super::address::mask_url;
use crate::domain::{
    password::{Argon2idCost, BcryptCost, Hashing},
    payment::ProviderName,
    settings::Language,
    words::words,
};

/// A type that a setting can have.
pub trait Value: Sized {
    /// How much of the text people may see.
    const SHOWN: Shown = Shown::Plain;

    /// What is wanted, to follow "wants" in a sentence.
    fn wanted() -> String;

    fn parse(text: &str) -> Option<Self>;
}

/// How much of a setting's text people may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Plain,
    /// An address that may hold a password.
    Url,
    Secret,
}

pub const MASK: &str = "***";

impl Shown {
    /// What stands for `text` where people can read it.
    pub fn show(self, text: &str) -> String {
        match self {
            Shown::Plain => text.to_owned(),
            Shown::Url => mask_url(text),
            Shown::Secret if text.is_empty() => String::new(),
            Shown::Secret => MASK.to_owned(),
        }
    }
}

impl<T: Value> Value for Option<T> {
    const SHOWN: Shown = T::SHOWN;

    fn wanted() -> String {
        T::wanted()
    }

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
}

/// A list: with commas between its members.
impl<T: Value> Value for Vec<T> {
    const SHOWN: Shown = T::SHOWN;

    fn wanted() -> String {
        format!("a list, with commas, of which each is {}", T::wanted())
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Vec::new());
        }
        text.split(',').map(|member| T::parse(member.trim())).collect()
    }
}

macro_rules! value_of_words {
    ($($name:ty),*) => {$(impl Value for $name {
        fn wanted() -> String {
            <$name>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" or ")
        }

        fn parse(text: &str) -> Option<Self> {
            text.parse().ok() // What is wanted says it better than the error.
        }
    })*};
}

words! {
    /// What the process is for.
    Environment {
        Dev = "dev",
        Test = "test",
        Prod = "prod",
    }
}

words! {
    /// Who moves the parcels.
    Courier {
        Simulated = "simulated",
        Manual = "manual",
    }
}

words! {
    /// How log lines are written.
    LogFormat {
        Auto = "auto",
        Text = "text",
        Json = "json",
    }
}

value_of_words!(Environment, Courier, LogFormat, ProviderName, Language);

impl Value for bool {
    fn wanted() -> String {
        "on or off".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }
}

impl Value for u64 {
    fn wanted() -> String {
        "a whole number from 0 on".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok() // What is wanted says it better than the error.
    }
}

impl Value for SocketAddr {
    fn wanted() -> String {
        "an address and a port, such as 127.0.0.1:8080".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok() // What is wanted says it better than the error.
    }
}

impl Value for PathBuf {
    fn wanted() -> String {
        "a path".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| PathBuf::from(text))
    }
}

/// Ten years: whatever is longer is a slip of the pen, and dates stay far from their end.
const DURATION_MAX: Duration = Duration::from_secs(3650 * 86_400);

impl Value for Duration {
    fn wanted() -> String {
        "a duration of at most ten years, such as 500ms, 10s, 30m, 12h or 30d".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
        let count: u64 = digits.parse().ok()?; // What is wanted says it better than the error.
        let seconds = |each: u64| count.checked_mul(each).map(Duration::from_secs);
        let duration = match unit {
            "ms" => Duration::from_millis(count),
            "s" => seconds(1)?,
            "m" => seconds(60)?,
            "h" => seconds(3_600)?,
            "d" => seconds(86_400)?,
            _ => return None,
        };
        (duration <= DURATION_MAX).then_some(duration)
    }
}

impl Value for Hashing {
    fn wanted() -> String {
        format!(
            "argon2id:m=19456,t=2,p=1 with a memory of at most {} KiB, {} KiB in all passes and {} \
             lanes, or bcrypt:cost=12 with a cost from {} to {}",
            Argon2idCost::MEMORY_KIB_MAX,
            Argon2idCost::WORK_KIB_MAX,
            Argon2idCost::LANES_MAX,
            BcryptCost::MIN,
            BcryptCost::MAX
        )
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok() // What is wanted says it better than the error.
    }
}

/// How many threads: 1 to [`Workers::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workers(NonZeroUsize);

impl Workers {
    /// Far more than help, far fewer than a kernel refuses.
    pub const MAX: usize = 1024;

    pub fn get(self) -> usize {
        self.0.get()
    }
}

impl Value for Workers {
    fn wanted() -> String {
        format!("cores, or a number from 1 to {}", Workers::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        let count = match text {
            "cores" => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            _ => text.parse().ok()?, // What is wanted says it better than the error.
        };
        (count.get() <= Workers::MAX).then_some(Workers(count))
    }
}

/// How many times faster than life: 1 to [`Speed::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u32);

impl Speed {
    /// Two days in under two hundred milliseconds.
    pub const MAX: u32 = 1_000_000;

    pub fn get(self) -> u32 {
        self.0
    }
}

impl Value for Speed {
    fn wanted() -> String {
        format!("a whole number from 1 to {}", Speed::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        let times = text.parse().ok()?; // What is wanted says it better than the error.
        (1..=Speed::MAX).contains(&times).then_some(Speed(times))
    }
}

/// How many: 1 to [`Count::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(u32);

impl Count {
    /// Far more than a machine can bear.
    pub const MAX: u32 = 1_000_000;

    pub fn get(self) -> u32 {
        self.0
    }

    /// As an index.
    pub fn of_items(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Value for Count {
    fn wanted() -> String {
        format!("a whole number from 1 to {}", Count::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        let count = text.parse().ok()?; // What is wanted says it better than the error.
        (1..=Count::MAX).contains(&count).then_some(Count(count))
    }
}

/// How many bytes: 1 KiB to [`Size::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(usize);

impl Size {
    /// 1 GiB.
    pub const MAX: usize = 1 << 30;

    pub fn bytes(self) -> usize {
        self.0
    }
}

impl Value for Size {
    fn wanted() -> String {
        "a size from 1KiB to 1024MiB, such as 64KiB or 1MiB".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (digits, each) = match (text.strip_suffix("KiB"), text.strip_suffix("MiB")) {
            (Some(digits), _) => (digits, 1 << 10),
            (_, Some(digits)) => (digits, 1 << 20),
            (None, None) => return None,
        };
        let count: usize = digits.parse().ok()?; // What is wanted says it better than the error.
        let bytes = count.checked_mul(each)?;
        (1 << 10..=Size::MAX).contains(&bytes).then_some(Size(bytes))
    }
}

/// Which log lines are kept, in the words of `tracing_subscriber`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for LogFilter {
    fn wanted() -> String {
        "a level (error, warn, info, debug, trace) or a list such as info,rialto::ws=debug".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let valid = tracing_subscriber::EnvFilter::try_new(text).is_ok();
        (valid && !text.trim().is_empty()).then(|| LogFilter(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(Duration::parse("30m"), Some(Duration::from_secs(1800)));
        assert_eq!(Duration::parse("0ms"), Some(Duration::ZERO));
        assert_eq!(Duration::parse("30d"), Some(Duration::from_secs(2_592_000)));
        for wrong in ["", "30", "m", "-1s", "1.5h", "30 m", "30M", "4000d", "99999999999999999999d"]
        {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_out_of_bounds_is_refused() {
        assert_eq!(Speed::parse("20000").map(Speed::get), Some(20_000));
        for wrong in ["0", "-1", "1.5", "1000001", "fast"] {
            assert_eq!(Speed::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Count::parse("1").map(Count::get), Some(1));
        for wrong in ["0", "-1", "1000001", "1KiB", ""] {
            assert_eq!(Count::parse(wrong), None, "{wrong}");
        }
        assert!(Workers::parse("cores").is_some_and(|workers| workers.get() > 0));
        for wrong in ["0", "1025", "", "many"] {
            assert_eq!(Workers::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!(Size::parse("64KiB").map(Size::bytes), Some(65_536));
        assert_eq!(Size::parse("1024MiB").map(Size::bytes), Some(Size::MAX));
        for wrong in
            ["", "64", "0KiB", "KiB", "1025MiB", "1GiB", "64 KiB", "99999999999999999999KiB"]
        {
            assert_eq!(Size::parse(wrong), None, "{wrong}");
        }
    }
}
