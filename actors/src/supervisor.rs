//! Restarts a dead child from its factory, with back-off, and says so.
//!
//! A panic ends one actor and nothing else. Past the restart limit it gives up loudly: the broker is not ready any more.

mod restarts;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message};
use arc_swap::ArcSwapOption;
use tokio::time::Instant;

use crate::refusal::Refusal;
use crate::vitals::Vitals;

pub use restarts::{RESTART_LIMIT, RestartLimits, Restarts};

/// Carried by every started actor: tells its next of kin when the actor is dropped, also by a panic.
pub struct Obituary(Option<Box<dyn FnOnce() + Send>>);

impl Obituary {
    /// `notice` may do no more than send a message.
    pub fn new(alive: Alive, notice: impl FnOnce() + Send + 'static) -> Self {
        // All in one box: some actors there is one of for each client.
        Self(Some(Box::new(move || {
            alive.note_panic();
            notice();
        })))
    }
}

impl Drop for Obituary {
    fn drop(&mut self) {
        // Runs while unwinding: a second panic here would abort the process.
        if let Some(notice) = self.0.take() {
            notice();
        }
    }
}

/// Counts one living actor of its kind.
pub struct Alive {
    vitals: Arc<Vitals>,
    kind: &'static str,
}

impl Alive {
    pub fn new(vitals: &Arc<Vitals>, kind: &'static str) -> Self {
        vitals.actor_started(kind);
        Self { vitals: vitals.clone(), kind }
    }

    fn note_panic(&self) {
        if std::thread::panicking() {
            self.vitals.counts.panics.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.vitals.actor_ended(self.kind);
    }
}

/// The present address of a supervised actor, for those who outlive it.
pub struct Link<A: Actor>(ArcSwapOption<Addr<A>>);

impl<A: Actor> Default for Link<A> {
    fn default() -> Self {
        Self(ArcSwapOption::empty())
    }
}

impl<A: Actor> Link<A> {
    pub fn set(&self, addr: Addr<A>) {
        self.0.store(Some(Arc::new(addr)));
    }

    /// Ends the actor; the link leads nowhere from now on.
    pub fn end(&self)
    where
        A: Handler<Fate>,
        A::Context: ToEnvelope<A, Fate>,
    {
        self.tell(Fate::End);
        self.0.store(None);
    }

    pub fn addr(&self) -> Option<Addr<A>> {
        self.0.load().as_deref().cloned()
    }

    /// A notice to nobody is lost, as one to a dead actor is.
    pub fn tell<M>(&self, notice: M)
    where
        M: Message<Result = ()> + Send + 'static,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        if let Some(addr) = self.0.load().as_deref() {
            addr.do_send(notice);
        }
    }

    /// Asks, waiting at most `wait`.
    pub async fn ask<M>(&self, question: M, wait: Duration) -> Result<M::Result, Refusal>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let addr = self.addr().ok_or(Refusal::Restarting)?;
        ask(&addr, question, wait).await
    }
}

/// Asks an actor, waiting at most `wait`; a closed mailbox is a refusal, not a bug.
pub async fn ask<A, M>(addr: &Addr<A>, question: M, wait: Duration) -> Result<M::Result, Refusal>
where
    M: Message + Send + 'static,
    M::Result: Send,
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
{
    match tokio::time::timeout(wait, addr.send(question)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Refusal::Restarting),
        Err(_) => Err(Refusal::TimedOut),
    }
}

/// Notice: the child of this number is dead.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ChildGone(usize);

/// Notice: restart nobody any more.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct StandDown;

type Factory = Box<dyn Fn(Obituary)>;

struct Child {
    kind: &'static str,
    start: Factory,
    restarts: Restarts,
}

/// The parent of a list of actors, all on its own thread.
pub struct Supervisor {
    vitals: Arc<Vitals>,
    limits: RestartLimits,
    children: Vec<Child>,
    standing_down: bool,
}

impl Supervisor {
    pub fn new(vitals: Arc<Vitals>, limits: RestartLimits) -> Self {
        Self { vitals, limits, children: Vec::new(), standing_down: false }
    }

    /// Adds a child: `make` builds it, the link always leads to its present life.
    pub fn child<A>(
        &mut self,
        kind: &'static str,
        link: &Arc<Link<A>>,
        make: impl Fn(Obituary) -> A + 'static,
    ) where
        A: Actor<Context = Context<A>>,
    {
        let link = link.clone();
        let start: Factory = Box::new(move |obituary| link.set(make(obituary).start()));
        self.children.push(Child { kind, start, restarts: Restarts::default() });
    }

    /// Starts it and its children; when this returns, every link leads somewhere.
    pub fn launch(self) -> Addr<Self> {
        Self::create(|ctx| {
            for number in 0..self.children.len() {
                self.start_child(number, ctx);
            }
            self
        })
    }

    fn start_child(&self, number: usize, ctx: &Context<Self>) {
        let Some(child) = self.children.get(number) else { return };
        let alive = Alive::new(&self.vitals, child.kind);
        let supervisor = ctx.address();
        (child.start)(Obituary::new(alive, move || supervisor.do_send(ChildGone(number))));
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl Handler<ChildGone> for Supervisor {
    type Result = ();

    fn handle(&mut self, ChildGone(number): ChildGone, ctx: &mut Self::Context) {
        if self.standing_down {
            return;
        }
        let Some(child) = self.children.get_mut(number) else { return };
        self.vitals.actor_restarted(child.kind);
        let Some(back_off) = child.restarts.next(self.limits, Instant::now()) else {
            log::error!("{} died too often: given up", child.kind);
            return self.vitals.give_up(child.kind);
        };
        log::error!("{} died: starting it again", child.kind);
        ctx.run_later(back_off, move |supervisor, ctx| {
            if !supervisor.standing_down {
                supervisor.start_child(number, ctx);
            }
        });
    }
}

impl Handler<StandDown> for Supervisor {
    type Result = ();

    fn handle(&mut self, _: StandDown, ctx: &mut Self::Context) {
        self.standing_down = true;
        ctx.stop();
    }
}

/// Notice: end, one way or the other. Every supervised actor and every room takes it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub enum Fate {
    /// The broker is stopping.
    End,
    /// Panic now. Only fault injection sends it.
    Panic,
}

impl Fate {
    #[expect(clippy::panic, reason = "the injected fault is what supervision is there for")]
    pub fn befall<A: Actor<Context = Context<A>>>(self, kind: &str, ctx: &mut Context<A>) {
        match self {
            Self::End => ctx.stop(),
            Self::Panic => panic!("injected fault in {kind}"),
        }
    }
}
