//! Looks a name up once and lets through only addresses that were checked.
//!
//! The client connects to what comes out of here and nothing else, so an answer that changes between looking and
//! connecting changes nothing. One forbidden address among others refuses the name: which would be taken is chance.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::Guard;

type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

pub struct CheckedResolver {
    guard: Guard,
    look_up: Lookup,
}

impl CheckedResolver {
    /// Asks as every program of this machine does.
    pub fn system(guard: Guard) -> Self {
        Self::asking(guard, Arc::new(|name| Box::pin(system_lookup(name))))
    }

    pub fn asking(guard: Guard, look_up: Lookup) -> Self {
        Self { guard, look_up }
    }

    async fn checked(
        guard: Guard,
        found: BoxFuture<'static, io::Result<Vec<IpAddr>>>,
    ) -> io::Result<Vec<SocketAddr>> {
        let found = found.await?;
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        for address in &found {
            guard
                .check(*address)
                .map_err(|refused| io::Error::new(io::ErrorKind::PermissionDenied, refused))?;
        }
        // The client puts the port of the endpoint in place of this one.
        Ok(found.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

async fn system_lookup(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.look_up)(name.as_str().to_owned());
        let checked = Self::checked(self.guard.clone(), found);
        Box::pin(async move {
            let addresses: Addrs = Box::new(checked.await?.into_iter());
            Ok(addresses)
        })
    }
}
