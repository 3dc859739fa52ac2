//! How far a run has come, on one line of a terminal and nowhere else.

use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

const GLANCE: Duration = Duration::from_millis(250);
const CELLS: usize = 30;

/// Drawn until dropped.
pub struct Meter(Option<JoinHandle<()>>);

impl Meter {
    /// `standing` gives how much is done, of how much.
    pub fn show(label: &'static str, standing: impl Fn() -> (usize, usize) + 'static) -> Self {
        let drawn = std::io::stderr().is_terminal().then(|| {
            tokio::task::spawn_local(async move {
                let mut glance = interval(GLANCE);
                loop {
                    glance.tick().await;
                    let (done, whole) = standing();
                    tell(&format!("\r{}", line(label, done, whole)));
                }
            })
        });
        Self(drawn)
    }

    /// Runs with the clock.
    pub fn count_down(label: &'static str, whole: Duration) -> Self {
        let start = Instant::now();
        Self::show(label, move || {
            let seconds = |time: Duration| usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
            (seconds(start.elapsed()), seconds(whole))
        })
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(drawing) = self.0.take() {
            drawing.abort();
            tell("\r\x1b[K");
        }
    }
}

fn line(label: &str, done: usize, whole: usize) -> String {
    let done = done.min(whole);
    let full = done * CELLS / whole.max(1);
    format!("{label:<12} [{}{}] {done} of {whole} ", "#".repeat(full), ".".repeat(CELLS - full))
}

/// A terminal that went away is no reason to end a run.
fn tell(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bar_fills_and_never_overflows() {
        assert_eq!(super::line("go", 0, 0).matches('#').count(), 0);
        assert_eq!(super::line("go", 5, 10).matches('#').count(), 15);
        assert_eq!(super::line("go", 99, 10).matches('#').count(), 30);
    }
}
