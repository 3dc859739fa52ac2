//! Clearing away: what was given up, what ended unfinished, and what a crash left behind.
//!
//! The catalogue forgets something first and its bytes go then, so a crash in between only makes the next sweep do it.

use std::time::Duration;

use super::Depot;
use crate::ports::files::{Blob, FileKey};
use crate::refusal::{FileRefusal, Refusal};

/// How much is cleared away between two looks.
const AT_ONCE: usize = 100;
/// The shortest and the longest wait between two sweeps.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_mins(1));

impl Depot {
    /// Sweeps again and again; never ends.
    pub async fn keep_swept(self) {
        let (shortest, longest) = PAUSES;
        let pause = (self.rules().expiry / 4).clamp(shortest, longest);
        loop {
            self.sweep().await;
            tokio::time::sleep(pause).await;
        }
    }

    /// Removes everything that ended unfinished; how much that was.
    pub async fn sweep(&self) -> usize {
        let long_ago =
            self.now().plus_ms(-i64::try_from(self.rules().longest.as_millis()).unwrap_or(i64::MAX));
        if let Err(error) = self.files().sweep(long_ago).await {
            log::warn!("unfinished files cannot be swept: {error}");
        }
        let mut swept = 0;
        loop {
            let condemned = match self.catalogue().condemned(self.now(), AT_ONCE).await {
                Ok(condemned) => condemned,
                Err(error) => {
                    log::warn!("unfinished uploads cannot be listed: {error}");
                    return swept;
                }
            };
            let found = condemned.len();
            for key in condemned {
                if self.bury(&key).await.is_err() {
                    // It stays condemned, so the next sweep has it again.
                    return swept;
                }
                swept += 1;
            }
            if found < AT_ONCE {
                return swept;
            }
        }
    }

    /// Forgets an upload or a file, and its bytes.
    pub(super) async fn remove(&self, key: &FileKey) -> Result<(), Refusal> {
        if !self.catalogue().condemn(key).await? {
            return Err(Refusal::File(FileRefusal::Unknown));
        }
        self.bury(key).await
    }

    async fn bury(&self, key: &FileKey) -> Result<(), Refusal> {
        for offset in self.files().parts(key).await? {
            self.files().delete(&Blob::Part(key.clone(), offset)).await?;
        }
        self.files().delete(&Blob::File(key.clone())).await?;
        Ok(self.catalogue().bury(key).await?)
    }

    /// The same by itself, for whoever cannot wait; what fails, a sweep does later.
    pub(super) fn clear(&self, key: FileKey) {
        let depot = self.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(refusal) = depot.remove(&key).await {
                    log::debug!("an upload that was given up is left to the next sweep: {refusal}");
                }
            });
        }
    }
}
