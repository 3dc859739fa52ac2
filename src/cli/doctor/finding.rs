//! What the doctor found, in plain words. Pure.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Well,
    /// Worth knowing; nothing is broken.
    Note,
    Ill,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    what: &'static str,
    pub verdict: Verdict,
    says: String,
    /// What to do about it.
    mend: Option<String>,
}

impl Finding {
    pub fn well(what: &'static str, says: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Well, says: says.into(), mend: None }
    }

    pub fn note(what: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Note, says: says.into(), mend: Some(mend.into()) }
    }

    pub fn ill(what: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ill, says: says.into(), mend: Some(mend.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Well => "ok  ",
            Verdict::Note => "note",
            Verdict::Ill => "MEND",
        };
        write!(f, "{word}  {:<12} {}", self.what, self.says)?;
        match &self.mend {
            Some(mend) => write!(f, "\n      {:<12} -> {mend}", ""),
            None => Ok(()),
        }
    }
}
