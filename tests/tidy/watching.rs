//! What watches the broker asks only for figures that the broker tells, and every alert is seen to fire.
//!
//! A panel or a rule over a metric of another name shows nothing and says nothing: it looks like peace.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::tree::{files, is_within, read, root, verdict};

const RULES: &str = "deploy/alerts.yml";
const CASES: &str = "deploy/alerts_test.yml";
const DASHBOARD: &str = "deploy/grafana-dashboard.json";
/// What the sheet of figures calls a histogram, and what becomes of its name.
const SPREADS: &[&str] = &["times", "sizes"];
const PARTS_OF_A_SPREAD: &[&str] = &["_bucket", "_sum", "_count"];

/// The names of what this text tells on the sheet, as Prometheus stores them.
fn told(text: &str) -> BTreeSet<String> {
    let calls = text.split("sheet.").skip(1).filter_map(|call| {
        let (how, rest) = call.split_once('(')?;
        let name = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        Some((how, name))
    });
    calls.flat_map(|(how, name)| names_of(how, name)).collect()
}

fn names_of(how: &str, name: &str) -> Vec<String> {
    if SPREADS.contains(&how) {
        return PARTS_OF_A_SPREAD.iter().map(|part| format!("{name}{part}")).collect();
    }
    vec![name.to_owned()]
}

/// The names a text asks for.
fn asked(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("recado_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

fn exported() -> BTreeSet<String> {
    let sheets = files().into_iter().filter(|file| is_within(&file.path, "src/telemetry/metrics"));
    sheets.flat_map(|file| told(&file.text)).collect()
}

/// Every query of a dashboard, however deep.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(query) if matches!(name.as_str(), "expr" | "query") => found.push(query.to_owned()),
                    _ => queries(field, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

fn dashboard() -> Vec<String> {
    let mut found = Vec::new();
    queries(&serde_json::from_str(&read(DASHBOARD)).unwrap(), &mut found);
    found
}

fn invented(path: &str, text: &str, exported: &BTreeSet<String>) -> Vec<String> {
    let names = asked(text).into_iter().filter(|name| !exported.contains(name));
    names.map(|name| format!("{path} asks for {name}, which nothing tells")).collect()
}

/// Alerts that no case sees fire, or that the quiet case does not ask about.
fn unproved(rules: &str, cases: &str) -> Vec<String> {
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let quiet = |alert: &str| cases.contains(&format!("alertname: {alert}, exp_alerts: [] }}"));
    let fires =
        |alert: &str| cases.contains(&format!("alertname: {alert}\n        exp_alerts:\n          - "));
    let unproved = alerts.filter(|alert| !quiet(alert) || !fires(alert));
    unproved.map(|alert| format!("{alert} is not seen both to fire and to be quiet")).collect()
}

#[test]
fn every_figure_that_is_asked_for_is_told() {
    let exported = exported();
    assert!(exported.len() > 40, "the sheet was not found: {exported:?}");
    let queries = dashboard();
    assert!(queries.len() > 40, "the dashboard was not read");
    let asked = [(DASHBOARD, queries.join("\n")), (RULES, read(RULES)), (CASES, read(CASES))];
    let wrong = asked.iter().flat_map(|(path, text)| invented(path, text, &exported));
    verdict(&wrong.collect::<Vec<_>>());
}

#[test]
fn every_alert_is_proved() {
    verdict(&unproved(&read(RULES), &read(CASES)));
}

#[test]
fn the_rules_are_right_and_each_fires_on_its_fault() {
    for words in [["check", "rules", RULES], ["test", "rules", CASES]] {
        let Ok(output) = Command::new("promtool").args(words).current_dir(root()).output() else {
            let required = std::env::var("RECADO_TEST_TOOLS").is_ok_and(|value| value == "required");
            assert!(!required, "promtool is not installed");
            return eprintln!("skipped: promtool is not installed");
        };
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn a_planted_invention_is_found() {
    let sheet = r#"sheet.gauge("recado_a", "A.", 1)?; sheet.times(
        "recado_b_seconds", "B.", None, x)?; sheet.counter("recado_c_total", "C.", 2)"#;
    let exported = told(sheet);
    assert_eq!(exported.len(), 5, "{exported:?}");
    assert!(invented("a", "rate(recado_c_total[5m]) / recado_a", &exported).is_empty());
    assert!(invented("a", "sum(rate(recado_b_seconds_bucket{le=\"1\"}[5m]))", &exported).is_empty());
    assert_eq!(invented("a", "recado_c + recado_b_seconds + process_d", &exported).len(), 3);
    let deep = serde_json::json!({ "a": [{ "targets": [{ "expr": "recado_z" }] }] });
    let mut found = Vec::new();
    queries(&deep, &mut found);
    assert_eq!(found, ["recado_z"]);
}

#[test]
fn a_planted_alert_without_proof_is_found() {
    let rules = "      - alert: Down\n        expr: up == 0\n";
    let quiet = "- { eval_time: 7h, alertname: Down, exp_alerts: [] }\n";
    let fires =
        "      - eval_time: 5m\n        alertname: Down\n        exp_alerts:\n          - exp_labels: {}\n";
    assert!(unproved(rules, &format!("{quiet}{fires}")).is_empty());
    assert_eq!(unproved(rules, quiet).len(), 1);
    assert_eq!(unproved(rules, fires).len(), 1);
}
