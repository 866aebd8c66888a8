//! What a session was opened with and from where, as far as the client tells.

/// Where a session was opened from, as far as the client told.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub user_agent: Option<String>,
    pub address: Option<String>,
    /// The network that the address is of: so much of it as stays the same from day to day.
    pub network: Option<String>,
}

/// What a `User-Agent` holds of a browser, and what people call it. Each claims to be those below
/// it too, so the first that is found is the one.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];
const UNKNOWN: &str = "an unknown device";
/// How much is shown of a name that we don't know, in characters.
const NAME_CHARS_MAX: usize = 20;

impl Device {
    /// What it is, such as `Firefox on Linux`: a name that an update of the browser doesn't change.
    pub fn name(&self) -> String {
        let Some(agent) = &self.user_agent else { return UNKNOWN.to_owned() };
        let find = |list: &[(&str, &'static str)]| {
            list.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
        };
        match (find(&BROWSERS), find(&SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(browser), None) => browser.to_owned(),
            (None, Some(system)) => format!("a program on {system}"),
            (None, None) => product(agent),
        }
    }
}

/// The name of a program without its version: `curl` of `curl/8.1`. It stands in letters, so that
/// nothing of it is left by which somebody could be told to go anywhere.
fn product(agent: &str) -> String {
    let name = agent.split(['/', ' ']).next().unwrap_or_default();
    let letters = name.chars().filter(char::is_ascii_alphabetic);
    let name: String = letters.take(NAME_CHARS_MAX).collect();
    if name.is_empty() { UNKNOWN.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(user_agent: &str) -> Device {
        Device { user_agent: Some(user_agent.to_owned()), ..Device::default() }
    }

    #[test]
    fn a_device_is_called_by_its_browser_and_system() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                      Gecko) Chrome/142.0.0.0 Safari/537.36";
        let edge = format!("{chrome} Edg/142.0.0.0");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (agent, name) in [
            (chrome, "Chrome on Windows"),
            (&edge, "Edge on Windows"),
            (safari, "Safari on iPhone"),
            (firefox, "Firefox on Linux"),
            ("curl/8.14.1", "curl"),
            ("www.evil-1.example/1", "wwwevilexample"),
            ("", "an unknown device"),
        ] {
            assert_eq!(device(agent).name(), name, "{agent}");
        }
        assert_eq!(Device::default().name(), "an unknown device");
    }

    #[test]
    fn an_update_of_the_browser_makes_no_new_device() {
        let version = |it| device(&format!("Mozilla/5.0 (X11; Linux) Firefox/{it}")).name();
        assert_eq!(version("140.0"), version("141.0"));
    }
}
