//! What a comparison came to: every aim beside the median of its rounds.
//!
//! A ratio is taken within a round and never across rounds, so that what disturbs the machine disturbs both its sides.

mod aims;
mod draw;

use aims::{AIMS, Aim};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub struct VerdictArgs {
    /// What bench/compare.sh wrote: one JSON object per run and line
    #[arg(long)]
    runs: PathBuf,
    /// Where to draw it
    #[arg(long)]
    svg: Option<PathBuf>,
}

/// One run of a comparison.
#[derive(Deserialize)]
pub struct Run {
    figure: String,
    who: String,
    round: u32,
    report: Value,
}

/// How an aim stands.
pub struct Standing {
    pub aim: &'static Aim,
    pub median: f64,
    least: f64,
    most: f64,
    rounds: usize,
}

pub fn give(args: VerdictArgs) -> Result<()> {
    let text =
        fs::read_to_string(&args.runs).with_context(|| format!("cannot read {}", args.runs.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let runs = lines.map(|line| serde_json::from_str(line).with_context(|| format!("not a run: {line}")));
    let runs: Vec<Run> = runs.collect::<Result<_>>()?;
    let standings: Vec<_> = AIMS.iter().filter_map(|aim| Standing::of(aim, &runs)).collect();
    ensure!(!standings.is_empty(), "no run speaks to any aim");
    for standing in &standings {
        eprintln!("{}", standing.line());
    }
    let Some(path) = args.svg else { return Ok(()) };
    fs::write(&path, draw::svg(&standings)).with_context(|| format!("cannot write {}", path.display()))
}

impl Standing {
    /// None: nothing was measured for it.
    pub fn of(aim: &'static Aim, runs: &[Run]) -> Option<Self> {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| value(aim, run, runs)).collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let (low, high) = (values.get((values.len() - 1) / 2)?, values.get(values.len() / 2)?);
        Some(Self { aim, median: f64::midpoint(*low, *high), least, most, rounds: values.len() })
    }

    pub fn line(&self) -> String {
        let Self { aim, median, least, most, rounds } = self;
        let verdict = if aim.bound.holds(*median) { "reached" } else { "MISSED" };
        format!(
            "{:<64} {:>9} {:<8} aim {} {:<7} {verdict} ({} to {}, {rounds} rounds)",
            aim.title,
            shown(*median),
            aim.unit,
            aim.bound.sign(),
            shown(aim.bound.limit()),
            shown(*least),
            shown(*most),
        )
    }
}

/// The run's own figure, or its ratio to that of the other side in the same round.
fn value(aim: &Aim, run: &Run, runs: &[Run]) -> Option<f64> {
    let is_of = |run: &Run, who: &str| run.figure == aim.figure && run.who == who;
    if !is_of(run, aim.who) {
        return None;
    }
    let own = run.report.pointer(aim.field)?.as_f64()? / aim.scale;
    let Some(against) = aim.against else { return Some(own) };
    let other = runs.iter().find(|other| is_of(other, against) && other.round == run.round)?;
    let other = other.report.pointer(aim.field)?.as_f64()? / aim.scale;
    (other > 0.0).then(|| own / other)
}

/// Three digits that mean something.
pub fn shown(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(figure: &str, who: &str, round: u32, merit: u32) -> Run {
        let report = json!({ "deliveries_per_cpu_second": merit });
        Run { figure: figure.to_owned(), who: who.to_owned(), round, report }
    }

    #[test]
    fn each_round_is_compared_with_itself_and_the_middle_one_counts() {
        let aim =
            AIMS.iter().find(|aim| aim.figure == "fanout-1" && aim.against == Some("floor-each")).unwrap();
        let rounds = [(100, 100), (50, 100), (10, 10)];
        let runs: Vec<_> = rounds
            .iter()
            .zip(1..)
            .flat_map(|((ours, floor), round)| {
                [run("fanout-1", "recado", round, *ours), run("fanout-1", "floor-each", round, *floor)]
            })
            .collect();
        let standing = Standing::of(aim, &runs).unwrap();
        assert_eq!((standing.median, standing.least, standing.rounds), (1.0, 0.5, 3));
        assert!(standing.line().contains("reached"));
        assert!(Standing::of(aim, &[run("fanout-1", "recado", 1, 5)]).is_none());
    }
}
