//! What the hot functions cost in instructions, which no noise of a machine can blur.
//!
//! Each case is counted twice with a different number of calls; only the difference is compared, so that starting up
//! never counts. More than the tolerance above the baseline is a failure.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Args)]
pub struct InstructionsArgs {
    /// The program that makes the calls: `PROGRAM CASE TIMES`
    #[arg(long)]
    program: PathBuf,
    /// What each case cost before
    #[arg(long)]
    baseline: PathBuf,
    /// Write what they cost now instead of judging it
    #[arg(long)]
    write: bool,
}

/// The file with what was counted before.
#[derive(Serialize, Deserialize)]
struct Baseline {
    /// Growth that is no failure, in percent.
    tolerance_percent: f64,
    cases: BTreeMap<String, Case>,
}

#[derive(Serialize, Deserialize)]
struct Case {
    /// Calls that lie between the two counts.
    calls: u64,
    /// For one call.
    instructions: u64,
}

pub fn judge(args: &InstructionsArgs) -> Result<()> {
    let place = args.baseline.display();
    let text = fs::read_to_string(&args.baseline).with_context(|| format!("cannot read {place}"))?;
    let mut baseline: Baseline =
        serde_json::from_str(&text).with_context(|| format!("cannot read {place}"))?;
    let mut grown = Vec::new();
    for (name, case) in &mut baseline.cases {
        let now = price(&args.program, name, case.calls)?;
        let change = growth(case.instructions, now);
        eprintln!("{name:<10} {now:>10} instructions a call, {change:+.1} % (was {})", case.instructions);
        if change > baseline.tolerance_percent {
            grown.push(format!("{name} by {change:.1} %"));
        }
        case.instructions = now;
    }
    if args.write {
        let text = serde_json::to_string_pretty(&baseline)?;
        return fs::write(&args.baseline, text + "\n").with_context(|| format!("cannot write {place}"));
    }
    ensure!(grown.is_empty(), "grown past {} %: {}", baseline.tolerance_percent, grown.join(", "));
    Ok(())
}

fn price(program: &Path, case: &str, calls: u64) -> Result<u64> {
    ensure!(calls > 0, "{case} is called no times");
    let few = count(program, case, calls)?;
    let many = count(program, case, calls * 2)?;
    Ok(many.saturating_sub(few) / calls)
}

fn count(program: &Path, case: &str, times: u64) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output =
        valgrind.arg(program).args([case, &times.to_string()]).output().context("cannot run valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{case} failed: {told}");
    match collected(&told) {
        Some(count) => Ok(count),
        None => bail!("callgrind did not say what it counted: {told}"),
    }
}

/// From the line `==12== Collected : 4711`.
fn collected(told: &str) -> Option<u64> {
    told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

fn growth(before: u64, now: u64) -> f64 {
    let small = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if before == 0 { 0.0 } else { (small(now) / small(before) - 1.0) * 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_callgrind_says() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 1234\n"), Some(1234));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn growth_is_seen_in_both_directions() {
        assert!((growth(100, 106) - 6.0).abs() < 0.01);
        assert!((growth(100, 90) + 10.0).abs() < 0.01);
    }
}
