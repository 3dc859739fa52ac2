//! What the image is: a binary as its own first process, without rights, asked for its health by itself.
//!
//! And what goes into building it: everything the Dockerfile copies, and nothing else.

use crate::tree::{exists, read, root, table, verdict};

const BINARY: &str = "[\"/app/recado\"]";

/// One instruction with its continued lines joined.
struct Instruction {
    word: String,
    rest: String,
}

struct Stage {
    name: String,
    base: String,
    instructions: Vec<Instruction>,
}

impl Stage {
    fn last(&self, word: &str) -> Option<&str> {
        let mut found = self.instructions.iter().rev().filter(|instruction| instruction.word == word);
        found.next().map(|instruction| instruction.rest.as_str())
    }
}

fn stages(dockerfile: &str) -> Vec<Stage> {
    let lines = dockerfile.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let mut stages: Vec<Stage> = Vec::new();
    for line in joined.lines() {
        let Some((word, rest)) = line.trim().split_once(' ') else { continue };
        if word == "FROM" {
            let (base, name) = rest.split_once(" AS ").unwrap_or((rest, ""));
            stages.push(Stage { name: name.into(), base: base.into(), instructions: Vec::new() });
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(Instruction { word: word.into(), rest: rest.trim().into() });
        }
    }
    stages
}

/// What an image says in its last word or, where it is silent, in that of the stage it is built on.
fn inherited<'a>(stages: &'a [Stage], stage: &'a Stage, word: &str) -> Option<&'a str> {
    let base = || stages.iter().find(|other| other.name == stage.base);
    stage.last(word).or_else(|| inherited(stages, base()?, word))
}

fn flaws(dockerfile: &str) -> Vec<String> {
    let stages = stages(dockerfile);
    let Some(image) = stages.last() else { return vec!["the Dockerfile has no stage".to_owned()] };
    let said = |word| inherited(&stages, image, word).unwrap_or_default();
    let user = said("USER");
    let health = said("HEALTHCHECK").split_once("CMD ").map(|(_, command)| command);
    let builds = stages.iter().flat_map(|stage| &stage.instructions);
    let mut builds = builds.filter(|instruction| instruction.rest.contains("cargo build"));
    let facts = [
        ("the binary itself as its first process", said("ENTRYPOINT") == BINARY),
        ("a user by number, not root", user.starts_with(|char: char| matches!(char, '1'..='9'))),
        ("health asked by the binary", health == Some("[\"/app/recado\", \"healthcheck\"]")),
        ("the signal the broker drains on", said("STOPSIGNAL") == "SIGTERM"),
        ("its volume at /data", said("VOLUME") == "/data"),
        ("the ports it listens on", said("EXPOSE") == "8080 9091"),
        ("figures where it says", said("ENV").contains("METRICS_PORT=9091")),
        ("a name and a licence", said("LABEL").contains(".title=") && said("LABEL").contains(".licenses=")),
        ("builds that keep to the lock", builds.all(|build| build.rest.contains("--locked"))),
    ];
    facts.iter().filter(|(_, holds)| !holds).map(|(fact, _)| format!("the image lacks {fact}")).collect()
}

