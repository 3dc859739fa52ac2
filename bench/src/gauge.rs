//! What the kernel says about a running program: its time on a core, its resident memory, its open files.
//!
//! Reads /proc only, so watching a server takes nothing from it.

use anyhow::{Context, Result, ensure};
use std::fs;

/// The kernel reports in hundredths of a second on every platform Rust runs Linux on.
const TICK_MILLIS: usize = 10;

/// Milliseconds the program has spent on a core so far, in user and kernel mode, all threads.
pub fn cpu_millis(pid: u32) -> Result<usize> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // the program's name stands in brackets and may hold spaces: count behind it
    let (_, fields) = stat.rsplit_once(')').context("the stat line has no name")?;
    let mut times = fields.split_whitespace().skip(11);
    let user: usize = times.next().context("the stat line is short")?.parse()?;
    let kernel: usize = times.next().context("the stat line is short")?.parse()?;
    Ok((user + kernel) * TICK_MILLIS)
}

/// Resident bytes of a program.
#[derive(Clone, Copy)]
pub struct Resident {
    /// Everything mapped and present.
    pub all: i64,
    /// The heap and the stacks: what connections are made of.
    pub anonymous: i64,
}

pub fn resident(pid: u32) -> Result<Resident> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let read = |name: &str| -> Result<i64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        Ok(kilobytes.with_context(|| format!("{path} has no {name}"))?.parse::<i64>()? * 1024)
    };
    Ok(Resident { all: read("Rss")?, anonymous: read("Pss_Anon")? })
}

/// What the kernel holds, for all programs together.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// Queued in TCP sockets.
    pub socket_buffers: i64,
    /// Sockets, files, directory entries and all else that cannot be given back.
    pub objects: i64,
}

pub fn kernel() -> Result<Kernel> {
    const PAGE: i64 = 4096;
    let sockets = fs::read_to_string("/proc/net/sockstat").context("cannot read /proc/net/sockstat")?;
    let tcp = sockets.lines().find(|line| line.starts_with("TCP:")).context("sockstat has no TCP line")?;
    let pages = tcp.split_whitespace().skip_while(|word| *word != "mem").nth(1);
    let pages: i64 = pages.context("sockstat has no memory of TCP")?.parse()?;
    let memory = fs::read_to_string("/proc/meminfo").context("cannot read /proc/meminfo")?;
    let slab = memory.lines().find_map(|line| line.strip_prefix("SUnreclaim:"));
    let slab = slab.and_then(|line| line.split_whitespace().next()).context("meminfo has no SUnreclaim")?;
    Ok(Kernel { socket_buffers: pages * PAGE, objects: slab.parse::<i64>()? * 1024 })
}

pub fn open_files(pid: u32) -> Result<usize> {
    let path = format!("/proc/{pid}/fd");
    Ok(fs::read_dir(&path).with_context(|| format!("cannot list {path}"))?.count())
}

/// Fails early and says how to mend it: raising the limit from here would need unsafe code.
pub fn ensure_files(wanted: usize) -> Result<()> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unlimited");
    let Ok(soft) = soft.parse::<usize>() else { return Ok(()) };
    ensure!(
        soft >= wanted,
        "{wanted} open files are needed and {soft} allowed: run `ulimit -n {wanted}` first"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_can_be_weighed_and_timed() -> anyhow::Result<()> {
        let me = std::process::id();
        assert!(super::resident(me)?.all > 0);
        assert!(super::open_files(me)? > 0);
        assert!(super::cpu_millis(me).is_ok());
        assert!(super::kernel()?.objects > 0);
        Ok(())
    }
}
