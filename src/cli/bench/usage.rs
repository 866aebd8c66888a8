//! What a process uses of the machine, where the system tells: on Linux; and what a server says of itself.

use std::time::Duration;

use super::super::Failure;

/// What a process has used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Of the processor, since it began.
    pub spent: Duration,
    /// Of memory, now, in bytes.
    pub resident: u64,
}

/// A process of this machine, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    pub fn usage(self) -> Result<Usage, Failure> {
        let untold = || Failure::new("the system does not tell what a process uses".to_owned());
        let usage = self.spent().zip(self.resident());
        usage.map(|(spent, resident)| Usage { spent, resident }).ok_or_else(untold)
    }

    fn resident(self) -> Option<u64> {
        let pages: u64 = self.read("statm")?.split(' ').nth(1)?.parse().ok()?;
        Some(pages.saturating_mul(u64::try_from(rustix::param::page_size()).ok()?))
    }

    /// By all its threads, those that have ended too.
    fn spent(self) -> Option<Duration> {
        let stat = self.read("stat")?;
        // The second field is a name in parentheses, in which there may be anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let user: u64 = fields.nth(11)?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let a_second = rustix::param::clock_ticks_per_second();
        let micros = user.saturating_add(system).saturating_mul(1_000_000);
        Some(Duration::from_micros(micros.checked_div(a_second)?))
    }

    fn read(self, file: &str) -> Option<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0)).ok()
    }
}

/// What the server says of itself among its metrics.
pub fn of_metrics(text: &str) -> Option<Usage> {
    let resident = value(text, "rialto_process_resident_memory_bytes")?.parse().ok()?;
    Some(Usage { spent: spent(text)?, resident })
}

/// The processor time that the server says it has used.
pub fn spent(metrics: &str) -> Option<Duration> {
    let seconds = value(metrics, "rialto_process_cpu_seconds_total")?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What the metrics have under this name; nothing is none.
pub fn figure(metrics: &str, name: &str) -> u64 {
    value(metrics, name).and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn value<'m>(metrics: &'m str, name: &str) -> Option<&'m str> {
    let mut lines = metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_what_it_uses() {
        let text = "# HELP x\nrialto_process_cpu_seconds_total 1.5\nrialto_process_resident_memory_bytes 4096\n";
        let usage = of_metrics(text).unwrap();
        assert_eq!((usage.spent, usage.resident), (Duration::from_millis(1_500), 4_096));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_seen_to_use_memory_and_time() {
        let own = Process(std::process::id());
        let before = own.usage().unwrap();
        while own.usage().unwrap().spent == before.spent {}
        assert!(before.resident > 1 << 20);
    }
}
