//! The backplane of several brokers in one process, with links that a test can cut.
//!
//! News published while a link is cut is never heard over it, not even after it heals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dashmap::DashSet;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::id::RoomId;
use crate::message::cluster::RoomNews;
use crate::ports::{Backplane, BackplaneError};

/// How many news a slow node may lag behind before it skips the oldest.
const LAG: usize = 4096;

/// Where the nodes of one process meet.
#[derive(Clone)]
pub struct MemoryExchange(Arc<Hub>);

struct Hub {
    news: broadcast::Sender<(u64, RoomNews)>,
    published: AtomicU64,
    cut: AtomicBool,
}

impl Default for MemoryExchange {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryExchange {
    pub fn new() -> Self {
        let hub = Hub {
            news: broadcast::Sender::new(LAG),
            published: AtomicU64::new(0),
            cut: AtomicBool::new(false),
        };
        Self(Arc::new(hub))
    }

    /// A new node's link.
    pub fn connect(&self) -> MemoryBackplane {
        let link =
            Link { watched: DashSet::new(), cut: AtomicBool::new(false), deaf_before: AtomicU64::new(0) };
        MemoryBackplane { hub: self.0.clone(), link: Arc::new(link) }
    }

    /// Cuts every link, or heals what this cut.
    pub fn cut(&self, cut: bool) {
        self.0.cut.store(cut, Ordering::SeqCst);
    }
}

/// One node's link. Clones are the same link.
#[derive(Clone)]
pub struct MemoryBackplane {
    hub: Arc<Hub>,
    link: Arc<Link>,
}

struct Link {
    watched: DashSet<RoomId>,
    cut: AtomicBool,
    /// News numbered lower was published while this link was cut.
    deaf_before: AtomicU64,
}

impl Link {
    fn hears(&self, number: u64, news: &RoomNews) -> bool {
        !self.cut.load(Ordering::SeqCst)
            && number >= self.deaf_before.load(Ordering::SeqCst)
            && self.watched.contains(&news.room)
    }
}

impl MemoryBackplane {
    /// Cuts this node off, or lets it back.
    pub fn cut(&self, cut: bool) {
        if !cut {
            self.link.deaf_before.store(self.hub.published.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        self.link.cut.store(cut, Ordering::SeqCst);
    }

    fn reachable(&self) -> Result<(), BackplaneError> {
        if self.link.cut.load(Ordering::SeqCst) || self.hub.cut.load(Ordering::SeqCst) {
            return Err(BackplaneError::Unreachable("the link is cut".into()));
        }
        Ok(())
    }
}

impl Backplane for MemoryBackplane {
    fn publish(&self, news: RoomNews) -> BoxFuture<'static, Result<(), BackplaneError>> {
        let told = self.reachable().map(|()| {
            let number = self.hub.published.fetch_add(1, Ordering::SeqCst);
            // An error only says that nobody listens.
            let _ = self.hub.news.send((number, news));
        });
        ready(told).boxed()
    }

    fn watch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>> {
        let watched = self.reachable().map(|()| {
            self.link.watched.insert(room.clone());
        });
        ready(watched).boxed()
    }

    fn unwatch(&self, room: &RoomId) -> BoxFuture<'static, Result<(), BackplaneError>> {
        self.link.watched.remove(room);
        ready(self.reachable()).boxed()
    }

    fn news(&self) -> BoxStream<'static, RoomNews> {
        let start = (self.hub.news.subscribe(), self.link.clone());
        unfold(start, |(mut incoming, link)| async move {
            loop {
                match incoming.recv().await {
                    Ok((number, news)) if link.hears(number, &news) => return Some((news, (incoming, link))),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        })
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::{NodeId, UserId};
    use crate::message::cluster::News;

    fn news(room: &str, from: &str) -> RoomNews {
        let user = UserId::parse("ann").unwrap();
        let news = News::TypingChanged { user, name: None, is_typing: true, at: Timestamp(0) };
        RoomNews { from: NodeId::parse(from).unwrap(), room: RoomId::chat(room).unwrap(), news }
    }

    /// Which nodes' news came in, up to now.
    fn heard(stream: &mut BoxStream<'static, RoomNews>) -> Vec<String> {
        std::iter::from_fn(|| stream.next().now_or_never().flatten())
            .map(|news| news.from.as_str().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn a_node_hears_watched_rooms_only_its_own_news_too() {
        let exchange = MemoryExchange::new();
        let (one, two) = (exchange.connect(), exchange.connect());
        let room = RoomId::chat("a").unwrap();
        two.watch(&room).await.unwrap();
        let mut stream = two.news();
        one.publish(news("a", "one")).await.unwrap();
        one.publish(news("b", "elsewhere")).await.unwrap();
        two.publish(news("a", "two")).await.unwrap();
        assert_eq!(heard(&mut stream), ["one", "two"]);

        two.unwatch(&room).await.unwrap();
        one.publish(news("a", "one")).await.unwrap();
        assert!(heard(&mut stream).is_empty());
    }

    #[tokio::test]
    async fn what_was_said_during_a_cut_is_never_heard() {
        let exchange = MemoryExchange::new();
        let (one, two) = (exchange.connect(), exchange.connect());
        two.watch(&RoomId::chat("a").unwrap()).await.unwrap();
        let mut stream = two.news();
        two.cut(true);
        one.publish(news("a", "during")).await.unwrap();
        assert!(two.publish(news("a", "two")).await.is_err());
        two.cut(false);
        one.publish(news("a", "after")).await.unwrap();
        assert_eq!(heard(&mut stream), ["after"]);

        exchange.cut(true);
        assert!(one.publish(news("a", "one")).await.is_err());
        exchange.cut(false);
        assert!(one.publish(news("a", "one")).await.is_ok());
    }

    #[tokio::test]
    async fn a_node_that_lags_skips_and_goes_on() {
        let node = MemoryExchange::new().connect();
        node.watch(&RoomId::chat("a").unwrap()).await.unwrap();
        let stream = node.news();
        for number in 0..LAG + 10 {
            node.publish(news("a", &number.to_string())).await.unwrap();
        }
        let heard =
            tokio::time::timeout(std::time::Duration::from_secs(10), stream.take(LAG).collect::<Vec<_>>());
        let heard = heard.await.unwrap();
        assert_eq!(heard.first().map(|news| news.from.as_str()), Some("10"));
        assert_eq!(heard.last().map(|news| news.from.as_str()), Some((LAG + 9).to_string().as_str()));
    }
}
