//! Tests wait on events, never on the clock: a sleep is either too short for a slow machine or too long for a fast one.
//!
//! The exceptions are those where time itself is what is tested.

use crate::tree::{File, Source, files, sources, stale, verdict};

/// Files that may sleep, each with why no event could be waited for.
const SLEEPERS: &[(&str, &str)] = &[
    (
        "tests/broker/catching_up.rs",
        "people return at every moment around a room's end, and time is what moves it",
    ),
    ("tests/broker/house.rs", "vitals are read and never sent, so they are read again until a deadline"),
    ("tests/broker/limits.rs", "whoever is over a limit is told a time, and that time is what is tested"),
    ("tests/broker/limits_at_the_door.rs", "the same at the door"),
    ("tests/broker/minutes.rs", "a careful client's own pause before it tries again"),
    (
        "tests/chaos/broker.rs",
        "another process tells of its start and end in no other way than by being asked again",
    ),
    ("tests/chaos/client.rs", "a client that lost its broker backs off, as real ones do"),
    ("tests/chaos/kill9.rs", "the pauses between kills are the experiment"),
];

fn naps(source: &Source) -> Vec<String> {
    let in_file =
        source.is_within("tests") || source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    let calls = source.tokens.windows(2).filter(|pair| {
        let [name, next] = pair else { return false };
        let in_test = in_file || name.within.iter().any(|module| module == "tests");
        in_test && next.text == "(" && matches!(name.text.as_str(), "sleep" | "sleep_until")
    });
    let lines = calls.filter_map(|pair| pair.first()).map(|token| token.line);
    lines.map(|line| format!("{}:{line} sleeps", source.path)).collect()
}

fn naps_in_script(file: &File) -> Vec<String> {
    let is_script = [".mjs", ".js", ".py", ".sh"].iter().any(|kind| file.path.ends_with(kind));
    let scripted = is_script && file.path.starts_with("tests/");
    let lines = file.text.lines().enumerate().filter(|(_, line)| scripted && line.contains("sleep("));
    lines.map(|(number, _)| format!("{}:{} sleeps", file.path, number + 1)).collect()
}

#[test]
fn tests_wait_on_events() {
    let excepted: Vec<_> = SLEEPERS.iter().map(|(path, _)| *path).collect();
    let found: Vec<_> =
        sources().iter().flat_map(naps).chain(files().iter().flat_map(naps_in_script)).collect();
    let path_of = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
    let needed: Vec<_> = found.iter().map(path_of).collect();
    let unexcused = found.into_iter().filter(|line| !excepted.contains(&path_of(line).as_str()));
    verdict(&unexcused.chain(stale(&excepted, &needed)).collect::<Vec<_>>());
}

#[test]
fn a_planted_nap_is_found() {
    let naps = |path: &str, text: &str| naps(&Source::new(path, text)).len();
    assert_eq!(naps("tests/broker/story.rs", "async fn f() { tokio::time::sleep(x).await }"), 1);
    assert_eq!(naps("src/auth/tests/jwks.rs", "fn f() { std::thread::sleep (x) }"), 1);
    assert_eq!(naps("src/app.rs", "fn f() { sleep(x) } mod tests { fn g() { sleep(y) } }"), 1);
    assert_eq!(naps("tests/broker/story.rs", "// sleep(1)\nuse tokio::time::sleep;"), 0);
    let script = |path: &str| File { path: path.to_owned(), text: "await sleep(5)".to_owned() };
    assert_eq!(naps_in_script(&script("tests/node/a.mjs")).len(), 1);
    assert_eq!(naps_in_script(&script("web/demo/a.js")).len(), 0);
}
