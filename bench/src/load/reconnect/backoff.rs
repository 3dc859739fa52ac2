//! How long a client that was cut off waits before it comes back.
//!
//! Any moment of a window that doubles with every failure, so that a herd does not return as one.

use aws_lc_rs::rand;
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(30);

/// `hint` is what the server asked for, and is never undercut.
pub fn pause(first: Duration, failures: u32, hint: Option<Duration>) -> Duration {
    let window = first.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(LONGEST);
    hint.unwrap_or_default().min(LONGEST * 2) + window.mul_f64(share())
}

/// Between 0 and 1.
fn share() -> f64 {
    let mut bytes = [0; 4];
    match rand::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

/// What a farewell's reason asks for: the number behind `retry_after_ms`.
pub fn hint(reason: &str) -> Option<Duration> {
    let (_, rest) = reason.split_once("retry_after_ms")?;
    let rest = rest.trim_start_matches(|char: char| !char.is_ascii_digit());
    let digits = rest.split(|char: char| !char.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_stays_in_its_window_and_never_undercuts_the_server() {
        let first = Duration::from_millis(100);
        for failures in 0..64 {
            assert!(pause(first, failures, None) <= LONGEST);
        }
        assert!(pause(first, 0, None) <= first);
        assert!(pause(first, 0, Some(Duration::from_secs(3))) >= Duration::from_secs(3));
    }

    #[test]
    fn a_hint_is_found_in_a_reason() {
        assert_eq!(hint(r#"{"retry_after_ms":1200}"#), Some(Duration::from_millis(1200)));
        assert_eq!(hint("Service restart retry_after_ms=50"), Some(Duration::from_millis(50)));
        assert_eq!(hint("Server shutting down"), None);
    }
}
