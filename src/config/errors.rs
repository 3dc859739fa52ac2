//! What is wrong with the settings, as lines an operator can act on.
//!
//! It alone words a mistake: the setting first, then what is wrong, then where the value came from.

use std::collections::BTreeMap;

/// Every mistake at once, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .lines.join("\n"))]
pub struct ConfigErrors {
    pub lines: Vec<String>,
}

impl ConfigErrors {
    pub(super) fn of(line: String) -> Self {
        Self { lines: vec![line] }
    }
}

/// Settings that are well formed but do not go together, by the settings they are about.
#[derive(Default)]
pub(super) struct Contradictions(Vec<(Vec<&'static str>, String)>);

impl Contradictions {
    pub fn against(&mut self, paths: &[&'static str], text: impl Into<String>) {
        self.0.push((paths.to_vec(), text.into()));
    }

    pub fn verdict(self) -> Result<(), ConfigErrors> {
        let mut mistakes = Mistakes::default();
        self.tell(&mut mistakes, &BTreeMap::new());
        mistakes.verdict()
    }

    /// Leaves out what only follows from a setting that could not be read and so kept its default.
    pub fn tell(self, mistakes: &mut Mistakes, sources: &BTreeMap<String, String>) {
        let broken = mistakes.paths.clone();
        for (paths, text) in self.0 {
            if paths.iter().any(|path| broken.iter().any(|known| known == path)) {
                continue;
            }
            let Some(first) = paths.first() else { continue };
            mistakes.add(first, &text, sources.get(*first).map(String::as_str));
        }
    }
}

/// The lines so far, and the settings they are about.
#[derive(Default)]
pub(super) struct Mistakes {
    paths: Vec<String>,
    lines: Vec<String>,
}

impl Mistakes {
    pub fn add(&mut self, path: &str, text: &str, source: Option<&str>) {
        let from = source.map(|source| format!(" (from {source})")).unwrap_or_default();
        self.paths.push(path.to_owned());
        self.lines.push(format!("{path}: {text}{from}"));
    }

    pub fn verdict(&self) -> Result<(), ConfigErrors> {
        if self.lines.is_empty() {
            return Ok(());
        }
        Err(ConfigErrors { lines: self.lines.clone() })
    }
}
