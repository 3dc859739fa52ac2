//! Lays file and environment over the defaults, remembering where each value came from.
//!
//! It alone merges: a value that is wrong leaves the one below it in place, and the mistake is noted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::alias::{ALIASES, Alias, Reading};
use super::errors::{ConfigErrors, Contradictions, Mistakes};
use super::reading::{from_text, type_flaw};
use super::schema::{Leaves, defaults, is_secret, is_section, leaves, nearest, nested};
use super::{Config, Environment, ranges};

const PREFIX: &str = "RECADO_";

pub(super) struct Layers {
    known: Leaves,
    values: Leaves,
    sources: BTreeMap<String, String>,
    mistakes: Mistakes,
    remarks: Vec<String>,
}

impl Layers {
    pub fn new() -> Result<Self, ConfigErrors> {
        let known = defaults()?;
        let values = known.clone();
        let (sources, remarks) = (BTreeMap::new(), Vec::new());
        Ok(Self { known, values, sources, mistakes: Mistakes::default(), remarks })
    }

    pub fn add_file(&mut self, file: &Path) {
        let name = file.display().to_string();
        match read(file) {
            Ok(table) => {
                for (path, value) in leaves(table) {
                    self.set_checked(&path, value, &name);
                }
            }
            Err(reason) => self.mistakes.add(&name, &reason, None),
        }
    }

    fn set_checked(&mut self, path: &str, value: Value, source: &str) {
        let Some(like) = self.known.get(path) else { return self.refuse(path, path, source) };
        match type_flaw(&value, like, is_secret(path)) {
            Some(flaw) => self.mistakes.add(path, &flaw, Some(source)),
            None => self.set(path, value, source),
        }
    }

    pub fn add_aliases(&mut self, env: &Environment) {
        let mut claims = BTreeMap::new();
        for alias in ALIASES {
            // An orchestrator's own REDIS_PORT is a whole address; nobody chose it.
            let set = |text: &&String| !text.is_empty() && !text.starts_with("tcp://");
            let Some(text) = env.get(alias.variable).filter(set) else { continue };
            for path in alias.paths {
                self.add_alias(alias, path, text, &mut claims);
            }
        }
    }

    fn add_alias<'a>(
        &mut self,
        alias: &Alias,
        path: &'static str,
        text: &'a str,
        claims: &mut BTreeMap<(&'static str, bool), (&'static str, &'a str)>,
    ) {
        // Two names for one setting are fine as long as they say the same.
        let slot = (path, alias.reading == Reading::Previous);
        let (first, said) = *claims.entry(slot).or_insert((alias.variable, text));
        if said != text {
            return self.mistakes.add(path, &format!("{first} and {} disagree", alias.variable), None);
        }
        let Some(current) = self.values.get(path) else { return };
        match alias.reading.read(text, current) {
            Ok(value) => self.set(path, value, alias.variable),
            Err(flaw) => self.mistakes.add(path, &flaw, Some(alias.variable)),
        }
    }

    pub fn add_overrides(&mut self, env: &Environment) {
        for (variable, text) in env {
            let Some(name) = variable.strip_prefix(PREFIX).filter(|_| !text.is_empty()) else { continue };
            let path = name.to_ascii_lowercase().replace("__", ".");
            if !path.contains('.') {
                self.remark_on(variable, &path);
                continue;
            }
            let Some(like) = self.known.get(&path) else {
                self.refuse(&path, variable, variable);
                continue;
            };
            match from_text(text, like) {
                Ok(value) => self.set(&path, value, variable),
                Err(flaw) => self.mistakes.add(&path, &flaw, Some(variable)),
            }
        }
    }

    /// Orchestrators put names such as RECADO_PORT into the environment on their own, so one without a
    /// section stops nothing; but its author may have meant a setting.
    fn remark_on(&mut self, variable: &str, name: &str) {
        let meant = |path: &&String| {
            path.replace('.', "_") == name || path.rsplit('.').next().is_some_and(|key| key == name)
        };
        let meant: Vec<_> = self.known.keys().filter(meant).map(|path| variable_of(path)).collect();
        if !meant.is_empty() {
            self.remarks.push(format!("{variable}: is ignored, did you mean {}?", meant.join(" or ")));
        }
    }

    fn refuse(&mut self, path: &str, shown: &str, source: &str) {
        if is_section(path, &self.known) {
            return self.mistakes.add(path, "expected a section", Some(source));
        }
        let meant = nearest(path, &self.known)
            .map(|path| if shown == source { variable_of(path) } else { path.to_owned() });
        let hint = meant.map(|meant| format!(", did you mean {meant}?")).unwrap_or_default();
        let source = Some(source).filter(|source| *source != shown);
        self.mistakes.add(shown, &format!("is not a setting{hint}"), source);
    }

    fn set(&mut self, path: &str, value: Value, source: &str) {
        self.values.insert(path.to_owned(), value);
        self.sources.insert(path.to_owned(), source.to_owned());
    }

    /// Numbers outside their range are told and replaced by the default, so that the rest can be judged.
    pub fn check_ranges(&mut self) {
        for (path, range) in ranges::RANGES {
            let Some(number) = self.values.get(*path).and_then(Value::as_integer) else { continue };
            if range.contains(&number) {
                continue;
            }
            let text = format!("{number} is not between {} and {}", range.start(), range.end());
            self.mistakes.add(path, &text, self.sources.get(*path).map(String::as_str));
            if let Some(default) = self.known.get(*path) {
                self.values.insert((*path).to_owned(), default.clone());
            }
        }
    }

    pub fn settings(&self) -> Result<Config, ConfigErrors> {
        let settings = nested(&self.values).try_into();
        settings.map_err(|error: toml::de::Error| ConfigErrors::of(error.message().to_owned()))
    }

    pub fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    /// All mistakes of reading, then all contradictions.
    pub fn verdict(mut self, found: Contradictions) -> Result<(), ConfigErrors> {
        found.tell(&mut self.mistakes, &self.sources);
        self.mistakes.verdict()
    }

    #[cfg(test)]
    pub fn value(&self, path: &str) -> Option<&Value> {
        self.values.get(path)
    }

    #[cfg(test)]
    pub fn mistakes(&self) -> Vec<String> {
        self.mistakes.verdict().err().map(|errors| errors.lines).unwrap_or_default()
    }
}

fn variable_of(path: &str) -> String {
    format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"))
}

fn read(file: &Path) -> Result<Table, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    text.parse::<Table>().map_err(|error| {
        // The parser's own display repeats the line, and with it perhaps a secret.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{place}{}", error.message())
    })
}
