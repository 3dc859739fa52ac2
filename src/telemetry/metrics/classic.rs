//! OpenMetrics text as the older text format 0.0.4, for those who read only that. Pure.
//!
//! The two differ in three things for what we write: counters are declared with `_total`, and neither units nor an end
//! are declared.

use std::fmt::Write;

pub fn classic(open: &str) -> String {
    let mut text = String::with_capacity(open.len());
    let mut lines = open.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let help = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let kind = lines.peek().and_then(|next| next.strip_prefix("# TYPE ")).and_then(|r| r.split_once(' '));
        // Help comes right before the type.
        if let (Some((name, help)), Some((_, "counter"))) = (help, kind) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# HELP {name}_total {help}\n# TYPE {name}_total counter");
            lines.next();
            continue;
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_declared_as_they_are_written() {
        let open = "# HELP a_bytes Bytes.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total 3\n\
                    # HELP b Now.\n# TYPE b gauge\nb{c=\"d\"} 1\n# EOF\n";
        let told = "# HELP a_bytes_total Bytes.\n# TYPE a_bytes_total counter\na_bytes_total 3\n\
                    # HELP b Now.\n# TYPE b gauge\nb{c=\"d\"} 1\n";
        assert_eq!(classic(open), told);
    }
}
