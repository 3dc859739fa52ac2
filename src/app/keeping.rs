//! From settings to the depot: where files are kept, what is known of them, and who clears away behind them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::future::BoxFuture;
use recado_actors::broker::Broker;
use recado_actors::clock::Clock;
use recado_actors::depot::{Depot, DepotPlan, DepotRules, MayRead, Visitor};
use recado_actors::id::{GroupId, RoomId};
use recado_actors::ports::LogError;
use recado_actors::ports::files::{Allowance, Catalogue, Files};
use recado_actors::ports::memory::MemoryFiles;
use recado_actors::ports::people::People;

use crate::auth::Verifier;
use crate::config::{Config, FilesPlace};
use crate::doors::socket::gate::Gate;
use crate::doors::uploads::UploadsDoor;
use crate::files::{Bucket, ObjectFiles};
use crate::media;

/// What files in memory may have together.
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// Whoever is in a group sees its files; any other room's are for those whose token is for it.
struct Members(Arc<dyn People>);

impl MayRead for Members {
    fn may_read(&self, visitor: &Visitor, room: &RoomId) -> BoxFuture<'static, Result<bool, LogError>> {
        let own = visitor.room.as_ref() == Some(room);
        let Some(group) = GroupId::of_room(room).filter(|_| !own) else {
            return Box::pin(std::future::ready(Ok(own)));
        };
        let membership = self.0.membership(group, &visitor.user);
        Box::pin(async move { Ok(membership.await?.is_some_and(|membership| membership.active)) })
    }
}

pub(super) fn depot(
    config: &Config,
    catalogue: Arc<dyn Catalogue>,
    people: Arc<dyn People>,
    clock: &Clock,
) -> anyhow::Result<Depot> {
    Ok(Depot::new(DepotPlan {
        files: files(config).context("files.url")?,
        catalogue,
        may_read: Arc::new(Members(people)),
        sniff: media::sniff,
        rules: rules(config),
        clock: clock.clone(),
    }))
}

fn files(config: &Config) -> anyhow::Result<Arc<dyn Files>> {
    Ok(match config.files.place(&config.store) {
        Some(FilesPlace::Memory) => {
            let files = MemoryFiles::default();
            files.hold_at_most(MEMORY_BYTES);
            Arc::new(files)
        }
        Some(FilesPlace::Folder(folder)) => Arc::new(ObjectFiles::in_folder(&folder)?),
        Some(FilesPlace::Bucket { name, prefix }) => {
            let endpoint = config.files.endpoint.clone();
            Arc::new(ObjectFiles::in_bucket(&Bucket { name, prefix, endpoint })?)
        }
        None => bail!("names no place for files"),
    })
}

fn rules(config: &Config) -> DepotRules {
    let files = &config.files;
    DepotRules {
        max_bytes: files.max_bytes,
        allowance: Allowance { quota: files.quota_bytes, open: files.max_open_uploads },
        hands: files.uploads_at_once,
        longest: Duration::from_secs(files.longest_seconds),
        expiry: Duration::from_secs(files.expiry_seconds),
    }
}

pub(super) fn door(
    config: &Config,
    broker: &Broker,
    depot: Depot,
    verifier: Arc<Verifier>,
    gate: Arc<Gate>,
) -> Arc<UploadsDoor> {
    let stall = Duration::from_millis(config.files.stall_ms);
    Arc::new(UploadsDoor { broker: broker.clone(), depot, verifier, gate, stall })
}
