//! Reads the licence expressions that crates carry, and says whether one of the ways they offer is allowed.
//!
//! What it cannot read it does not allow.

/// An allowed way through `A OR B`, `A AND B`, `(…)`, `A WITH exception`, and the older `A/B`.
pub fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { words: spaced.split_whitespace().collect(), at: 0, allowed };
    words.either() == Some(true) && words.at == words.words.len()
}

struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [String],
}

impl<'a> Words<'a> {
    fn take(&mut self, wanted: &str) -> bool {
        let found = self.words.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Option<&'a str> {
        let word =
            self.words.get(self.at).copied().filter(|word| !matches!(*word, "(" | ")" | "OR" | "AND"))?;
        self.at += 1;
        Some(word)
    }

    fn either(&mut self) -> Option<bool> {
        let mut any = self.both()?;
        while self.take("OR") {
            any |= self.both()?;
        }
        Some(any)
    }

    fn both(&mut self) -> Option<bool> {
        let mut all = self.one()?;
        while self.take("AND") {
            all &= self.one()?;
        }
        Some(all)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inside = self.either()?;
            return self.take(")").then_some(inside);
        }
        let licence = self.word()?;
        // An exception only gives more.
        if self.take("WITH") {
            self.word()?;
        }
        Some(self.allowed.iter().any(|name| name == licence))
    }
}

#[test]
fn an_expression_is_allowed_when_one_of_its_ways_is() {
    let allowed = ["MIT", "ISC", "Apache-2.0"].map(str::to_owned);
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-3.0",
        "ISC AND (MIT OR GPL-3.0)",
        "(MIT OR Apache-2.0) AND ISC",
        "GPL-2.0 AND ISC OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT ISC", "OR MIT", "MIT OR", "mit", "(MIT) OR)"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}
