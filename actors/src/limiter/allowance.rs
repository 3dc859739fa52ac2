//! What one connection may still ask for, from its handshake to its end.
//!
//! Whoever goes on asking past its refusals is told goodbye.

use std::cell::OnceCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{Ask, Bucket, Limiter, Parties, Rate, household};
use crate::id::{RoomId, UserId};
use crate::outlet::Outlet;
use crate::refusal::{Farewell, Refusal};

/// Refusals of one connection are counted over this long.
pub const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// Held by a connection's pump, its door and its session, all on one thread.
pub struct Allowance {
    limiter: Arc<Limiter>,
    outlet: Rc<Outlet>,
    address: Option<IpAddr>,
    /// Once it is known.
    user: OnceCell<UserId>,
    own: Bucket,
    refusals: Bucket,
}

impl Allowance {
    pub fn new(limiter: &Arc<Limiter>, outlet: &Rc<Outlet>, address: Option<IpAddr>) -> Rc<Self> {
        Rc::new(Self {
            limiter: limiter.clone(),
            outlet: outlet.clone(),
            address: address.map(household),
            user: OnceCell::new(),
            own: Bucket::default(),
            refusals: Bucket::default(),
        })
    }

    /// Of whose client this is.
    pub fn outlet(&self) -> &Rc<Outlet> {
        &self.outlet
    }

    /// From now on this user's limits count too. It stays the same for a connection's life.
    pub fn belongs_to(&self, user: &UserId) {
        let _ = self.user.set(user.clone());
    }

    /// May this be asked for now, which concerns no room? If so it was paid for. A refusal too many is the last.
    pub fn spend(&self, ask: Ask) -> Result<(), Refusal> {
        self.spend_from(ask, None)
    }

    /// The same in a room, whose limits count too.
    pub fn spend_in(&self, room: &RoomId, ask: Ask) -> Result<(), Refusal> {
        self.spend_from(ask, Some(room))
    }

    fn spend_from(&self, ask: Ask, room: Option<&RoomId>) -> Result<(), Refusal> {
        let parties = Parties { user: self.user.get(), address: self.address.as_ref(), room };
        let now = self.limiter.now();
        let Err(retry_after) = self.limiter.spend(&self.own, parties, now, ask) else { return Ok(()) };
        let most = self.limiter.limits.flood_refusals;
        let patience = Rate { units: most, per: FLOOD_WINDOW, burst: most };
        if self.refusals.spend(&patience, now, 1).is_err() {
            self.outlet.close(Farewell::Flooding);
        }
        let refusal = Refusal::RateLimited { retry_after };
        self.limiter.vitals.counts.refusals.count(refusal.code());
        Err(refusal)
    }
}
