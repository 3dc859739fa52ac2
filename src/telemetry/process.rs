//! What the kernel says about this process. Linux; elsewhere there is nothing to read and nothing is told.

use std::fs;

/// Of a second: the unit of times in `/proc/self/stat`, the same on every Linux.
const TICKS: f64 = 100.0;

/// Bytes, seconds and counts, each as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    pub cpu_seconds: Option<f64>,
    pub resident_bytes: Option<u64>,
    pub virtual_bytes: Option<u64>,
    pub threads: Option<u64>,
    /// Seconds since 1970.
    pub start_seconds: Option<f64>,
    pub open_fds: Option<usize>,
    pub max_fds: Option<u64>,
}

impl Usage {
    pub fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let (stat, status) = (text("/proc/self/stat"), text("/proc/self/status"));
        // Reading the folder opens it.
        let open = fs::read_dir("/proc/self/fd").ok().map(|open| open.count().saturating_sub(1));
        Self {
            cpu_seconds: cpu(&stat),
            resident_bytes: kib(&status, "VmRSS:"),
            virtual_bytes: kib(&status, "VmSize:"),
            threads: number(&status, "Threads:"),
            start_seconds: start(&stat, &text("/proc/stat")),
            open_fds: open,
            max_fds: number(&text("/proc/self/limits"), "Max open files"),
        }
    }
}

/// Bytes this process may use: its container's limit, or the machine's memory.
pub fn memory_limit() -> Option<u64> {
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok());
    container.or_else(|| kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:"))
}

/// A field of `/proc/self/stat` by its number in proc(5); the name before them may hold anything.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn cpu(stat: &str) -> Option<f64> {
    Some((field(stat, 14)? + field(stat, 15)?) / TICKS)
}

fn start(stat: &str, machine: &str) -> Option<f64> {
    let boot: f64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + field(stat, 22)? / TICKS)
}

/// The first number after a line's name.
fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn kib(text: &str, name: &str) -> Option<u64> {
    number(text, name).map(|kib| kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_moves_no_field() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 1000 22 33 44";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(start(stat, "cpu 1\nbtime 1700000000\n"), Some(1_700_000_010.0));
        assert_eq!((cpu(""), start(stat, "")), (None, None));
    }

    #[test]
    fn lines_are_read_by_their_name() {
        assert_eq!(kib("VmSize:\t 9 kB\nVmRSS:\t    12 kB\n", "VmRSS:"), Some(12 * 1024));
        assert_eq!(number("Max open files            1024  4096  files", "Max open files"), Some(1024));
        assert_eq!(number("Max open files            unlimited  unlimited", "Max open files"), None);
    }
}