/// The variables the default image sets.
pub fn environment() -> Vec<(String, String)> {
    let stages = stages(&read("Dockerfile"));
    let image = stages.last().expect("the Dockerfile has a stage");
    let pairs = inherited(&stages, image, "ENV").unwrap_or_default().split_whitespace();
    pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

/// Files of the checkout that the Dockerfile copies.
fn copied(dockerfile: &str) -> Vec<String> {
    let stages = stages(dockerfile);
    let instructions = stages.iter().flat_map(|stage| &stage.instructions);
    let copies = instructions.filter(|one| one.word == "COPY" && !one.rest.starts_with("--from"));
    let sources = copies.flat_map(|copy| {
        let words: Vec<_> = copy.rest.split_whitespace().map(str::to_owned).collect();
        let count = words.len().saturating_sub(1);
        words.into_iter().take(count)
    });
    sources.collect()
}

/// Let through by name, or with the folder it lies in.
fn is_let_through(ignore: &str, path: &str) -> bool {
    let let_through = ignore.lines().filter_map(|line| line.strip_prefix('!'));
    let_through.into_iter().any(|name| path == name || path.starts_with(&format!("{name}/")))
}

#[test]
fn the_image_is_a_binary_without_rights() {
    verdict(&flaws(&read("Dockerfile")));
}

#[test]
fn what_the_image_copies_exists_and_is_not_ignored() {
    let (copied, ignore) = (copied(&read("Dockerfile")), read(".dockerignore"));
    assert!(copied.iter().any(|path| path == "src"), "the copies were not read");
    assert!(ignore.lines().any(|line| line == "*"), "the list must begin with nothing");
    let lost = copied.iter().filter(|path| !exists(path) || !is_let_through(&ignore, path));
    verdict(
        &lost.map(|path| format!("{path} is copied but does not exist or is ignored")).collect::<Vec<_>>(),
    );
}

/// Every member's manifest, or cargo finds no workspace in the first layer.
#[test]
fn the_first_layer_has_every_manifest() {
    let copied = copied(&read("Dockerfile"));
    let root = table("Cargo.toml");
    let members = root["workspace"]["members"].as_array().unwrap().iter().filter_map(toml::Value::as_str);
    let missing = members.map(|member| format!("{member}/Cargo.toml")).filter(|path| !copied.contains(path));
    verdict(&missing.map(|path| format!("the Dockerfile does not copy {path}")).collect::<Vec<_>>());
}

#[test]
fn the_image_is_built_by_a_rust_that_is_new_enough() {
    let wanted = table("Cargo.toml")["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    let stages = stages(&read("Dockerfile"));
    let tag =
        stages.first().and_then(|stage| stage.base.strip_prefix("rust:")).expect("rust builds the image");
    let minor = |version: &str| version.split(['.', '-']).nth(1).and_then(|minor| minor.parse::<u32>().ok());
    assert!(minor(tag) >= minor(&wanted), "{tag} is older than {wanted}");
}

/// On Fly root hands over the volume, and the broker takes the script's place as somebody else.
#[test]
fn the_stage_for_fly_ends_as_the_broker_without_rights() {
    let stages = stages(&read("Dockerfile"));
    let target = table("fly.toml")["build"]["build-target"].as_str().unwrap().to_owned();
    let stage = stages.iter().find(|stage| stage.name == target).expect("fly builds a stage there is");
    assert_eq!(stage.last("ENTRYPOINT"), Some("[\"/app/enter-on-fly.sh\"]"));
    let script = read("deploy/enter-on-fly.sh").replace("\\\n", " ");
    let last = script.trim_end().lines().next_back().unwrap();
    assert!(last.starts_with("exec setpriv --reuid=10001 --regid=10001 --clear-groups "), "{last}");
    assert!(last.ends_with(" /app/recado \"$@\""), "{last}");
}

#[test]
fn what_is_started_by_name_can_be_started() {
    use std::os::unix::fs::PermissionsExt;
    for script in ["test.sh", ".ci/run", "deploy/enter-on-fly.sh", "bench/compare.sh", "bench/callgrind.sh"] {
        let mode = std::fs::metadata(root().join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is not executable");
        let text = read(script);
        assert!(text.starts_with("#!/"), "{script} does not say what runs it");
        assert!(text.contains("\nset -eu"), "{script} goes on after a failure");
    }
}

#[test]
fn every_planted_flaw_of_an_image_is_found() {
    let dockerfile = read("Dockerfile");
    for (right, wrong) in [
        ("ENTRYPOINT [\"/app/recado\"]", "ENTRYPOINT /app/recado"),
        ("USER 10001:10001", "USER root"),
        ("USER 10001:10001\n", ""),
        ("[\"/app/recado\", \"healthcheck\"]", "curl localhost:8080"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
        (" --locked", ""),
        ("EXPOSE 8080", "EXPOSE 80"),
        ("METRICS_PORT=9091", "METRICS_PORT=9092"),
        (".licenses=\"MIT\"", ".vendor=\"us\""),
    ] {
        let planted = dockerfile.replace(right, wrong);
        assert_ne!(planted, dockerfile, "{right}");
        assert_eq!(flaws(&planted).len(), 1, "{wrong}");
    }
    assert!(!is_let_through("*\n!src", "srcs") && is_let_through("*\n!src", "src/main.rs"));
}
